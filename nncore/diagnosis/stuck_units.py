"""Stuck units: dead or saturated ones, whose weights hardly change."""

import numpy as np
from numpy.typing import NDArray

from nncore.arrays import Floats

# A sigmoid or tanh is saturated this close to a bound, as a fraction of its range: there its slope
# is below 1 % of the largest one.
BOUND_FRACTION = 0.0025
SATURATED_FRACTION = 0.99
BOUNDS = {"sigmoid": (0.0, 1.0), "tanh": (-1.0, 1.0)}
STUCK_STATES = {"relu": "dead", "sigmoid": "saturated", "tanh": "saturated"}


class StuckUnitCounter:
    """Finds the stuck units of a hidden layer from its outputs, block by block.

    A ReLU is dead if it is 0 for every sample. A sigmoid or tanh is saturated if it lies within
    `BOUND_FRACTION` of a bound for at least `SATURATED_FRACTION` of the samples. Glorot & Bengio,
    Understanding the difficulty of training deep feedforward neural networks (2010), section 3.

    Attributes
    ----------
    state : dead or saturated; None if the units of this activation can't be stuck
    samples : number of samples so far; before the first one, no unit is stuck
    """

    def __init__(self, activation: str, units: int) -> None:
        self.state = STUCK_STATES.get(activation)
        self._bounds = BOUNDS.get(activation)
        self.samples = 0
        self._is_active = np.zeros(units, bool)
        self._saturations = np.zeros(units, np.int64)

    def add(self, outputs: Floats) -> None:
        """Count a block of outputs, (rows, units)."""
        self.samples += len(outputs)
        if self._bounds:
            low, high = self._bounds
            margin = BOUND_FRACTION * (high - low)
            near = (outputs < low + margin) | (outputs > high - margin)
            self._saturations += np.count_nonzero(near, axis=0)
        elif self.state:
            self._is_active |= outputs.any(axis=0)

    def is_stuck(self) -> NDArray[np.bool_]:
        """Return for each unit whether it is stuck in the samples so far, (units,)."""
        if self._bounds and self.samples:
            return self._saturations >= SATURATED_FRACTION * self.samples
        if self.state == "dead" and self.samples:
            return ~self._is_active
        return np.zeros(len(self._is_active), bool)
