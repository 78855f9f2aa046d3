"""Work on a dask cluster: bytes to the workers, bytes back, no folder in common.

Only this module imports dask, and only where a scheduler is named (extra `cluster`).  Tasks are
coarse: a notebook, a pair of simulated cycles, a slice of parts.  A worker that dies is
replaced by the others: dask gives its tasks to them, and everything sent can be sent again.
"""

from __future__ import annotations

import functools
import hashlib
import pickle
import platform
import warnings
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import dataclass, replace
from importlib import metadata
from typing import TYPE_CHECKING, Any

from svclib.cycle import processes
from svclib.errors import ParamError, StepFailed
from svclib.run import bundle, manifest
from svclib.run.execute import Outcome, Task, Workers

if TYPE_CHECKING:
    from distributed import Client

Each = Callable[[Callable[..., Any], Any, Iterable[Any]], Iterator[Any]]
TIMEOUT = 10.0  # seconds for a scheduler to answer
_PACKAGES = ("numpy", "pandas", "pyarrow", "scipy", "statsmodels", "papermill")
_CODE = ("*.py", "*.toml")


def fingerprint() -> dict[str, str]:
    """What must be equal here and on a worker for the numbers to be: code, lock, packages, Python."""
    home = manifest.HOME / "svclib"
    files = sorted(path for pattern in _CODE for path in home.rglob(pattern))
    code = hashlib.sha256()
    for path in files:
        code.update(path.relative_to(home).as_posix().encode("utf-8") + b"\0" + path.read_bytes())
    lock = manifest.HOME / manifest.LOCK
    own = {"code": code.hexdigest()[:12], "lock": manifest.file_hash(lock)[:12] if lock.is_file() else ""}
    own |= {"python": platform.python_version(), "system": platform.system()}
    return own | {name: metadata.version(name) for name in _PACKAGES}


@functools.cache
def _known() -> dict[str, str]:
    """`fingerprint` when this process began: a worker goes on with the code it began with."""
    return fingerprint()


@contextmanager
def connected(address: str) -> Generator[Cluster]:
    """The cluster of the scheduler at `address`, every worker of which has the same code and lock.

    Raises
    ------
    ParamError
        dask is not installed; nobody answers at `address`; there is no worker, or one that differs.
    """
    try:
        from distributed import Client
    except ImportError as error:
        raise ParamError("--scheduler needs dask: pip install svclib[cluster]") from error
    try:
        client = Client(address, timeout=TIMEOUT, set_as_default=False)
    except (OSError, ValueError, TimeoutError) as error:
        told = f"no scheduler answers at {address}"
        raise ParamError(f"{told}; start one by: dask scheduler, or correct the address") from error
    with client:
        _same_everywhere(client, address)
        yield Cluster(client)


@dataclass(frozen=True)
class Shared:
    """Workers of this machine, and those of a cluster for the reports of single units."""

    local: Workers
    cluster: Cluster

    def submit(self, task: Task) -> Future[Outcome]:
        """Execute a notebook where it belongs: only a report of one unit reads tables alone."""
        if not task.parameters.get("unit"):
            return self.local.submit(task)
        return self.cluster.submit(task, engine=self.local.engine, seconds=self.local.seconds)


@contextmanager
def shared(local: Workers, scheduler: str) -> Generator[Shared]:
    """`local` together with the cluster of `scheduler`, whose kernels start and end as those of `local`."""
    with connected(scheduler) as cluster:
        yield Shared(local, cluster)


@contextmanager
def each(scheduler: str, here: Each | None) -> Generator[Each | None]:
    """What spreads ``fn(of, task)`` over tasks: the cluster of `scheduler`, or `here` where none is named."""
    if not scheduler:
        yield here
        return
    with connected(scheduler) as cluster:
        yield cluster.each


def _same_everywhere(client: Client, address: str) -> None:
    """Refuse a cluster without workers, or with one that would compute otherwise."""
    workers: Any = client.nthreads()
    asked = {worker: client.submit(_known, workers=[worker], pure=False) for worker in workers}
    found: dict[str, Any] = {w: future.exception() or future.result() for w, future in asked.items()}
    own = fingerprint()
    if not found:
        raise ParamError(f"the scheduler at {address} has no workers; start some by: dask worker {address}")
    _refuse([line for worker, theirs in sorted(found.items()) for line in unlike(worker, own, theirs)])


def _refuse(told: Sequence[str]) -> None:
    if told:
        raise ParamError(
            f"workers that are not like this machine: {'; '.join(told)}. "
            f"Install the same code and lock on all, and start the workers anew"
        )


