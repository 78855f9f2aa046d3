"""Whether svclib is installed so that it can run here."""

from __future__ import annotations

import locale
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from importlib import metadata
from pathlib import Path

from svclib.doctor.finding import ERROR, NOTE, OK, Finding, found
from svclib.errors import ParamError, SvcError
from svclib.run.execute import PACKAGE_HOME

LEAST_PYTHON = (3, 11)
SPACE_LEFT, SPACE_NEEDED = 2e9, 3e8  # bytes: of some twenty runs, of one
LEAST_GLYPHS = 7000  # GB 2312 has 6763 characters
DEMO = Path("params", "demo", "2026Q2.yaml")
_PINNED = re.compile(r"^([A-Za-z0-9._-]+)==([^\s;\\]+)\s*(?:;\s*(.*?))?\s*\\?$", re.MULTILINE)


def installation(folder: Path) -> list[Finding]:
    """Findings on this installation, for runs that are written below `folder`."""
    checks: tuple[Callable[[], Iterator[Finding]], ...] = (
        _python,
        _packages,
        _font,
        _browser,
        lambda: _folders(folder),
        _machine,
        _kernel,
        _demo,
    )
    return [one for check in checks for one in check()]


def _python() -> Iterator[Finding]:
    version = sys.version.split()[0]
    level = OK if sys.version_info >= LEAST_PYTHON else ERROR
    yield found("python", level, version=version, least=".".join(map(str, LEAST_PYTHON)))


def _packages() -> Iterator[Finding]:
    """Installed versions against the lock file."""
    lock = PACKAGE_HOME / "requirements.lock"
    if not lock.is_file():  # installed as a wheel
        yield found("lock", NOTE)
        return
    wanted = pinned(lock.read_text(encoding="utf-8"))
    here = {name: _installed(name) for name in wanted}
    other = [f"{name} {here[name]} ({version})" for name, version in wanted.items() if here[name] != version]
    absent = [text for text in other if "  (" in text]
    told = ", ".join(other[:8]).replace("  (", " (")
    level = OK if not other else NOTE if len(absent) < len(wanted) / 2 else ERROR
    yield found("packages", level, n=len(wanted), n_other=len(other), listed=told)


def pinned(lock: str) -> dict[str, str]:
    """Versions of a lock file that apply to this Python, by package."""
    from packaging.markers import Marker

    rows = _PINNED.findall(lock)
    return {name: version for name, version, marker in rows if not marker or Marker(marker).evaluate()}


def _installed(name: str) -> str:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return ""


def _font() -> Iterator[Finding]:
    from svclib.run.export import glyphs

    count = len(glyphs())
    yield found("font", OK if count >= LEAST_GLYPHS else ERROR, n=count)


def _browser() -> Iterator[Finding]:
    from svclib.run import pdf

    try:
        program = pdf.browser()
    except ParamError as error:
        yield found("browser", ERROR, why=error)
        return
    yield found("browser", OK, name=program.name) if program else found("browser", NOTE)


def _folders(folder: Path) -> Iterator[Finding]:
    """Whether runs can be written, and whether there is room."""
    home = next(path for path in (folder, *folder.resolve().parents) if path.is_dir())
    for place in (home, Path(tempfile.gettempdir())):
        try:
            with tempfile.NamedTemporaryFile(dir=place):
                yield found("writable", OK, folder=place)
        except OSError as error:
            yield found("writable", ERROR, folder=place, why=error.strerror or str(error))
    free = shutil.disk_usage(home).free
    level = OK if free >= SPACE_LEFT else NOTE if free >= SPACE_NEEDED else ERROR
    yield found("space", level, free=f"{free / 1e9:.1f}", folder=home)


def _machine() -> Iterator[Finding]:
    yield found("processors", OK, n=os.cpu_count() or 1)
    yield found("clock", OK, now=time.strftime("%Y-%m-%d %H:%M"), zone=time.strftime("%z"))
    encoding = sys.getfilesystemencoding().lower()
    name = locale.getlocale()[0] or "C"
    yield found("locale", OK if encoding.replace("-", "") == "utf8" else NOTE, name=name, encoding=encoding)


def _kernel() -> Iterator[Finding]:
    """A kernel of this Python starts and computes."""
    from jupyter_client.manager import KernelManager

    manager, begun = KernelManager(), time.perf_counter()
    try:
        manager.start_kernel(cwd=tempfile.gettempdir(), stderr=subprocess.DEVNULL)
        client = manager.blocking_client()
        client.start_channels()
        try:
            client.wait_for_ready(timeout=60)
            reply = client.execute_interactive("assert 6 * 7 == 42", timeout=60, silent=True)
        finally:
            client.stop_channels()
            manager.shutdown_kernel(now=True)
    except (OSError, RuntimeError, TimeoutError) as error:
        yield found("kernel", ERROR, why=str(error))
        return
    status = reply["content"]["status"]
    seconds = f"{time.perf_counter() - begun:.1f}"
    yield found("kernel", OK, seconds=seconds) if status == "ok" else found("kernel", ERROR, why=status)


def _demo() -> Iterator[Finding]:
    from svclib import sources

    path = PACKAGE_HOME / DEMO
    if not path.is_file():
        yield found("demo", NOTE)
        return
    try:
        problems = sources.check(path)
    except SvcError as error:
        yield found("demo", ERROR, why=str(error).splitlines()[0])
        return
    yield found("demo", ERROR, why=str(problems[0])) if problems else found("demo", OK)
