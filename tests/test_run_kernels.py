"""Forked kernels against plain ones: same results, fresh processes, nothing left behind."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import nbformat
import psutil
import pytest
import tiny_cycle
from jupyter_client.kernelspec import KernelSpec
from tiny_cycle import code

from svclib import run
from svclib.errors import ParamError
from svclib.run import execute, kernels
from svclib.run.execute import Outcome, Task, Workers
from svclib.run.kernels.provisioner import Kernels, Manager

ROOT = Path(__file__).resolve().parent.parent
linux_only = pytest.mark.skipif(sys.platform != "linux", reason="kernels are forked on Linux")
FIGURES = """\
import seaborn as sns
axes = sns.lineplot(x=[1, 2], y=[1, 3], color="b")"""
STATE = """\
import json, multiprocessing, os, signal, sys
import matplotlib as mpl
import numpy as np
names = ("PYTHONPATH", "PYTHONHASHSEED", "OMP_NUM_THREADS", "MPLBACKEND", "PYTHONSAFEPATH", "PYTHONUTF8")
print(json.dumps({
    "environment": {name: os.environ.get(name) for name in names},
    "python": [hash("甲"), sys.path, os.getcwd(), len(sys.argv), __name__, sys.flags.utf8_mode],
    "settings": sorted(f"{k}: {v}" for k, v in mpl.rcParams.items()), "blue": mpl.colors.to_hex("b"),
    "signal": signal.getsignal(signal.SIGINT) is signal.default_int_handler,
    "process": [os.getpgrp() == os.getpid(), multiprocessing.current_process().daemon],
}))"""
CHANGE = "import numpy as np\nnp.pi = 3\nmine = 1"
LOOK = "import json\nimport numpy as np\nprint(json.dumps([np.pi > 3, 'mine' in globals()]))"
OWN = """\
import json, os, random
import multiprocessing
import numpy as np
with multiprocessing.get_context("fork").Pool(1) as pool:
    made = pool.map(abs, [-1])
print(json.dumps([os.getpid(), np.random.rand(), random.random(), made]))"""
HANG = "import time\ntime.sleep(600)"
DIE = "import os, signal\nos.kill(os.getpid(), signal.SIGKILL)"
# Busy in compiled code, which no thread of Python interrupts, with a process of its own.
BUSY = """\
import pathlib, os, re, subprocess
child = subprocess.Popen(["sleep", "600"])
pathlib.Path(unit).write_text(f"{os.getpid()} {child.pid}")
re.match("(a+)+$", "a" * 60 + "b")"""
# Without `if __name__ == "__main__"`: a runner may be any script.
SCRIPT = """\
import signal, sys
signal.signal(signal.SIGINT, signal.default_int_handler)  # also where a shell began this in the background
from pathlib import Path
from svclib.run import execute
print("begun", flush=True)
folder = Path(sys.argv[1])
book, out, parameters = folder / "10_busy.ipynb", folder / "out.ipynb", {"unit": str(folder / "pids")}
task = execute.Task("busy", book, out, parameters, {})
with execute.workers(1, engine=sys.argv[2]) as pool:
    print(pool.submit(task).result())
