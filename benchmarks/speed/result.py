"""What a comparison finds, and whether all have done the same work."""

import statistics
from dataclasses import dataclass, field

# Of a loss from the median of all: all begin with the same weights and take the images in the same
# order, so that only rounding parts them.
TOLERANCE = 0.02  # as a share of the median
# As a share of the first epoch's loss. Where a network converges, what is left of its loss depends
# on a few images, and rounding changes it by more than the other share.
CONVERGED = 0.005


@dataclass
class Result:
    """The epochs of one peer with one network; the first, which warms up, is not among the times.

    Attributes
    ----------
    seconds : of each timed epoch
    losses : mean losses of the steps of each epoch, the first included; none of the floor
    """

    network: str
    batch: int
    threads: int
    peer: str
    version: str
    preparation: float
    seconds: list[float] = field(default_factory=list)
    losses: list[float] = field(default_factory=list)

    @property
    def median(self) -> float:
        """Median of the times."""
        return statistics.median(self.seconds)


@dataclass
class LeftOut:
    """A peer that could not train a network on this machine, and why."""

    network: str
    threads: int
    peer: str
    why: str

    def __str__(self) -> str:
        return f"{self.network}, {format_threads(self.threads)}, {self.peer}: left out: {self.why}"


def format_threads(threads: int) -> str:
    """Return a number of threads in words."""
    return "1 thread" if threads == 1 else f"{threads} threads"


def faults(results: list[Result]) -> list[str]:
    """Return a line for each peer of one network whose loss does not fall as the others' do."""
    trained = [result for result in results if result.losses]
    if not trained:
        return []
    last = statistics.median(result.losses[-1] for result in trained)
    lines = []
    for result in trained:
        first, loss = result.losses[0], result.losses[-1]
        name = f"{result.network}, {format_threads(result.threads)}, {result.peer}"
        if not loss < first:
            lines.append(f"{name}: expected a falling loss, got {first:.4f} then {loss:.4f}")
        # Also true of NaN.
        elif not abs(loss - last) <= max(TOLERANCE * last, CONVERGED * first):
            lines.append(f"{name}: expected a loss near {last:.4f}, got {loss:.4f}")
    return lines
