"""Where trials run: on a Dask cluster of this machine, or on the scheduler that NNCORE_DASK names.

Which of them, and how many workers there are, decides on no number.
"""

import logging
import os
import tempfile
from collections.abc import Iterator, Mapping
from concurrent.futures import CancelledError
from contextlib import ExitStack, contextmanager

from distributed import Client, KilledWorker, LocalCluster, as_completed
from distributed.comm import CommClosedError

from nncore.errors import NncoreError
from stages.numerics import available_cores
from stages.sweeps.conduct import Run
from stages.sweeps.trial import Order, Result, TrialError
from stages.sweeps.worker import run_order

# A scheduler's address, as in tcp://127.0.0.1:8786; how many workers there are to be without one.
ADDRESS, WORKERS = "NNCORE_DASK", "NNCORE_DASK_WORKERS"
# Seconds for a scheduler and its first worker to be there, or there again.
PATIENCE = 60
_LOOPBACK = "127.0.0.1"


class ClusterError(NncoreError):
    """No cluster, or one that lost a trial again and again."""


@contextmanager
def cluster() -> Iterator[Run]:
    """Yield a function that runs orders, by name, and yields their results as they come.

    A local cluster is started by the first orders, and ends with the context.

    Raises
    ------
    ClusterError
        No scheduler, no worker, or a trial that ends its workers.
    TrialError
        A worker that refuses a trial.
    """
    address = os.environ.get(ADDRESS, "")
    # What becomes of connections is told here, in a line.
    for name in ("distributed", "distributed.client"):
        logging.getLogger(name).setLevel(logging.CRITICAL)
    with ExitStack() as stack:
        started: list[LocalCluster] = []

        def run(orders: Mapping[str, Order]) -> Iterator[tuple[str, Result]]:
            waiting = dict(orders)
            while waiting:
                if not address and not started:
                    started.append(stack.enter_context(_local(len(waiting))))
                with _client(address or started[0].scheduler_address) as client:
                    for name, result in _results(client, waiting):
                        del waiting[name]
                        yield name, result

        yield run


def _results(client: Client, orders: Mapping[str, Order]) -> Iterator[tuple[str, Result]]:
    """Yield results until all have come, or the scheduler is lost."""
    futures = {
        client.submit(run_order, order.model_dump(mode="json"), pure=False): name
        for name, order in orders.items()
    }
    for future in as_completed(futures):
        if future.cancelled():
            return
        try:
            answer = future.result()
        except (CancelledError, CommClosedError):
            return
        except KilledWorker as error:
            raise ClusterError(
                f"a trial must leave its worker alive, got {error.allowed_failures + 1} workers "
                "that ended with it; is there enough memory? The finished trials are kept"
            ) from None
        if "refused" in answer:
            raise TrialError(answer["refused"])
        yield futures[future], Result.model_validate(answer["result"])


@contextmanager
def _client(address: str) -> Iterator[Client]:
    with ExitStack() as stack:
        try:
            client = stack.enter_context(Client(address, timeout=PATIENCE))
            client.wait_for_workers(1, timeout=PATIENCE)
        # Of addresses that are none, a ValueError.
        except (OSError, ValueError) as error:
            raise ClusterError(
                f"{ADDRESS} must be the address of a Dask scheduler with a worker, got {address}: "
                f"{error}; the finished trials are kept, so run it again"
            ) from error
        yield client


@contextmanager
def _local(trials: int) -> Iterator[LocalCluster]:
    """Yield a cluster of processes that listen on the loopback interface alone."""
    with (
        tempfile.TemporaryDirectory() as folder,
        LocalCluster(
            n_workers=min(_count(), trials),
            threads_per_worker=1,
            host=_LOOPBACK,
            dashboard_address=f"{_LOOPBACK}:0",
            worker_dashboard_address=f"{_LOOPBACK}:0",
            memory_limit=0,
            local_directory=folder,
            preload=[run_order.__module__],
            silence_logs=logging.CRITICAL,
        ) as started,
    ):
        yield started


def _count() -> int:
    text = os.environ.get(WORKERS, "")
    if text and not (text.isascii() and text.isdigit() and int(text)):
        raise ClusterError(f"{WORKERS} must be a number of workers, at least 1, got {text!r}")
    return int(text) if text else available_cores()