"""


def written(folder: Path, *cells: str) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    return tiny_cycle.notebook(folder / "10_x.ipynb", *(code(each) for each in cells))


def executed(pool: Workers, folder: Path, *cells: str, times: int = 1) -> list[Outcome]:
    book = written(folder, *cells)
    tasks = [Task(str(i), book, folder / f"out{i}.ipynb", {}, {}) for i in range(times)]
    return [done.result() for done in [pool.submit(task) for task in tasks]]


def outputs(outcome: Outcome) -> list[dict]:
    assert not outcome.failure, outcome.failure
    cells = nbformat.read(outcome.task.output, as_version=4).cells
    return [output for cell in cells for output in cell.get("outputs", [])]


def printed(outcome: Outcome) -> object:
    (output,) = outputs(outcome)
    return json.loads(output["text"])


class TestChosen:
    @pytest.mark.parametrize(("notebooks", "system", "engine"), [
        (1, "linux", "plain"), (2, "linux", "fork"), (2, "darwin", "plain"), (2, "win32", "plain"),
    ])  # fmt: skip
    def test_auto_forks_on_linux_from_two_notebooks(self, monkeypatch, notebooks, system, engine):
        monkeypatch.setattr(sys, "platform", system)
        assert kernels.chosen("auto", notebooks) == engine
        assert kernels.chosen("plain", notebooks) == "plain"

    def test_fork_elsewhere_is_refused(self, monkeypatch):
        monkeypatch.setattr(sys, "platform", "win32")
        with pytest.raises(ParamError, match=r"engine='fork' needs Linux, this is 'win32'; choose 'plain'"):
            kernels.chosen("fork", 9)

    def test_unknown_engine_is_refused(self):
        with pytest.raises(ParamError, match=r"'spoon': no such engine; choose from \['auto', 'fork', 'pl"):
            kernels.chosen("spoon", 2)

    def test_it_is_refused_before_anything_runs(self, tmp_path):
        params = tiny_cycle.write(tmp_path / "in")
        with pytest.raises(ParamError, match="'spoon'"):
            run.run_cycle(params, out=tmp_path / "out", engine="spoon")
        assert not (tmp_path / "out").exists()


@pytest.fixture(scope="module")
def forked() -> Iterator[Workers]:
    with execute.workers(2, engine="fork", timeout=60) as pool:
        yield pool


@pytest.fixture(scope="module")
def plain() -> Iterator[Workers]:
    with execute.workers(2, timeout=60) as pool:
        yield pool


@linux_only
@pytest.mark.slow
class TestForked:
    def test_figures_are_shown_as_by_a_plain_kernel(self, forked, plain, tmp_path):
        shown = [outputs(executed(pool, tmp_path / name, FIGURES)[0])
                 for name, pool in (("forked", forked), ("plain", plain))]  # fmt: skip
        assert [output["output_type"] for output in shown[0]] == ["display_data"]
        assert "image/png" in shown[0][0]["data"]
        assert shown[0] == shown[1]

    def test_interpreter_and_environment_are_those_of_a_plain_kernel(self, forked, plain, tmp_path):
        found = [printed(executed(pool, tmp_path / name, STATE)[0])
                 for name, pool in (("forked", forked), ("plain", plain))]  # fmt: skip
        assert found[0] == found[1]

    def test_kernels_side_by_side_are_processes_of_their_own(self, forked, tmp_path):
        found = [printed(each) for each in executed(forked, tmp_path, OWN, times=4)]
        pids, legacy, seeds, made = zip(*found, strict=True)
        assert len(set(pids)) == len(set(legacy)) == len(set(seeds)) == 4
        assert made == ([1],) * 4  # a notebook may start processes
        assert not any(psutil.pid_exists(pid) for pid in pids)

    def test_names_of_one_notebook_are_not_seen_by_the_next(self, forked, tmp_path):
        executed(forked, tmp_path / "first", CHANGE)
        (found,) = executed(forked, tmp_path / "second", LOOK)
        assert printed(found) == [True, False]

    def test_a_killed_kernel_fails_its_notebook_alone(self, forked, tmp_path):
        (dead,) = executed(forked, tmp_path / "dead", "a = 1", DIE)
        assert dead.failure.endswith(
            "(10_x.ipynb), cell 2: DeadKernelError: the kernel died; out of memory, or killed from outside"
        )
        assert dead.task.output.is_file()
        (alive,) = executed(forked, tmp_path / "alive", "print(1)")
        assert printed(alive) == 1

    @pytest.mark.parametrize("engine", ["fork", "plain"])
    def test_a_hung_cell_ends_with_the_time_given(self, forked, plain, tmp_path, engine):
        pool = {"fork": forked, "plain": plain}[engine]
        hurried = replace(pool, seconds=4)
        (hung,) = executed(hurried, tmp_path, "a = 1", HANG)
        assert hung.failure.endswith("cell 2: TimeoutError: the notebook was not done after 4 s (--timeout)")
        assert hung.seconds < 30
        kept = nbformat.read(hung.task.output, as_version=4)
        assert "TimeoutError" in str(kept.cells[-1].outputs)

    def test_both_engines_publish_the_same(self, tmp_path):
        params = tiny_cycle.write(tmp_path / "in")
        books = params.parent / "notebooks"
        done = [
            run.run_cycle(params, out=tmp_path / engine, engine=engine, jobs=jobs, notebooks=books)
            for engine, jobs in (("fork", 2), ("plain", 1))
        ]
        assert done[0].body_hash == done[1].body_hash
        found = [{path.relative_to(each.path): path.read_bytes() for path in each.path.rglob("*")
                  if path.suffix in (".ipynb", ".parquet")} for each in done]  # fmt: skip
        assert len(found[0]) == 6
        assert found[0] == found[1]


@linux_only
@pytest.mark.slow
@pytest.mark.parametrize(("engine", "number"), [
    ("fork", signal.SIGKILL), ("fork", signal.SIGINT), ("plain", signal.SIGINT),
])  # fmt: skip
def test_kernels_end_with_the_runner(tmp_path, engine, number):
    tiny_cycle.notebook(tmp_path / "10_busy.ipynb", code(BUSY))
    script = tmp_path / "runner.py"
    script.write_text(SCRIPT, encoding="utf-8")
    with subprocess.Popen(
        [sys.executable, script, tmp_path, engine], cwd=ROOT, env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True,
    ) as runner:  # fmt: skip
        for _ in range(1200):
            if (tmp_path / "pids").is_file() or runner.poll() is not None:
                break
            time.sleep(0.1)
        pids = (tmp_path / "pids").read_text().split()
        family = psutil.Process(runner.pid).children(recursive=True) + [psutil.Process(int(p)) for p in pids]
        os.killpg(runner.pid, number)  # as the terminal does
        said, errors = runner.communicate(timeout=30)
    _, alive = psutil.wait_procs(family, timeout=10)
    assert not alive
    assert said == "begun\n"  # the runner's script was not imported again
    assert ("KeyboardInterrupt" in errors) == (number == signal.SIGINT)
    assert errors.count("Traceback") == (number == signal.SIGINT)


@pytest.mark.parametrize(
    ("instead", "message"), [("raise SystemExit(3)", "died before"), ("input()", "not answer within 0.3 s")]
)
def test_a_kernel_that_never_answers_is_said_to(monkeypatch, instead, message):
    spec = KernelSpec(argv=[sys.executable, "-c", instead], language="python")
    monkeypatch.setattr(Manager, "kernel_spec", spec)

    async def begin(manager: Manager) -> None:
        await manager.start_kernel(stdin=subprocess.PIPE)
        client = manager.client()
        client.start_channels()
        try:
            await client.wait_for_ready(timeout=0.3 if instead == "input()" else 30)
        finally:
            client.stop_channels()
            await manager.shutdown_kernel(now=True)

    with Kernels().manager() as manager, pytest.raises(RuntimeError, match=message):
        asyncio.run(begin(manager))


@linux_only
@pytest.mark.slow
@pytest.mark.parametrize("wait", [0.0, 0.1, 0.5])
def test_what_kernels_are_forked_from_ends_with_a_runner_killed_while_it_imports(wait):
    code = "from svclib.run.kernels.provisioner import Kernels; import time; Kernels('fork'); time.sleep(60)"
    env = {**os.environ, "PYTHONPATH": str(ROOT)}
    with subprocess.Popen([sys.executable, "-c", code], cwd=ROOT, env=env) as runner:
        parent = psutil.Process(runner.pid)
        while not any("forkserver" in " ".join(each.cmdline()) for each in parent.children()):
            assert runner.poll() is None
            time.sleep(0.01)
        time.sleep(wait)
        family = parent.children(recursive=True)
        runner.kill()
    _, alive = psutil.wait_procs(family, timeout=10)
    assert not alive
