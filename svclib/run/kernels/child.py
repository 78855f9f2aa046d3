"""What a forked process does to become a kernel.  Linux only."""

from __future__ import annotations

import fcntl
import os
import select
import signal
import sys
from dataclasses import dataclass
from importlib import import_module


@dataclass(frozen=True)
class Kernel:
    """A kernel to be: arguments of ipykernel, working folder and environment.

    The fork server unpickles one of these in the new process and calls `_bootstrap`.
    """

    argv: tuple[str, ...]
    cwd: str
    env: dict[str, str]

    def _bootstrap(self, runner: int) -> int:
        """Be the kernel until its end; `runner` is a pipe which the process that runs notebooks holds."""
        os.setsid()  # a group of its own: what the notebook starts is interrupted and killed with it
        end_with(runner)
        signal.signal(signal.SIGINT, signal.default_int_handler)
        os.environ.clear()
        os.environ.update(self.env)
        os.chdir(self.cwd)
        # Fails, and says why, where the fork server could not import it and went on without.
        import_module("svclib.run.kernels.preload")
        import numpy as np
        from ipykernel.kernelapp import IPKernelApp

        np.random.seed()  # noqa: NPY002 - a fork copies the state of this global generator
        if "PYTHONSAFEPATH" not in self.env:
            sys.path.insert(_before_packages(), "")
        sys.argv = ["ipykernel_launcher", *self.argv]
        app = IPKernelApp.instance(parent_handle=os.getppid())
        app.initialize(list(self.argv))
        app.start()
        return 0


def end_with(pipe: int) -> None:
    """Have the system kill this process group when the other end of `pipe` is closed.

    Unlike a thread that waits for it, this also ends a kernel which is busy in compiled code.
    """
    fcntl.fcntl(pipe, fcntl.F_SETOWN, -os.getpgrp())
    fcntl.fcntl(pipe, fcntl.F_SETSIG, signal.SIGKILL)
    fcntl.fcntl(pipe, fcntl.F_SETFL, fcntl.fcntl(pipe, fcntl.F_GETFL) | os.O_ASYNC)
    if select.select([pipe], [], [], 0)[0]:  # closed before the system was told
        os.killpg(0, signal.SIGKILL)


def _before_packages() -> int:
    """Where IPython puts the working folder; it does not where the fork server was started safely."""
    names = [os.path.basename(path) for path in sys.path]  # noqa: PTH119
    return min((names.index(each) for each in ("site-packages", "dist-packages") if each in names), default=0)
