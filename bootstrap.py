"""One door to everything: make the environment beside this file, then run a command in it.

    python3 bootstrap.py report    evaluate the demo cycle, print where the two reports are
    python3 bootstrap.py svclib    any command of svclib, such as `svclib init FOLDER` or `svclib check FILE`
    python3 bootstrap.py test      the tests, with the golden cells of the notebooks
    python3 bootstrap.py slow      the seeded simulations
    python3 bootstrap.py bench     the benchmarks
    python3 bootstrap.py lab       JupyterLab in notebooks/
    python3 bootstrap.py lint      ruff and pyright

What follows the command is passed on: `bootstrap.py test tests/test_params.py -k baseline`
"""

from __future__ import annotations

import ast
import hashlib
import importlib.util
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import NoReturn

ROOT = Path(__file__).resolve().parent
VENV = ROOT / ".venv"
PYTHON = VENV / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
LOCK = ROOT / "requirements.lock"
STAMP = VENV / "svclib.stamp"
DEMO = "params/demo/2026Q2.yaml"
# One thread per process: sums are then added in the same order on every machine.  And pip, told by a
# user's file to install into the home directory, would refuse to install into an environment.
ONES = ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS", "PYTHONUTF8")
OURS = dict.fromkeys(ONES, "1") | {"PIP_USER": "0", "VIRTUAL_ENV": str(VENV)}
# What uv calls an option of pip; any of these set by the user stands.
UV_NAMES = {
    "index-url": ("UV_DEFAULT_INDEX", "UV_INDEX_URL"),
    "extra-index-url": ("UV_INDEX", "UV_EXTRA_INDEX_URL"),
    "find-links": ("UV_FIND_LINKS",),
    "trusted-host": ("UV_INSECURE_HOST",),
    "cert": ("SSL_CERT_FILE",),
}


def both(english: str, chinese: str) -> str:
    """A message in both languages, one line each."""
    return f"bootstrap: {english}\n           {chinese}"


def say(english: str, chinese: str) -> None:
    """Print progress in both languages."""
    print(both(english, chinese), file=sys.stderr, flush=True)


def stop(english: str, chinese: str) -> NoReturn:
    """Say what is wrong in both languages, and leave."""
    sys.exit(both(english, chinese))


def run(*command: str | Path, env: dict[str, str] | None = None) -> int:
    """Exit code of `command`, run from the root of the repository."""
    return subprocess.run([str(part) for part in command], cwd=ROOT, env=env, check=False).returncode


def child_env() -> dict[str, str]:
    """The user's environment, with ours in front and no foreign packages on the import path."""
    env = {k: v for k, v in os.environ.items() if k not in {"PYTHONPATH", "PYTHONHOME"}}
    return env | OURS | {"PATH": os.pathsep.join([str(PYTHON.parent), env.get("PATH", "")])}


def pip_settings() -> dict[str, str]:
    """The user's options of `pip install`: files first, PIP_* variables over them, as pip does."""
    ask = [sys.executable, "-m", "pip", "config", "list"]
    lines = subprocess.run(ask, capture_output=True, text=True, check=False).stdout.splitlines()
    found: dict[str, str] = {}
    for section in ("global.", "install."):
        for key, _, value in (line.partition("=") for line in lines if line.startswith(section)):
            found[key.removeprefix(section)] = str(ast.literal_eval(value))
    for name, value in os.environ.items():
        if name.startswith("PIP_") and value:
            found[name.removeprefix("PIP_").lower().replace("_", "-")] = value
    return found


def uv_env(pip: dict[str, str]) -> dict[str, str]:
    """Environment for uv: the settings of pip wherever the user has not set uv's own."""
    env = child_env()
    for option, names in UV_NAMES.items():
        if option in pip and not any(name in os.environ for name in names):
            env[names[0]] = (" " if option != "find-links" else ",").join(pip[option].split())
    # Taking a file from whichever index has it is safe: every file must match a hash of the lock.
    env.setdefault("UV_INDEX_STRATEGY", "unsafe-best-match")
    return env


def pinned(package: str) -> str:
    """The lines of the lock that pin `package`, with its hashes."""
    blocks = re.split(r"\n(?=\S)", LOCK.read_text("utf-8"))
    return next(block for block in blocks if block.startswith(f"{package}=="))


def install(installer: list[str | Path], env: dict[str, str]) -> bool:
    """Install the lock, every file checked against its hash, then svclib itself; True on success."""
    lock = [*installer, "--no-deps", "--require-hashes", "-r", LOCK]
    here = [*installer, "--no-deps", "--no-build-isolation", "-e", ROOT]
    return run(*lock, env=env) == 0 and run(*here, env=env) == 0


def install_with(uv: str | Path) -> bool:
    """Install with this uv and the user's settings of pip; uv knows --no-index only as an option."""
    pip = pip_settings()
    closed = ["--no-index"] if pip.get("no-index", "").lower() in {"1", "true", "yes", "on"} else []
    return install([uv, "pip", "install", *closed, "--python", PYTHON], uv_env(pip))


