"""Parallel work: communicators between processes, prefetching threads, threads of a BLAS."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager
from functools import cache
from typing import TYPE_CHECKING, Protocol, TypeVar, cast

from threadpoolctl import ThreadpoolController  # type: ignore[import-untyped]

from nncore.arrays import Doubles, Floats

if TYPE_CHECKING:
    from concurrent.futures import Future

T = TypeVar("T")


class Communicator(Protocol):
    """The ranks 0 to `size` - 1 of the processes that train one network together.

    All ranks make the same calls in the same order, and each call waits for the other ranks. A
    process that trains alone has None instead of a communicator.
    """

    @property
    def rank(self) -> int:
        """The rank of this process."""

    @property
    def size(self) -> int:
        """The number of ranks."""

    def sum(self, array: Floats) -> None:
        """Replace a contiguous array by the sum of all ranks' arrays, the same bits on each.

        The implementation chooses the order of a sum, which no exact sum depends on.
        """

    def maximum(self, array: Doubles) -> None:
        """Replace a contiguous array by the largest numbers of all ranks' arrays.

        A NaN of one rank may be lost.
        """

    def allgather(self, value: T) -> list[T]:
        """Return the values of all ranks, in the order of the ranks."""


def is_root(communicator: Communicator | None) -> bool:
    """Return whether this process writes files: rank 0, or the only process."""
    return communicator is None or communicator.rank == 0


def broadcast(communicator: Communicator | None, value: T) -> T:
    """Return rank 0's `value`."""
    if communicator is None:
        return value
    # The other ranks' values are dropped, so they are not sent.
    sent: T | None = value if communicator.rank == 0 else None
    return cast("T", communicator.allgather(sent)[0])


def rank_slice(communicator: Communicator | None, count: int) -> slice:
    """Return this rank's slice of `count` items; all of them without a communicator."""
    if communicator is None:
        return slice(0, count)
    return slice(
        count * communicator.rank // communicator.size,
        count * (communicator.rank + 1) // communicator.size,
    )


class Prefetcher:
    """Threads that run the next tasks while the caller uses a result."""

    def __init__(self, threads: int) -> None:
        """Make a pool of `threads` threads; with 0, a task runs when its result is requested."""
        self._threads = threads
        self._pool = None
        if threads:
            # Imported here: it takes a tenth of NumPy's import.
            from concurrent.futures import ThreadPoolExecutor  # noqa: PLC0415

            self._pool = ThreadPoolExecutor(threads, initializer=one_blas_thread)

    def map(self, tasks: Iterable[Callable[[], T]]) -> Iterator[T]:
        """Yield the result of each task, in order.

        At most `threads` tasks run ahead of the result in use, so `threads + 1` rotating buffers
        are never overwritten while being read. When the iterator ends or is closed, no task
        runs any more.
        """
        if self._pool is None:
            for task in tasks:
                yield task()
            return
        futures: deque[Future[T]] = deque()
        try:
            for task in tasks:
                futures.append(self._pool.submit(task))
                if len(futures) > self._threads:
                    yield futures.popleft().result()
            while futures:
                yield futures.popleft().result()
        finally:
            for future in futures:
                if not future.cancel():
                    future.exception()


def one_blas_thread() -> AbstractContextManager[object]:
    """Limit each product of NumPy's BLAS to one thread, from now to the end of a `with` block.

    A training has threads of its own. The threads of a BLAS wait actively for each other: beside
    other work, two of them have taken ten times as long as one. A BLAS with OpenMP has a limit for
    each thread that calls it; any other has one for the process. So each thread of a pool sets the
    limit at its start, and a `with` block of the caller restores it.
    """
    limits: AbstractContextManager[object] = _blas_controller().limit(limits=1, user_api="blas")
    return limits


@cache
def _blas_controller() -> ThreadpoolController:
    # Once, because it inspects all libraries that this process has loaded.
    return ThreadpoolController()
