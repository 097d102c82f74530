"""Where trials run: on a Dask cluster of this machine, or on the scheduler that NNCORE_DASK names.

Which of them, and how many workers there are, decides on no number.
"""

import asyncio
import logging
import os
import signal
import sys
import tempfile
from collections.abc import Iterator, Mapping
from concurrent.futures import CancelledError
from contextlib import ExitStack, contextmanager
from typing import Any
from uuid import uuid4

from dask import config
from distributed import Client, Future, KilledWorker, LocalCluster, as_completed
from distributed.comm import CommClosedError, connect
from distributed.scheduler import NoWorkerError
from distributed.security import Security

from nncore.errors import NncoreError
from stages.shared.numerics import available_cores
from stages.shared.shared_memory import require_shared_memory
from stages.sweeps.run import RunTrials
from stages.sweeps.trial import TrialError, TrialRequest, TrialResult

# A scheduler's address; how many workers there are to be without one.
ADDRESS, WORKERS = "NNCORE_DASK", "NNCORE_DASK_WORKERS"
# Seconds for a scheduler to be there; for one that was there, and for its first worker.
FIRST_PATIENCE, PATIENCE = 10, 60
# How often a trial is begun whose process is killed; of workers, Dask has a number of its own.
ATTEMPTS = 4
_LOOPBACK = "127.0.0.1"
# A worker that is lost here is started anew, however long that takes a machine that is busy: Dask
# gives up its place after 15 seconds. Where none comes back in 300, the sweep ends.
_LOCAL = {
    "distributed.deploy.lost-worker-timeout": "1 day",
    "distributed.scheduler.no-workers-timeout": 300,
    # Dask looks after itself some hundred times a second, on a core that a trial could use.
    "distributed.worker.profile.enabled": False,
    "distributed.admin.tick.interval": "500 ms",
    "distributed.admin.system-monitor.interval": "5 s",
    "distributed.worker.memory.monitor-interval": "5 s",
    # Dask has no option to run without its HTTP servers. These serve no pages.
    "distributed.scheduler.http.routes": [],
    "distributed.worker.http.routes": [],
}
_OPTIONS = {
    "threads_per_worker": 1,
    "host": _LOOPBACK,
    # Without an address the HTTP server takes port 8787, and warns if it is taken.
    "dashboard_address": f"{_LOOPBACK}:0",
    "scheduler_kwargs": {"dashboard": False},
    "memory_limit": 0,
    "preload": ["stages.sweeps.worker"],
    "silence_logs": logging.CRITICAL,
}


class ClusterError(NncoreError):
    """No cluster, or one that lost a trial again and again."""


@contextmanager
def cluster() -> Iterator[RunTrials]:
    """Yield a function that runs requests, by name, and yields their results as they come.

    A local cluster is started by the first requests, and ends with the context.

    Raises
    ------
    ClusterError
        No scheduler, no worker, or a trial that ends its workers.
    SharedMemoryError
        No local cluster can be started.
    TrialError
        A worker that refuses a trial.
    """
    address = os.environ.get(ADDRESS, "")
    # What becomes of connections is told here, in a line.
    for name in ("asyncio", "distributed", "distributed.client"):
        logging.getLogger(name).setLevel(logging.CRITICAL)
    with ExitStack() as stack:
        started: list[LocalCluster] = []
        sweep = uuid4().hex
        patience = FIRST_PATIENCE

        def run(requests: Mapping[str, TrialRequest]) -> Iterator[tuple[str, TrialResult]]:
            nonlocal patience
            waiting = dict(requests)
            while waiting:
                wanted = 0 if address else min(_worker_count(), len(waiting))
                if wanted and not started:
                    started.append(stack.enter_context(_local(wanted)))
                elif wanted and wanted > len(started[0].worker_spec):
                    started[0].scale(wanted)
                place = address or started[0].scheduler_address
                with _client(place, patience) as client:
                    patience = PATIENCE
                    for name, result in _results(client, waiting, sweep):
                        del waiting[name]
                        yield name, result

        yield run


