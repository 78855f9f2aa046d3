"""A process that has imported what notebooks need, and the kernels forked from it.

It is the standard library's fork server, without the rest of `multiprocessing`: a kernel must
not import the main module of the runner, must not be daemonic and must not share its seeds.
"""

from __future__ import annotations

import os
import pickle
import signal
import threading
import weakref
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from multiprocessing import forkserver
from multiprocessing.connection import wait
from typing import TYPE_CHECKING, Any

from svclib.run.kernels import RUNNER

if TYPE_CHECKING:
    from svclib.run.kernels.child import Kernel

PRELOAD = "svclib.run.kernels.preload"
# What a notebook finds as backend of pyplot unless the user has set one, see ipykernel.
BACKEND = "module://matplotlib_inline.backend_inline"


class Zygote:
    """The fork server of one run; `environment` is what its kernels need from their very start.

    `outside` is the environment of the runner, which every kernel starts from.
    """

    def __init__(self, environment: Mapping[str, str]) -> None:
        self.outside = dict(os.environ)
        backend = os.environ.get("MPLBACKEND") or BACKEND
        own = {"MPLBACKEND": backend, "PYTHONSAFEPATH": "1", RUNNER: str(os.getpid())}
        self._environment = {**environment, **own}
        self._server = forkserver.ForkServer()
        self._server.set_forkserver_preload([PRELOAD])
        self._lock = threading.Lock()

    def start(self) -> None:
        """Begin importing, in the background."""
        with self._lock, _environment(self._environment):
            self._server.ensure_running()

    def fork(self, kernel: Kernel) -> Forked:
        """Start a kernel; waits until the imports are done.

        Raises
        ------
        RuntimeError
            The fork server ended.
        """
        self.start()  # again, if it was killed meanwhile
        status, data = self._server.connect_to_new_process([])
        runner = os.dup(data)
        with os.fdopen(data, "wb") as pipe:
            pipe.write(pickle.dumps({}) + pickle.dumps(kernel))  # nothing to prepare, then the process
        try:
            pid = forkserver.read_signed(status)
        except EOFError as error:
            os.close(status)
            os.close(runner)
            raise RuntimeError(
                "the process that kernels are forked from ended while it imported them; "
                "--engine plain does without"
            ) from error
        return Forked(pid, status, runner)

    def close(self) -> None:
        """End the fork server, once its kernels have ended, also while it imports."""
        server: Any = self._server
        if server._forkserver_pid is not None:
            os.kill(server._forkserver_pid, signal.SIGKILL)
        server._stop()


class Forked:
    """The part of `subprocess.Popen` that a kernel provisioner uses.

    The fork server writes the exit status to `status`; the kernel ends when `runner` is closed.
    """

    stdin = stdout = stderr = None

    def __init__(self, pid: int, status: int, runner: int) -> None:
        self.pid = pid
        self.returncode: int | None = None
        self._status = status
        self._close = weakref.finalize(self, _close, status, runner)

    def poll(self) -> int | None:
        """Exit status, None while the kernel lives."""
        return self.wait(0)

    def wait(self, timeout: float | None = None) -> int | None:
        """Exit status once the kernel has ended, None after `timeout` seconds."""
        if self.returncode is None and wait([self._status], timeout):
            try:
                self.returncode = forkserver.read_signed(self._status)
            except EOFError:  # the fork server was killed and cannot tell
                self.returncode = -signal.SIGKILL
            self._close()
        return self.returncode

    def send_signal(self, number: int) -> None:
        """Signal the kernel unless it has ended."""
        if self.poll() is None:
            os.kill(self.pid, number)

    def terminate(self) -> None:
        """Ask the kernel to end."""
        self.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        """End the kernel at once."""
        self.send_signal(signal.SIGKILL)


def _close(*files: int) -> None:
    for file in files:
        os.close(file)


@contextmanager
def _environment(values: Mapping[str, str]) -> Generator[None]:
    """The fork server takes its environment from ours: set it, and put ours back."""
    before = {name: os.environ.get(name) for name in values}
    os.environ.update(values)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value
