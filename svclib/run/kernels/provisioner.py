"""How Jupyter starts a kernel of ours: this interpreter, started anew or forked."""

from __future__ import annotations

import math
import os
import signal
import sys
import time
from collections.abc import Generator, Mapping
from contextlib import contextmanager, suppress
from importlib.metadata import EntryPoint
from pathlib import Path
from queue import Empty
from typing import TYPE_CHECKING, Any

import zmq
import zmq.asyncio
from jupyter_client.asynchronous.client import AsyncKernelClient
from jupyter_client.kernelspec import KernelSpec
from jupyter_client.manager import AsyncKernelManager
from jupyter_client.provisioning.factory import KernelProvisionerFactory
from jupyter_client.provisioning.local_provisioner import LocalProvisioner
from traitlets import default

from svclib.run import kernels, scratch

if TYPE_CHECKING:
    from svclib.run.kernels.zygote import Zygote

FORK = "svclib-fork"
RECONNECT = 5  # milliseconds between attempts to reach a kernel that is starting
# Named here and not in the metadata of the package, which every Jupyter program would read.
KernelProvisionerFactory.provisioners[FORK] = EntryPoint(
    FORK, f"{__name__}:ForkProvisioner", KernelProvisionerFactory.GROUP_NAME
)


class Client(AsyncKernelClient):
    """Client that goes on as soon as the kernel answers.

    The usual one tries to connect only every .1 s, and then waits for .2 s of silence.
    """

    @default("context")
    def _eager(self) -> zmq.asyncio.Context:
        self._created_context = True
        context = zmq.asyncio.Context()
        context.setsockopt(zmq.RECONNECT_IVL, RECONNECT)
        return context

    async def wait_for_ready(self, timeout: float | None = None) -> None:
        """Return once the kernel answers on both channels; messages of before belong to no cell.

        Raises
        ------
        RuntimeError
            The kernel died, or did not answer within `timeout` seconds.
        """
        end = time.monotonic() + (math.inf if timeout is None else timeout)
        while time.monotonic() < end:
            self.kernel_info()
            with suppress(Empty):
                reply = await self.get_shell_msg(timeout=1)
                await self.get_iopub_msg(timeout=0.2)
                self._handle_kernel_info_reply(reply)
                return
            if not await self._async_is_alive():
                raise RuntimeError("the kernel died before it answered")
        raise RuntimeError(f"the kernel did not answer within {timeout:g} s")


class ForkProvisioner(LocalProvisioner):
    """Forks the kernel from the zygote of its manager; all else is as for a local process."""

    async def launch_kernel(self, cmd: list[str], **kwargs: Any) -> Any:
        """Fork a kernel with the arguments that `cmd` has for ipykernel_launcher."""
        from svclib.run.kernels.child import Kernel  # Linux only

        manager: Any = self.parent
        zygote: Zygote = manager.zygote
        arguments = tuple(cmd[cmd.index("-f") :])
        folder = str(kwargs.get("cwd") or Path.cwd())
        self.process = zygote.fork(Kernel(arguments, folder, zygote.outside | self.kernel_spec.env))
        self.pid = self.pgid = self.process.pid
        return self.connection_info

    async def kill(self, restart: bool = False) -> None:  # noqa: FBT001, FBT002 - as declared there
        """End the kernel at once; Jupyter alone would look for its end every .1 s."""
        process: Any = self.process
        await super().kill(restart=restart)
        if process is not None:
            process.wait(1.0)


class Manager(AsyncKernelManager):
    """Manager of one kernel that runs this very interpreter; forked if there is a zygote."""

    zygote: Zygote | None = None
    environment: Mapping[str, str] = {}

    @property
    def kernel_spec(self) -> KernelSpec:
        """What to start, whichever kernels are installed on this machine."""
        return KernelSpec(
            argv=[sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}"],
            display_name="Python 3",
            language="python",
            env=dict(self.environment),
            metadata={"kernel_provisioner": {"provisioner_name": FORK}} if self.zygote else {},
        )

    def kill(self) -> None:
        """End the kernel and what it started, from any thread."""
        provisioner: Any = self.provisioner
        if provisioner is None or provisioner.process is None:
            return
        try:
            os.killpg(provisioner.pgid, signal.SIGKILL)
        except (AttributeError, TypeError, ProcessLookupError):  # no groups here, or not yet one
            provisioner.process.kill()


class Kernels:
    """Kernels of one run, each with files of its own."""

    def __init__(self, engine: str = "plain") -> None:
        self._environment = kernels.environment()
        self._zygote: Zygote | None = None
        self._live: list[Manager] = []
        scratch.sweep()
        if engine == "fork":
            from svclib.run.kernels.zygote import Zygote

            self._zygote = Zygote(self._environment)
            self._zygote.start()

    @contextmanager
    def manager(self) -> Generator[Manager]:
        """Manager of a kernel to be started."""
        with scratch.folder() as home:
            files: dict[str, Any] = {"connection_file": str(Path(home, "kernel.json"))}
            if os.name == "posix":  # file sockets: no port can be taken by another kernel
                files["transport"] = "ipc"
            made = Manager(kernel_name="python3", client_factory=Client, **files)
            made.zygote = self._zygote
            made.environment = {**self._environment, "IPYTHONDIR": str(Path(home, "ipython"))}
            self._live.append(made)
            try:
                yield made
            finally:
                self._live.remove(made)

    def kill(self) -> None:
        """End every kernel at once."""
        for manager in list(self._live):
            manager.kill()

    def close(self) -> None:
        """End what kernels are forked from, once they have ended."""
        if self._zygote is not None:
            self._zygote.close()