def _results(
    client: Client, requests: Mapping[str, TrialRequest], sweep: str
) -> Iterator[tuple[str, TrialResult]]:
    """Yield results until all have come, or the scheduler is lost."""

    # Sent as it stands, being local: neither the scheduler nor a worker has to know it beforehand.
    def run(request: dict[str, Any]) -> dict[str, Any]:
        from stages.sweeps.worker import run_request  # noqa: PLC0415  the worker's own

        return run_request(request, sweep)

    options = {"pure": False, "retries": ATTEMPTS - 1}
    futures = {
        client.submit(run, request.model_dump(mode="json"), **options): name
        for name, request in requests.items()
    }
    for future in as_completed(futures):
        if future.cancelled():
            return
        try:
            response = future.result()
        except (CancelledError, CommClosedError):
            return
        # Whatever a worker met is told in a line.
        except Exception as error:  # noqa: BLE001
            raise _cluster_error(error) from None
        if "refused" in response:
            raise TrialError(f"{_worker_address(client, future)}: {response['refused']}")
        yield futures[future], TrialResult.model_validate(response["result"])


def _cluster_error(error: Exception) -> ClusterError:
    """Return what to say of a trial without a response."""
    match error:
        case KilledWorker():
            return _lost_trial_error(error.allowed_failures + 1, "workers")
        case ChildProcessError():
            return _lost_trial_error(ATTEMPTS, "processes")
        case NoWorkerError():
            expected = "a cluster must have a worker, got none that is left"
        # Of a worker that does not know the project's code, or another state of it.
        case ImportError() | AttributeError() | TypeError():
            where = f"got one where: {type(error).__name__}: {error}"
            how = "with python -m dask worker in a clone of this commit"
            expected = f"each worker must be started {how}, {where}"
        case _:
            said = " ".join(str(error).split())
            expected = f"a worker must respond, got {type(error).__name__}: {said}"
    return ClusterError(f"{expected}; finished trials are kept")


def _lost_trial_error(attempts: int, what: str) -> ClusterError:
    return ClusterError(
        f"expected a trial to finish, got {attempts} {what} that ended during it; give each worker "
        "more memory; finished trials are kept"
    )


def _worker_address(client: Client, future: Future) -> str:
    """Return the address of the worker that has responded, as far as it is known."""
    return ", ".join(*client.who_has([future]).values()) or "a worker"


@contextmanager
def _client(address: str, patience: float) -> Iterator[Client]:
    with ExitStack() as stack:
        try:
            # Credentials may come from a function that a user's configuration names.
            if not config.get("distributed.client.security-loader", None):
                asyncio.run(asyncio.wait_for(_shake_hands(address, patience), patience + 1))
            client = stack.enter_context(Client(address, timeout=patience))
            client.wait_for_workers(1, timeout=PATIENCE)
        # An address may be none, and a service another one: errors of every type.
        except Exception as error:
            raise ClusterError(
                f"{ADDRESS} must be the address of a Dask scheduler with a worker, as in "
                f"tcp://127.0.0.1:8786, got {address}: {str(error) or 'no response'}; "
                "finished trials are kept"
            ) from error
        yield client


async def _shake_hands(address: str, patience: float) -> None:
    """Connect as `Client` does, which waits without end for a service that says nothing."""
    comm = await connect(address, timeout=patience, **Security().get_connection_args("client"))
    await comm.close()


@contextmanager
def _local(workers: int) -> Iterator[LocalCluster]:
    """Yield a cluster of processes that listen on the loopback interface alone."""
    # The queues between Dask and its workers have semaphores.
    require_shared_memory("a sweep on this machine", f"let {ADDRESS} name a Dask scheduler")
    with (
        config.set(_LOCAL),
        tempfile.TemporaryDirectory() as folder,
        ExitStack() as stack,
    ):
        try:
            with _uninterrupted():
                local = LocalCluster(n_workers=workers, local_directory=folder, **_OPTIONS)
                started = stack.enter_context(local)
        except (OSError, RuntimeError) as error:
            raise ClusterError(
                f"a sweep on this machine must start its workers, got {_cause(error)}; check the "
                f"loopback interface and your limits, or let {ADDRESS} name a Dask scheduler"
            ) from error
        yield started


def _cause(error: BaseException) -> str:
    """Return the first of the exceptions that led to this one, on one line."""
    while error.__cause__:
        error = error.__cause__
    return " ".join(f"{type(error).__name__}: {error}".split())


@contextmanager
def _uninterrupted() -> Iterator[None]:
    """Put an interruption from the keyboard off to the end: half a cluster can't be closed.

    The workers that are started meanwhile never get one. Windows can't put a signal off.
    """
    if sys.platform == "win32":
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _worker_count() -> int:
    text = os.environ.get(WORKERS, "")
    if text and not (text.isascii() and text.isdigit() and int(text)):
        raise ClusterError(f"{WORKERS} must be a number of workers, at least 1, got {text!r}")
    return int(text) if text else available_cores()
