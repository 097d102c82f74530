"""The ranks of a training that an MPI launcher has started; the only file that knows mpi4py."""

import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import pairwise
from pathlib import Path
from typing import Any, TypeVar

import numpy as np

from nncore.arrays import Floats
from nncore.errors import NncoreError
from stages.shared.numerics import available_cores
from stages.shared.shared_memory import require_shared_memory

T = TypeVar("T")

# In the environment of the processes that `stages.distributed.launcher` has a launcher start: a
# file that rank 0 creates when all have joined, and in which it says that all have ended well.
LAUNCHED_VARIABLE = "NNCORE_LAUNCHED"
ENDED = "ended"
# Where MPICH's and Open MPI's launchers tell a process how many there are.
_SIZES = ("PMI_SIZE", "OMPI_COMM_WORLD_SIZE")


class RanksError(NncoreError):
    """Ranks that can't train together."""


class MpiCommunicator:
    """All processes that the launcher has started, as a `nncore.parallel.Communicator`.

    Attributes
    ----------
    rank, size : this process's number, and how many there are
    cores : that this process may use, its share of those of its host
    """

    def __init__(self, mpi: Any) -> None:  # noqa: ANN401  mpi4py may be absent
        """Join; `mpi` is the module mpi4py.MPI."""
        self._mpi = mpi
        self._world = mpi.COMM_WORLD
        self.rank: int = self._world.rank
        self.size: int = self._world.size
        host = self._world.Split_type(mpi.COMM_TYPE_SHARED)
        self.cores = max(max(host.allgather(available_cores())) // host.size, 1)
        # A step sums as many numbers each time.
        self._received: dict[tuple[Any, ...], Floats] = {}

    def allreduce(self, arrays: Sequence[Floats], out: Floats) -> None:
        """Write to `out` the sum of all ranks' arrays: see `nncore.parallel.Communicator`.

        Each rank sums one slice, and then all exchange their slices. So the order of a sum is that
        of the ranks, whatever the slice, and with one array from each rank no more bytes travel
        than in a ring: of the array's R slices 2 (R - 1) out of each rank and as many into it.
        """
        vectors, whole = [array.reshape(-1) for array in arrays], out.reshape(-1)
        ends = [whole.size * rank // self.size for rank in range(self.size + 1)]
        slices = [slice(*pair) for pair in pairwise(ends)]
        mine = slices[self.rank]
        received = self._buffer(len(vectors) * self.size, mine.stop - mine.start, out.dtype)
        parts = list(received)
        requests = []
        for number, vector in enumerate(vectors):
            for other in self._others():
                place = other * len(vectors) + number
                requests.append(self._world.Irecv(parts[place], other, number))
                requests.append(self._world.Isend(vector[slices[other]], other, number))
            parts[self.rank * len(vectors) + number] = vector[mine]
        self._wait(requests)
        # Nothing is received in the rows of the buffer for what is this rank's own.
        spare, sum_here = received[self.rank * len(vectors)], whole[mine]
        total = parts[0]
        for part in parts[1:-1]:
            total = np.add(total, part, out=spare)
        # Only now: one of the parts may be there.
        if len(parts) > 1:
            np.add(total, parts[-1], out=sum_here)
        else:
            np.copyto(sum_here, total)
        requests = [self._world.Irecv(whole[slices[other]], other) for other in self._others()]
        requests += [self._world.Isend(sum_here, other) for other in self._others()]
        self._wait(requests)

    def allgather(self, value: T) -> list[T]:
        """Return the values of all ranks, in their order."""
        values: list[T] = self._world.allgather(value)
        return values

    def _buffer(self, rows: int, columns: int, dtype: np.dtype) -> Floats:
        key = rows, columns, dtype
        if key not in self._received:
            self._received[key] = np.empty((rows, columns), dtype)
        return self._received[key]

    def _others(self) -> Iterator[int]:
        """Yield the other ranks, from the next one on, so that not all turn to the same at once."""
        return ((self.rank + step) % self.size for step in range(1, self.size))

    def _wait(self, requests: list[Any]) -> None:
        # MPI's own waiting keeps a core busy, perhaps the one that a rank waited for would run on.
        while not self._mpi.Request.Testall(requests):
            os.sched_yield()


@contextmanager
def mpi_world(shards: int) -> Iterator[MpiCommunicator | None]:
    """Yield a communicator of the ranks that the launcher has started, or None where it has none.

    Rank 0 alone prints. A rank that ends with an error does not finalize MPI: the launcher sees
    that and ends the others, which wait for it.

    Raises
    ------
    RanksError
        No MPI, or another one than the launcher's, or `shards` that the ranks can't divide.
    SharedMemoryError
        MPICH can't start.
    """
    if LAUNCHED_VARIABLE not in os.environ:
        yield None
        return
    try:
        import mpi4py  # noqa: PLC0415  an extra, and no one process needs it

        mpi4py.rc(initialize=False, finalize=False)
        from mpi4py import MPI  # noqa: PLC0415  needs the settings above

        # Without shared memory MPICH aborts even a single rank. Open MPI does without.
        if MPI.get_vendor()[0] == "MPICH":
            require_shared_memory("MPICH", "train without NNCORE_LAUNCH, to the same model")
        MPI.Init_thread(MPI.THREAD_FUNNELED)
    except (ImportError, RuntimeError) as error:
        raise RanksError(
            f"expected mpi4py and an MPI, got: {' '.join(str(error).split())}; "
            "run: python -m pip install '.[mpi]'"
        ) from error
    world = MPI.COMM_WORLD
    started = next((int(os.environ[name]) for name in _SIZES if name in os.environ), world.size)
    if started != world.size:
        raise RanksError(
            f"expected mpi4py to find the {started} processes of the launcher, got {world.size}; "
            "let NNCORE_LAUNCH name the launcher of the MPI that mpi4py uses"
        )
    if shards % world.size:
        raise RanksError(
            f"train.shards must be a multiple of the ranks ({world.size}), got {shards}; "
            "set train.shards to such a multiple, or start a number of ranks that divides it"
        )
    state = Path(os.environ[LAUNCHED_VARIABLE])
    if world.rank:
        sys.stdout = Path(os.devnull).open("w", encoding="utf-8")  # noqa: SIM115  to the end
    communicator = MpiCommunicator(MPI)
    if communicator.rank == 0:
        state.touch()
    yield communicator
    MPI.Finalize()
    if communicator.rank == 0:
        state.write_text(ENDED, encoding="utf-8")
