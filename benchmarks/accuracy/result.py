"""What a time to an accuracy is made of, and whether all peers have done the same work."""

import math
import statistics
from dataclasses import dataclass, field

from benchmarks.accuracy.strength import Strength, fault

# Of a mean loss from the median of the peers that distort: their distortions are drawn differently.
TOLERANCE = 0.1
# The peer whose distortions all must have.
REFERENCE = "nncore exact"


@dataclass
class Run:
    """A training of one peer with one seed.

    Attributes
    ----------
    preparation : seconds to make ready
    strength : of its distortions, the fields of `Strength`; None if it has none
    seconds, losses, accuracies : of each epoch; accuracies are those of the test images
    """

    peer: str
    version: str
    seed: int
    preparation: float
    strength: dict[str, float] | None
    seconds: list[float] = field(default_factory=list)
    losses: list[float] = field(default_factory=list)
    accuracies: list[float] = field(default_factory=list)

    def epochs_to(self, target: float) -> int | None:
        """Return the number of epochs until the accuracy is the target's; None if it never is."""
        reached = (number for number, got in enumerate(self.accuracies, 1) if got >= target)
        return next(reached, None)

    def seconds_to(self, target: float) -> float:
        """Return the seconds of these epochs; infinity if the target is not reached."""
        epochs = self.epochs_to(target)
        return math.inf if epochs is None else sum(self.seconds[:epochs])


def faults(runs: list[Run]) -> list[str]:
    """Return a line for each fault of the trainings, with one seed, that are not the others'."""
    distorted = [run for run in runs if run.strength]
    strengths = {run.peer: Strength(**run.strength) for run in distorted if run.strength}
    reference = strengths.get(REFERENCE)
    lines = [
        f"seed {runs[0].seed}, {peer}: {why}"
        for peer, strength in strengths.items()
        if reference and (why := fault(reference, strength))
    ]
    # Some train for fewer epochs than others.
    for run in distorted:
        last = len(run.losses) - 1
        losses = [other.losses[last] for other in distorted if len(other.losses) > last]
        expected, got = statistics.median(losses), run.losses[-1]
        # Also true of NaN.
        if not abs(got - expected) <= TOLERANCE * expected:
            lines.append(
                f"seed {run.seed}, {run.peer}: expected a loss near {expected:.4f}, got {got:.4f}"
            )
    return lines
