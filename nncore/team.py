"""Processes that train one network together: what training asks of them."""

from collections.abc import Sequence
from typing import Protocol, TypeVar, cast

from nncore.arrays import Floats

T = TypeVar("T")


class Team(Protocol):
    """Ranks 0 to `size` - 1, of which this process is one; where there is none, it is alone.

    All ranks make the same calls in the same order, and each waits for the others.
    """

    @property
    def rank(self) -> int:
        """The number of this process."""

    @property
    def size(self) -> int:
        """The number of processes."""

    def sum(self, arrays: Sequence[Floats], out: Floats) -> None:
        """Write to `out` the sum of all ranks' arrays, to every rank the same bits.

        Parameters
        ----------
        arrays : equally many on each rank, at least 1; contiguous, all of one shape and dtype
            Added from left to right: those of rank 0 in their order, then those of rank 1, …
        out : like one of them; may be the first
        """

    def gather(self, value: T) -> list[T]:
        """Return the values of all ranks, in their order."""


def leads(team: Team | None) -> bool:
    """Tell whether this process is the one that writes files."""
    return team is None or team.rank == 0


def first(team: Team | None, value: T) -> T:
    """Return the value of rank 0."""
    if team is None:
        return value
    # What the others have in its place need not travel.
    ours: T | None = value if team.rank == 0 else None
    return cast("T", team.gather(ours)[0])


def own(team: Team | None, count: int) -> slice:
    """Return which of `count` things in a row are this process's, without a team all."""
    if team is None:
        return slice(0, count)
    return slice(count * team.rank // team.size, count * (team.rank + 1) // team.size)
