"""Averages of the weights over a training.

The weights of a single step scatter around a minimum, because each step uses only a batch. Their
average lies nearer to it: Polyak & Juditsky, Acceleration of stochastic approximation by averaging
(1992). No step uses the average; validation and the model do.
"""

from typing import Protocol

import numpy as np

from nncore.arrays import Floats
from nncore.config.training import TrainingSettings


class WeightAverage(Protocol):
    """The interface of an average of parameter vectors, (size,)."""

    @property
    def state(self) -> dict[str, Floats]:
        """The arrays that live from step to step; writing to them restores the average."""

    def add_step(self, parameters: Floats) -> None:
        """Include the parameters after a step, where steps are averaged."""

    def add_epoch(self, parameters: Floats, epoch: int) -> None:
        """Include the parameters after an epoch, counted from 1, where epochs are averaged."""

    def write(self, out: Floats, epoch: int) -> None:
        """Write the average after an epoch to `out`; leave `out` unchanged if there is none yet."""


class EpochMean:
    """The mean of the weights at the ends of epochs, all with equal weight.

    With a schedule that ends at a rate above 0 it is stochastic weight averaging: Izmailov,
    Podoprikhin, Garipov, Vetrov, Wilson, Averaging weights leads to wider optima (2018).
    """

    def __init__(self, size: int, first_epoch: int) -> None:
        """Average the epochs from `first_epoch` on."""
        self._first_epoch = first_epoch
        # A float64 holds sums of float32 numbers with bits to spare.
        self.state: dict[str, Floats] = {"sum": np.zeros(size, np.float64)}

    def add_step(self, parameters: Floats) -> None:
        """Do nothing."""

    def add_epoch(self, parameters: Floats, epoch: int) -> None:
        """Add the parameters if the epoch is averaged."""
        if epoch >= self._first_epoch:
            self.state["sum"] += parameters

    def write(self, out: Floats, epoch: int) -> None:
        """Write the mean of the epochs so far."""
        if epoch >= self._first_epoch:
            mean = self.state["sum"] / (epoch - self._first_epoch + 1)
            np.copyto(out, mean, casting="same_kind")


class ExponentialAverage:
    """The exponential moving average of the weights over the steps: m <- m + (1 - d) (p - m).

    d is the decay, and at most t / (9 + t) after t earlier steps, so that the first weights are
    soon forgotten. TensorFlow's ExponentialMovingAverage has the same rule.
    """

    def __init__(self, size: int, dtype: np.dtype, decay: float) -> None:
        """Begin without weights."""
        self._decay = decay
        self.state: dict[str, Floats] = {"mean": np.zeros(size, dtype), "steps": np.zeros(1)}
        self._work = np.empty(size, dtype)

    def add_step(self, parameters: Floats) -> None:
        """Move the average towards the parameters."""
        steps, mean = float(self.state["steps"][0]), self.state["mean"]
        decay = min(self._decay, steps / (9 + steps))
        np.subtract(parameters, mean, out=self._work)
        np.multiply(self._work, 1 - decay, out=self._work)
        np.add(mean, self._work, out=mean)
        self.state["steps"] += 1

    def add_epoch(self, parameters: Floats, epoch: int) -> None:
        """Do nothing."""

    def write(self, out: Floats, epoch: int) -> None:
        """Write the average."""
        if epoch:
            out[:] = self.state["mean"]


def make_average(settings: TrainingSettings, size: int, dtype: np.dtype) -> WeightAverage | None:
    """Return the average that the settings name, for vectors of `size` values, or None."""
    average = settings.average
    match average.name:
        case "epochs":
            return EpochMean(size, max(settings.epochs - average.epochs + 1, 1))
        case "exponential":
            return ExponentialAverage(size, dtype, average.decay)
    return None
