"""Tasks done ahead, on threads, and handed over in their order."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from concurrent.futures import Future

T = TypeVar("T")


class Ahead:
    """Threads that do the next tasks while the result of one is in use."""

    def __init__(self, threads: int) -> None:
        """Start none yet; without any, a task is done when its result is asked for."""
        self._threads = threads
        self._pool = None
        if threads:
            from concurrent.futures import ThreadPoolExecutor  # noqa: PLC0415  a tenth of NumPy's import

            self._pool = ThreadPoolExecutor(threads)

    def results(self, tasks: Iterable[Callable[[], T]]) -> Iterator[T]:
        """Yield what each task returns, in order.

        Beyond the one whose result is in use at most `threads` tasks are begun: with one buffer
        more than threads, taken in turns, none is written to while in use. When this ends, by
        whatever cause, all that was begun has ended.
        """
        if self._pool is None:
            for task in tasks:
                yield task()
            return
        waiting: deque[Future[T]] = deque()
        try:
            for task in tasks:
                waiting.append(self._pool.submit(task))
                if len(waiting) > self._threads:
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()
        finally:
            for future in waiting:
                if not future.cancel():
                    future.exception()