def unlike(worker: str, own: dict[str, str], theirs: Any) -> list[str]:
    """What of a worker differs from `own`: its name, then theirs / ours; nothing where all is equal."""
    if isinstance(theirs, BaseException):
        return [f"{worker} ({type(theirs).__name__}: {theirs})"]
    return [f"{worker} ({name} {theirs.get(name)} / {value})" for name, value in own.items()
            if theirs.get(name) != value]  # fmt: skip


class Cluster:
    """Workers of one scheduler, checked to be alike."""

    def __init__(self, client: Client) -> None:
        self.client = client
        self._sent: dict[str, Any] = {}

    @property
    def size(self) -> int:
        """Tasks that can be under way at the same time."""
        threads: Any = self.client.nthreads()
        return max(sum(threads.values()), 1)

    def each(self, fn: Callable[..., Any], of: Any, tasks: Iterable[Any]) -> Iterator[Any]:
        """``fn(of, task)`` of every task in their order, as `processes.each` gives it."""
        shared = self._shared(pickle.dumps(of))

        def submit(task: Any) -> Any:
            return self.client.submit(_apply, _known(), fn, shared, task, pure=False)

        try:
            yield from processes.in_order(submit, tasks, ahead=processes.AHEAD * self.size)
        except self._broken() as error:
            raise _failed(error) from error

    def submit(self, task: Task, *, engine: str, seconds: float) -> Future[Outcome]:
        """Execute a notebook on a worker, and write the executed copy here."""
        shared = self._inputs(*(task.parameters[name] for name in ("params_file", "run_dir", "as_of")))
        run = functools.partial(_execute, engine=engine, seconds=seconds)
        remote = self.client.get_executor(pure=False).submit(
            run, _known(), shared, task.notebook.read_bytes(), task
        )
        done: Future[Outcome] = Future()
        remote.add_done_callback(functools.partial(self._receive, task, done))
        return done

    def _receive(self, task: Task, done: Future[Outcome], remote: Future[Any]) -> None:
        """Write what a worker made, or pass on why it could not."""
        try:
            outcome, content = remote.result()
            task.output.parent.mkdir(parents=True, exist_ok=True)
            task.output.write_bytes(content)
            done.set_result(replace(outcome, task=task))
        except self._broken() as error:
            done.set_exception(_failed(error))
        except BaseException as error:
            done.set_exception(error)

    @functools.lru_cache(maxsize=4)  # noqa: B019 - as long as the connection
    def _inputs(self, params_file: str, run_dir: str, as_of: str) -> Any:
        return self._shared(bundle.pack(params_file, run_dir, as_of))

    def _shared(self, content: bytes) -> Any:
        """A result on the cluster that holds `content`; made anew where a worker that had it died."""
        key = f"svclib-{hashlib.sha256(content).hexdigest()[:32]}"
        with warnings.catch_warnings():  # dask warns of what the scheduler keeps from 10 MB on
            warnings.filterwarnings("ignore", message="Sending large graph", category=UserWarning)
            self._sent[key] = self.client.submit(_same, content, key=key)
        return self._sent[key]

    def _broken(self) -> tuple[type[BaseException], ...]:
        from concurrent.futures import CancelledError

        from distributed import KilledWorker
        from distributed.client import FutureCancelledError
        from distributed.comm.core import CommClosedError

        return KilledWorker, FutureCancelledError, CommClosedError, CancelledError


def _failed(error: BaseException) -> StepFailed:
    told = f"{type(error).__name__}: {error}"
    return StepFailed(f"the cluster could not finish the work ({told}); nothing published. Run it again")


def _same(content: bytes) -> bytes:
    return content


def _check(expected: dict[str, str]) -> None:
    """A worker that joined after the preflight is checked by its first task."""
    _refuse(unlike(platform.node(), expected, _known()))


def _apply(expected: dict[str, str], fn: Callable[..., Any], of: bytes, task: Any) -> Any:
    _check(expected)
    return fn(_unpickled(of), task)


@functools.lru_cache(maxsize=2)
def _unpickled(content: bytes) -> Any:
    return pickle.loads(content)


def _execute(
    expected: dict[str, str], inputs: bytes, notebook: bytes, task: Task, *, engine: str, seconds: float
) -> tuple[Outcome, bytes]:
    """Outcome and executed copy of a notebook, on a worker."""
    _check(expected)
    return bundle.execute(inputs, notebook, task, engine=engine, seconds=seconds)
