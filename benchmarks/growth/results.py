"""What a data set of one size costs, and the table of all sizes."""

from dataclasses import dataclass
from statistics import median
from typing import Any

from nncore.text_tables import format_markdown_table

HEAD = (
    "images",
    "preprocess s",
    "µs / image",
    "peak MB",
    "train mapped µs / image",
    "own MB",
    "peak MB",
    "train in memory µs / image",
    "peak MB",
    "speed mapped / in memory",
)


@dataclass
class Cost:
    """What the processes of one kind took.

    Attributes
    ----------
    seconds : of each preprocessing, or of each timed epoch, process after process
    peak : MB in use at most, mapped pages of files included
    own : MB in use at most during timed epochs, without pages of files; none of preprocess
    disk_reads : how often a process, at most, waited in timed epochs for the disk to read a page
        that is mapped; 0 where the page cache holds all; none of preprocess
    """

    seconds: list[float]
    peak: float
    own: float | None = None
    disk_reads: int | None = None


@dataclass
class Size:
    """What so many images cost.

    Attributes
    ----------
    start : seconds that preprocess takes with one image
    """

    images: int
    start: float
    preprocess: Cost
    mapped: Cost
    in_memory: Cost

    def preprocess_rates(self) -> list[float]:
        """Return the microseconds of preprocess for each image, beyond its start."""
        return [(seconds - self.start) / self.images * 1e6 for seconds in self.preprocess.seconds]

    def train_rates(self, cost: Cost) -> list[float]:
        """Return the microseconds of each epoch for each image."""
        return [seconds / self.images * 1e6 for seconds in cost.seconds]

    def speed(self) -> float:
        """Return how many images are trained mapped while one is in memory.

        The median of the rounds: of the medians of two processes, one right after the other. The
        machine may be faster at one time than at another.
        """
        pairs = zip(self._medians(self.in_memory), self._medians(self.mapped), strict=True)
        return median(in_memory / mapped for in_memory, mapped in pairs)

    def _medians(self, cost: Cost) -> list[float]:
        """Return the median of the epochs of each process; preprocess ran once a round too."""
        epochs = len(cost.seconds) // len(self.preprocess.seconds)
        starts = range(0, len(cost.seconds), epochs)
        return [median(cost.seconds[start : start + epochs]) for start in starts]


def table(sizes: list[Size]) -> str:
    """Return a Markdown table with a row for each size."""
    return format_markdown_table([HEAD, *map(_row, sizes)], "<")


def read(values: list[dict[str, Any]]) -> list[Size]:
    """Return sizes that were written as JSON."""
    kinds = ("preprocess", "mapped", "in_memory")
    return [Size(**size | {kind: Cost(**size[kind]) for kind in kinds}) for size in values]


def _row(size: Size) -> tuple[str, ...]:
    return (
        f"{size.images:,}",
        f"{median(size.preprocess.seconds):.2f}",
        f"{median(size.preprocess_rates()):.2f}",
        f"{size.preprocess.peak:,.0f}",
        f"{median(size.train_rates(size.mapped)):.2f}",
        f"{size.mapped.own:,.0f}",
        f"{size.mapped.peak:,.0f}",
        f"{median(size.train_rates(size.in_memory)):.2f}",
        f"{size.in_memory.peak:,.0f}",
        f"{size.speed():.2f}",
    )
