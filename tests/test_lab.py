"""JupyterLab opens the notebooks and runs them without an error, as an analyst would."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.request import urlopen

import headless
import pytest

ROOT = Path(__file__).resolve().parent.parent
TOKEN = "test"
FOLDERS = {
    "JUPYTER_CONFIG_DIR": "config",
    "JUPYTER_DATA_DIR": "data",
    "JUPYTER_RUNTIME_DIR": "runtime",
    "JUPYTERLAB_SETTINGS_DIR": "settings",
    "JUPYTERLAB_WORKSPACES_DIR": "workspaces",
    "IPYTHONDIR": "ipython",
}
ERROR = '[data-mime-type="application/vnd.jupyter.error"]'
# Cells that ran have a number; the last one comes last.
STATE = """() => { const shown = window.jupyterapp.shell.currentWidget, cells = shown.content.model.cells;
const codes = [...Array(cells.length).keys()].map(i => cells.get(i)).filter(
  c => c.type === 'code' && c.sharedModel.source.trim());
const outputs = codes.flatMap(c => c.outputs.toJSON());
return {left: codes.filter(c => !c.executionCount).length,
  busy: shown.sessionContext.session?.kernel?.status !== 'idle',
  errors: outputs.filter(o => o.output_type === 'error').map(o => o.ename + ': ' + o.evalue),
  widgets: outputs.filter(o => o.data && 'application/vnd.jupyter.widget-view+json' in o.data).length}; }"""
pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Address of a JupyterLab of its own, with no one's settings."""
    home = tmp_path_factory.mktemp("lab")
    # JupyterLab saves what it runs: it gets a copy.
    for folder in ("notebooks", "params", "data"):
        shutil.copytree(ROOT / folder, home / "project" / folder)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    env = {**os.environ, **{name: str(home / folder) for name, folder in FOLDERS.items()}}
    settings = ["--no-browser", "--ip=127.0.0.1", f"--port={port}", f"--IdentityProvider.token={TOKEN}"]
    settings += [
        "--LabApp.expose_app_in_browser=True",
        "--allow-root",
        f"--ServerApp.root_dir={home / 'project'}",
    ]
    with (home / "log").open("wb") as log:
        server = subprocess.Popen(
            [sys.executable, "-m", "jupyterlab", *settings], env=env, stdout=log, stderr=log
        )
    try:
        address = f"http://127.0.0.1:{port}"
        _wait(lambda: _answers(f"{address}/api?token={TOKEN}"), 120, "JupyterLab does not start")
        yield address
    finally:
        server.terminate()
        server.wait(30)


def _answers(address: str) -> bool:
    try:
        with urlopen(address, timeout=5) as answer:
            return answer.status == 200
    except OSError:
        return False


def _wait(done: Any, seconds: float, message: str) -> None:
    end = time.monotonic() + seconds
    while not done():
        assert time.monotonic() < end, message
        time.sleep(0.5)


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """Headless Chromium of this machine."""
    with headless.chromium(tmp_path_factory.mktemp("browser")) as chromium:
        yield chromium


@pytest.mark.parametrize("name", ["00_start", "20_reliability_validity", "50_improvement"])
def test_notebook_runs_in_jupyterlab(lab: str, browser: Any, name: str) -> None:
    page = browser.new_page(viewport={"width": 1400, "height": 1000})
    failed: list[str] = []
    page.on("pageerror", lambda error: failed.append(str(error)))
    # A workspace of its own: one that is restored opens the notebook of the test before.
    page.goto(f"{lab}/lab/workspaces/w{name[:2]}/tree/notebooks/{name}.ipynb?token={TOKEN}")
    page.wait_for_selector(".jp-Notebook", timeout=120_000)
    ready = "() => window.jupyterapp.shell.currentWidget?.sessionContext?.session?.kernel?.status === 'idle'"
    page.wait_for_function(ready, timeout=120_000)
    page.evaluate("window.jupyterapp.commands.execute('notebook:run-all-cells')")
    state: dict[str, Any] = {}

    def finished() -> bool:
        state.update(page.evaluate(STATE))
        return bool(state["errors"]) or (not state["left"] and not state["busy"])

    _wait(finished, 300, f"{name} does not end")
    assert state["errors"] == []
    assert state["widgets"] == 0
    assert page.locator(ERROR).count() == 0
    assert page.locator(".jp-OutputArea-output").count() > 0
    assert failed == []
    page.close()
