"""Where trials run: on a Dask cluster of this machine, or on the scheduler that NNCORE_DASK names.

No result depends on the place or on the number of workers.
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

# Variables: a scheduler's address; without one, the number of local workers.
ADDRESS, WORKERS = "NNCORE_DASK", "NNCORE_DASK_WORKERS"
# Seconds to wait for a scheduler; for one that has responded before, and for its first worker.
FIRST_PATIENCE, PATIENCE = 10, 60
# Attempts at a trial whose process is killed. Dask itself limits those whose worker is killed.
ATTEMPTS = 4
_LOOPBACK = "127.0.0.1"
# A local worker that is lost is started again, however long that takes on a busy machine; Dask's
# default is to give up after 15 seconds. If no worker is back after 300 seconds, the sweep ends.
_LOCAL = {
    "distributed.deploy.lost-worker-timeout": "1 day",
    "distributed.scheduler.no-workers-timeout": 300,
    # Dask observes itself some hundred times a second, on a core that a trial could use.
    "distributed.worker.profile.enabled": False,
    "distributed.admin.tick.interval": "500 ms",
    "distributed.admin.system-monitor.interval": "5 s",
    "distributed.worker.memory.monitor-interval": "5 s",
    # Dask has no option to run without its HTTP servers. These servers have no pages.
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
    """No cluster, or one that loses a trial at each attempt."""


@contextmanager
def cluster() -> Iterator[RunTrials]:
    """Yield a function that runs requests, by name, and yields their results as they come.

    The first requests start a local cluster, which ends with the context.

    Raises
    ------
    ClusterError
        No scheduler, no worker, or a trial during which workers end.
    SharedMemoryError
        No local cluster can be started.
    TrialError
        A worker that refuses a trial.
    """
    address = os.environ.get(ADDRESS, "")
    # This program itself reports lost connections, in one line.
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
                workers = 0 if address else min(_worker_count(), len(waiting))
                if workers and not started:
                    started.append(stack.enter_context(_local(workers)))
                elif workers and workers > len(started[0].worker_spec):
                    started[0].scale(workers)
                scheduler = address or started[0].scheduler_address
                with _client(scheduler, patience) as client:
                    patience = PATIENCE
                    for name, result in _results(client, waiting, sweep):
                        del waiting[name]
                        yield name, result

        yield run


def _results(
    client: Client, requests: Mapping[str, TrialRequest], sweep: str
) -> Iterator[tuple[str, TrialResult]]:
    """Yield results until all have come, or the scheduler is lost."""

    # Pickled by value, because it is local: no scheduler and no worker has to import it.
    def run(request: dict[str, Any]) -> dict[str, Any]:
        from stages.sweeps.worker import run_request  # noqa: PLC0415  the worker's module

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
        # Every fault of a worker becomes one line.
        except Exception as error:  # noqa: BLE001
            raise _cluster_error(error) from None
        if "refused" in response:
            raise TrialError(f"{_worker_address(client, future)}: {response['refused']}")
        yield futures[future], TrialResult.model_validate(response["result"])


def _cluster_error(error: Exception) -> ClusterError:
    """Return the error for a trial without a response."""
    match error:
        case KilledWorker():
            return _lost_trial_error(error.allowed_failures + 1, "workers")
        case ChildProcessError():
            return _lost_trial_error(ATTEMPTS, "processes")
        case NoWorkerError():
            expected = "a cluster must have a worker, got none that is left"
        # A worker that can't import the project, or imports another version of it.
        case ImportError() | AttributeError() | TypeError():
            where = f"got one where: {type(error).__name__}: {error}"
            how = "with python -m dask worker in a clone of this commit"
            expected = f"each worker must be started {how}, {where}"
        case _:
            message = " ".join(str(error).split())
            expected = f"a worker must respond, got {type(error).__name__}: {message}"
    return ClusterError(f"{expected}; finished trials are kept")


def _lost_trial_error(attempts: int, what: str) -> ClusterError:
    return ClusterError(
        f"expected a trial to finish, got {attempts} {what} that ended during it; give each worker "
        "more memory; finished trials are kept"
    )


def _worker_address(client: Client, future: Future) -> str:
    """Return the address of the worker that has responded, if it is known."""
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
        # A wrong address or another service raises errors of every type.
        except Exception as error:
            raise ClusterError(
                f"{ADDRESS} must be the address of a Dask scheduler with a worker, as in "
                f"tcp://127.0.0.1:8786, got {address}: {str(error) or 'no response'}; "
                "finished trials are kept"
            ) from error
        yield client


async def _shake_hands(address: str, patience: float) -> None:
    """Connect as `Client` does, which would wait for ever for a service that sends nothing."""
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
    """Delay an interruption from the keyboard to the end: half a cluster can't be closed.

    The workers that start meanwhile never receive one. Windows can't delay a signal.
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
