"""The peers, each in a process of its own with its environment."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, NamedTuple, Self

import psutil

from benchmarks.peers.protocol import UnavailableError
from benchmarks.speed.networks import Contest

ROOT = Path(__file__).parents[2]


class Peer(NamedTuple):
    """One that is compared.

    Attributes
    ----------
    name : in the table
    module : of `benchmarks`, the program
    options : passed to the program
    losses : what it can train with; None: all
    """

    name: str
    module: str
    options: tuple[str, ...] = ()
    losses: tuple[str, ...] | None = None

    def enters(self, contest: Contest) -> bool:
        """Return whether it can train this network."""
        return self.losses is None or contest.architecture.loss in self.losses


PEERS = (
    Peer("nncore exact", "peers.nncore"),
    Peer("nncore fast", "peers.nncore", options=("fast",)),
    Peer("PyTorch", "peers.torch"),
    Peer("PyTorch compiled", "peers.torch", options=("compiled",)),
    Peer("JAX", "peers.jax"),
    Peer("scikit-learn", "peers.sklearn", losses=("cross_entropy",)),
    Peer("floor exact", "speed.matmul_baseline", options=("exact",)),
    Peer("floor", "speed.matmul_baseline"),
)


class PeerProcess:
    """A peer's process, ready to train; a context that ends it.

    It runs only while it prepares and trains. Libraries let their idle threads spin for a while:
    those of a peer that waits would slow the next one down.

    Attributes
    ----------
    peer : whose process it is
    version : of its library
    preparation : seconds that it took to make ready, compilation included
    ready : all that it answered when it was ready

    Raises
    ------
    UnavailableError
        The peer can't run on this machine.
    """

    def __init__(self, peer: Peer, task: str, data: Path, threads: int) -> None:
        """Start the peer's program and wait until it is ready; `task` is its first argument."""
        self.peer = peer
        command = [sys.executable, "-m", f"benchmarks.{peer.module}"]
        command += [task, str(data), str(threads), *peer.options]
        environment = os.environ | {
            "OPENBLAS_NUM_THREADS": str(threads),
            "OMP_NUM_THREADS": str(threads),
            "MKL_NUM_THREADS": str(threads),
            "JAX_PLATFORMS": "cpu",
        }
        with _cores(threads):
            self._process = subprocess.Popen(  # noqa: S603  this package's programs
                command,
                cwd=ROOT,
                env=environment,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
            )
        self.ready = self._answer()
        if "unavailable" in self.ready:
            # It ends by itself: wait for it, and close its pipes.
            with self._process:
                raise UnavailableError(self.ready["unavailable"])
        self.version, self.preparation = self.ready["version"], self.ready["seconds"]
        self._control = psutil.Process(self._process.pid)
        self._suspend()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        # Its workers would not see that it has ended while they are suspended.
        for worker in self._workers():
            with suppress(psutil.NoSuchProcess):
                worker.kill()
        with self._process as process:
            process.kill()

    def epoch(self) -> dict[str, Any]:
        """Train for one epoch; return its seconds, the mean loss of its steps, and what else."""
        assert self._process.stdin  # noqa: S101  a pipe, see above
        for process in (*self._workers(), self._control):
            process.resume()
        self._process.stdin.write("\n")
        self._process.stdin.flush()
        answer = self._answer()
        self._suspend()
        return answer

    def _suspend(self) -> None:
        for process in (self._control, *self._workers()):
            process.suspend()

    def _workers(self) -> list[psutil.Process]:
        """Return the processes that the peer has started."""
        workers: list[psutil.Process] = self._control.children(recursive=True)
        return workers

    def _answer(self) -> dict[str, Any]:
        assert self._process.stdout  # noqa: S101  a pipe, see above
        line = self._process.stdout.readline()
        if not line:
            raise SystemExit(f"{self.peer.name}: its process has ended, see above")
        answer: dict[str, Any] = json.loads(line)
        return answer


@contextmanager
def _cores(count: int) -> Iterator[None]:
    """Bind this process to so many cores, where the system can, and all that it starts meanwhile.

    Not every library obeys the environment's number of threads.
    """
    if not hasattr(os, "sched_setaffinity"):
        yield
        return
    cores = os.sched_getaffinity(0)
    os.sched_setaffinity(0, sorted(cores)[:count])
    try:
        yield
    finally:
        os.sched_setaffinity(0, cores)
