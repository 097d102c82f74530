"""Parallel work: communicators between processes, and prefetching threads."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Protocol, TypeVar, cast

from nncore.arrays import Floats

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

    def allreduce(self, arrays: Sequence[Floats], out: Floats) -> None:
        """Write the sum of all ranks' arrays to `out`, with the same bits on every rank.

        Parameters
        ----------
        arrays : at least 1, equally many on each rank; contiguous, all of one shape and dtype
            They are added from left to right: the arrays of rank 0 in their order, then the arrays
            of rank 1, …
        out : of their shape and dtype; may be the first of them
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

            self._pool = ThreadPoolExecutor(threads)

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
