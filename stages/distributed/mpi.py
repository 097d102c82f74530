"""The ranks of a training that an MPI launcher has started; the only file that knows mpi4py."""

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
        # MPI's own waiting keeps a core busy, perhaps the one that a rank waited for would run on.
        while not request.Test():
            # No launcher starts ranks on Windows.
            if sys.platform != "win32":
                os.sched_yield()


@contextmanager
def mpi_world() -> Iterator[MpiCommunicator | None]:
    """Yield a communicator of the ranks that the launcher has started, or None where it has none.

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
