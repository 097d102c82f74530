"""The ranks of a training that an MPI launcher has started; the only file that imports mpi4py."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

from nncore.arrays import Doubles, Floats
from nncore.errors import NncoreError
from stages.shared.numerics import available_cores
from stages.shared.shared_memory import require_shared_memory

T = TypeVar("T")

# A variable of the processes that `stages.distributed.launcher` starts. It names a file: rank 0
# creates it when all ranks have joined, and writes `ENDED` into it when all have succeeded.
LAUNCHED_VARIABLE = "NNCORE_LAUNCHED"
ENDED = "ended"
# Variables in which MPICH's and Open MPI's launchers give the number of processes.
_SIZES = ("PMI_SIZE", "OMPI_COMM_WORLD_SIZE")


class RanksError(NncoreError):
    """Ranks that can't train together."""


class MpiCommunicator:
    """All processes that the launcher has started, as a `nncore.parallel.Communicator`.

    Attributes
    ----------
    rank, size : this process's number, and how many there are
    cores : number of cores that this process may use: an equal part of those of its host
    """

    def __init__(self, mpi: Any) -> None:  # noqa: ANN401  mpi4py may be absent
        """Join; `mpi` is the module mpi4py.MPI."""
        self._mpi = mpi
        self._world = mpi.COMM_WORLD
        self.rank: int = self._world.rank
        self.size: int = self._world.size
        host = self._world.Split_type(mpi.COMM_TYPE_SHARED)
        self.cores = max(max(host.allgather(available_cores())) // host.size, 1)

    def sum(self, array: Floats) -> None:
        """Replace an array by the sum of all ranks' arrays: see `nncore.parallel.Communicator`."""
        self._wait(self._world.Iallreduce(self._mpi.IN_PLACE, array, self._mpi.SUM))

    def maximum(self, array: Doubles) -> None:
        """Replace an array by the largest numbers of all ranks' arrays, likewise."""
        self._wait(self._world.Iallreduce(self._mpi.IN_PLACE, array, self._mpi.MAX))

    def allgather(self, value: T) -> list[T]:
        """Return the values of all ranks, in their order."""
        values: list[T] = self._world.allgather(value)
        return values

    def _wait(self, request: Any) -> None:  # noqa: ANN401  mpi4py may be absent
        # MPI's own waiting keeps a core busy, perhaps the one that the slowest rank would run on.
        while not request.Test():
            # No launcher starts ranks on Windows.
            if sys.platform != "win32":
                os.sched_yield()


@contextmanager
def mpi_world() -> Iterator[MpiCommunicator | None]:
    """Yield a communicator of the ranks that a launcher has started, or None without a launcher.

    Rank 0 alone prints. A rank that ends with an error does not finalize MPI: the launcher sees
    that and ends the others, which wait for it.

    Raises
    ------
    RanksError
        No MPI, or another one than the launcher's.
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