def plain_venv() -> None:
    """A fresh environment made by the standard library, with pip in it."""
    if importlib.util.find_spec("ensurepip") is None:
        package = f"python{sys.version_info.major}.{sys.version_info.minor}-venv"
        stop(
            f"this Python has no ensurepip; install {package} (Debian, Ubuntu) or uv",
            f"这个 Python 缺少 ensurepip；请安装 {package}（Debian、Ubuntu）或 uv",
        )
    if run(sys.executable, "-m", "venv", "--clear", VENV) != 0:
        stop(f"could not make {VENV}; the reason is above", f"无法建立 {VENV}；原因见上")


def locked_uv() -> Path | None:
    """The uv that the lock pins, installed by pip into the environment; None where that fails."""
    (VENV / "uv.txt").write_text(pinned("uv"), "utf-8")
    options = ["--quiet", "--require-hashes", "-r", VENV / "uv.txt"]
    made = run(PYTHON, "-m", "pip", "install", *options, env=child_env())
    return PYTHON.with_name("uv.exe" if os.name == "nt" else "uv") if made == 0 else None


def build() -> None:
    """Make `.venv` with the first installer that works: uv on PATH, the locked uv, pip."""
    found = shutil.which("uv")
    if found:
        made = run(found, "venv", "--quiet", "--clear", "--python", sys.executable, VENV)
        if made == 0 and install_with(found):
            return
        say(
            f"{found} could not make the environment; trying the uv of the lock",
            f"{found} 没能建好环境；改用锁定清单中的 uv",
        )
    plain_venv()
    locked = locked_uv()
    if locked and install_with(locked):
        return
    say("no working uv; using pip, which takes a few minutes", "没有可用的 uv；改用 pip，需要几分钟")
    if not install([PYTHON, "-m", "pip", "install"], child_env()):
        stop(
            "the locked packages could not be installed; the reason is above",
            "锁定清单中的包没有装上；原因见上（多为网络或代理问题）",
        )


def ensure() -> None:
    """Make `.venv` anew unless it fits this lock, project file, interpreter and place; stamp it last."""
    files = LOCK.read_bytes() + (ROOT / "pyproject.toml").read_bytes()
    wanted = hashlib.sha256(files + f"{sys.version} {ROOT}".encode()).hexdigest()
    if PYTHON.exists() and STAMP.is_file() and STAMP.read_text("utf-8") == wanted:
        return
    if Path(sys.prefix).resolve() == VENV.resolve():
        stop(
            ".venv is out of date; start me with the Python outside it",
            ".venv 已过时；请用它之外的 Python 运行",
        )
    say(
        f"making {VENV.name} from {LOCK.name} (once; under a minute with uv)",
        f"正在按 {LOCK.name} 建立 {VENV.name}（只需一次；用 uv 不到一分钟）",
    )
    build()
    STAMP.write_text(wanted, "utf-8")


def module(name: str, *options: str | Path) -> int:
    """Exit code of `python -m name` in the environment."""
    return run(PYTHON, "-m", name, *options, env=child_env())


def report(extra: list[str]) -> int:
    """Evaluate the demo cycle, or the params file named in `extra`; the run says where its pages are."""
    own = any(word.endswith((".yaml", ".yml", ".xlsx")) for word in extra)
    return module("svclib", "run", *([] if own else [DEMO]), *extra)


def pytest(marker: str, extra: list[str]) -> int:
    """Run the tests with `marker` on two processes; a notebook stays whole on one of them."""
    named = any((ROOT / word.split("::")[0]).exists() for word in extra if not word.startswith("-"))
    places = ["tests"] if marker == "slow" else ["tests", "svclib", "notebooks"]
    where = [] if named else [place for place in places if (ROOT / place).is_dir()]
    dist = "load" if marker == "slow" else "loadscope"
    return module("pytest", "-m", marker, "-n", "2", "--dist", dist, "--nbval-lax", *where, *extra)


def lint(extra: list[str]) -> int:
    """All three, so that one call shows everything."""
    tools = (["ruff", "check"], ["ruff", "format", "--check"], ["pyright"])
    return max([module(*tool, *extra) for tool in tools])


COMMANDS = {
    "report": report,
    "svclib": lambda extra: module("svclib", *extra),
    "test": lambda extra: pytest("not slow", extra),
    "slow": lambda extra: pytest("slow", extra),
    "bench": lambda extra: module("benchmarks", *extra),
    "lab": lambda extra: module("jupyter", "lab", "--notebook-dir", ROOT / "notebooks", *extra),
    "lint": lint,
}


def main(words: list[str]) -> int:
    """Exit code of the command in `words`, after making sure of the environment."""
    if sys.version_info < (3, 11):  # noqa: UP036 - an older Python can start this file
        own = sys.version.split()[0]
        stop(
            f"svclib needs Python 3.11 or newer; this is {own}", f"需要 Python 3.11 或更新版本；现在是 {own}"
        )
    if not words or words[0] not in COMMANDS:
        print(__doc__)
        return 0 if words in (["-h"], ["--help"]) else 2
    ensure()
    return COMMANDS[words[0]](words[1:])


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except KeyboardInterrupt:
        sys.exit(130)
