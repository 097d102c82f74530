"""The most memory of its own that this process has while a piece of it runs."""

from pathlib import Path
from threading import Event, Thread
from typing import Self

from benchmarks.system import megabytes

SECONDS = 0.02


class OwnMemory:
    """A context in which a thread samples RssAnon, every 20 ms.

    Attributes
    ----------
    most : MB, the largest sample
    """

    def __enter__(self) -> Self:
        self.most = 0.0
        self._ended = Event()
        self._thread = Thread(target=self._sample, daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._thread.join()

    def _sample(self) -> None:
        """Sample at once, and until the context has ended."""
        ended = False
        while not ended:
            self.most = max(self.most, megabytes(process_status(), "RssAnon"))
            ended = self._ended.wait(SECONDS)


def process_status() -> str:
    """Return what the system reports of this process, see proc(5)."""
    return Path("/proc/self/status").read_text(encoding="ascii", errors="ignore")
