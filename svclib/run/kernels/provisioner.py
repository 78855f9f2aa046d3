"""How Jupyter starts a kernel of ours: this interpreter, started anew or forked."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from importlib.metadata import EntryPoint
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jupyter_client.kernelspec import KernelSpec
from jupyter_client.manager import AsyncKernelManager
from jupyter_client.provisioning.factory import KernelProvisionerFactory
from jupyter_client.provisioning.local_provisioner import LocalProvisioner

from svclib.run import kernels, scratch

if TYPE_CHECKING:
    from svclib.run.kernels.zygote import Zygote

FORK = "svclib-fork"
# Named here and not in the metadata of the package, which every Jupyter program would read.
KernelProvisionerFactory.provisioners[FORK] = EntryPoint(
    FORK, f"{__name__}:ForkProvisioner", KernelProvisionerFactory.GROUP_NAME
)


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
            made = Manager(kernel_name="python3", **files)
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
