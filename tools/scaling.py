"""A step's time in one process, with threads and with ranks, in turns: `make scaling`.

Run by an MPI launcher, it writes a line of JSON for each network and batch. Rank 0 measures one
process and threads while the others sleep, then all measure the ranks. Written are milliseconds a
step, medians of the rounds; the least of the rounds; the ratios of threads' to ranks' in the
rounds; and the bytes that a step sends through the cable of tools/two_hosts.sh and gets from it.
"""

import json
import os
import statistics
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from nncore.arrays import Doubles
from nncore.config.architecture import Architecture
from nncore.config.training import TrainingSettings
from nncore.data.batches import Batch
from nncore.network.network import Network
from nncore.network.products import layer_weights
from nncore.network.propagation import Propagation
from nncore.parallel import one_blas_thread
from nncore.training.step import TrainStep
from stages.distributed.mpi import LAUNCHED_VARIABLE, MpiCommunicator, mpi_world

ROUNDS = int(os.environ.get("ROUNDS", "7"))
NETWORKS = {"784-256-128-10": (256, 128), "784-1024-1024-10": (1024, 1024)}
BATCHES = (64, 256, 1024)
WHERE = os.environ.get("WHERE", "one host")
CABLE = Path("/sys/class/net/cable/statistics")


class TimedCommunicator:
    """A communicator that measures how long its sums take."""

    def __init__(self, communicator: MpiCommunicator) -> None:
        self.rank, self.size = communicator.rank, communicator.size
        self.allgather = communicator.allgather
        self._communicator = communicator
        self.seconds = 0.0

    def sum(self, array: Doubles) -> None:
        """Sum as the communicator does, and add the time that it takes."""
        self._time(self._communicator.sum, array)

    def maximum(self, array: Doubles) -> None:
        """Take the largest numbers as the communicator does, and add the time that it takes."""
        self._time(self._communicator.maximum, array)

    def _time(self, reduce: Callable[[Doubles], None], array: Doubles) -> None:
        begin = time.perf_counter()
        reduce(array)
        self.seconds += time.perf_counter() - begin


def network_of(hidden: tuple[int, ...]) -> Network:
    """Return a network of 784 inputs and 10 outputs."""
    network = Network(Architecture(hidden=hidden), inputs=784, outputs=10)
    network.initialize(np.random.default_rng(1))
    return network


def batch_of(rows: int) -> Batch:
    """Return a batch of random images."""
    rng = np.random.default_rng(2)
    targets = np.eye(10, dtype=np.float32)[rng.integers(0, 10, rows)]
    return Batch(rng.random((rows, 784), np.float32), targets, *np.empty((2, rows, 10), np.float32))


def per_step(step: Callable[[], object], steps: int) -> float:
    """Return milliseconds, behind two steps that do not count."""
    step()
    step()
    begin = time.perf_counter()
    for _ in range(steps):
        step()
    return 1e3 * (time.perf_counter() - begin) / steps


def make_step(
    hidden: tuple[int, ...],
    rows: int,
    **options: Any,  # noqa: ANN401  workers or a communicator
) -> Callable[[], None]:
    """Return a training step of momentum; `options` are the workers or the communicator."""
    settings = TrainingSettings(batch_size=rows)
    network, batch = network_of(hidden), batch_of(rows)
    train_step = TrainStep(network, settings, np.random.default_rng(3), **options)
    return lambda: train_step.step(batch, 0.01)


def barrier() -> None:
    """Wait for all ranks without keeping a core busy."""
    from mpi4py import MPI  # noqa: PLC0415  after the ranks have started MPI

    request = MPI.COMM_WORLD.Ibarrier()
    while not request.Test():
        time.sleep(0.002)


def measure(communicator: MpiCommunicator, hidden: tuple[int, ...], rows: int) -> dict[str, Any]:
    """Return what is written of a network and a batch.

    `share` is the forward and backward pass of one rank's rows, `update` what momentum does, `sum`
    what the sums over the ranks take, waiting for the other ranks included.
    """
    steps = max(5, 4096 // rows)
    timed = TimedCommunicator(communicator)
    size = communicator.size
    network, share = network_of(hidden), batch_of(rows // size)
    weights = layer_weights(network)
    one = Propagation(network, weights, rows // size)
    alone = {
        "one process": make_step(hidden, rows),
        "threads": make_step(hidden, rows, workers=size),
    }
    ranks = make_step(hidden, rows, communicator=timed)
    flat = np.zeros((4, network.parameters.size), np.float32)

    def forward_backward() -> None:
        for layer in weights:
            layer.update()
        one.forward(share.inputs, share.logits, share.outputs)
        one.backward(share.outputs, share.targets, 1 / rows)
        one.write_gradient(rows)

    def update() -> None:
        np.multiply(flat[0], 0.9, out=flat[0])
        np.add(flat[0], flat[1], out=flat[0])
        np.subtract(flat[2], flat[0], out=flat[2])

    alone |= {"share": forward_backward, "update": update}
    times: dict[str, list[float]] = {name: [] for name in (*alone, "ranks", "sum")}
    for _ in range(ROUNDS):
        for name, step in alone.items():
            if communicator.rank == 0:
                times[name].append(per_step(step, steps))
            barrier()
        timed.seconds, before = 0.0, cable_bytes()
        times["ranks"].append(per_step(ranks, steps))
        times["sum"].append(1e3 * timed.seconds / (steps + 2))
        after = cable_bytes()
        barrier()
    ratios = [a / b for a, b in zip(times["threads"], times["ranks"], strict=False)]
    done = {name: values for name, values in times.items() if values}
    return {
        "parameters": network.parameters.size,
        "parameter_bytes": one.gradient.itemsize,
        "ratio": [min(ratios, default=0), statistics.median(ratios or [0]), max(ratios, default=0)],
        "out": (after[0] - before[0]) / (steps + 2),
        "in": (after[1] - before[1]) / (steps + 2),
        "median": {name: statistics.median(values) for name, values in done.items()},
        "least": {name: min(values) for name, values in done.items()},
    }


def cable_bytes() -> tuple[int, int]:
    """Return the bytes that have gone out through the cable, and come in."""
    if not CABLE.is_dir():
        return 0, 0
    out, into = (int((CABLE / f"{way}_bytes").read_text()) for way in ("tx", "rx"))
    return out, into


def main() -> None:
    """Measure all networks and batches, and write a line of JSON for each."""
    # A rank by itself: no stage has had this program launched.
    os.environ[LAUNCHED_VARIABLE] = os.devnull
    with mpi_world() as communicator, one_blas_thread():
        if communicator is None or communicator.size == 1:
            raise SystemExit("expected an MPI launcher and 2 ranks, got 1; run: make scaling")
        for name, hidden in NETWORKS.items():
            for rows in BATCHES:
                result = measure(communicator, hidden, rows)
                head = {"where": WHERE, "ranks": communicator.size, "network": name, "batch": rows}
                print(json.dumps(head | result), flush=True)


if __name__ == "__main__":
    main()
