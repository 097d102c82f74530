"""Hidden units that hardly learn: those that are dead, and those that are saturated."""

from typing import NamedTuple

import numpy as np

from nncore.arrays import Floats
from nncore.data.dataset import Data
from nncore.diagnosis.layer_signals import layer_signals
from nncore.network.network import Network

# The derivative of a saturated unit is below so much of its largest value, for nearly all samples.
SATURATED_SLOPE = 0.01
SATURATED_SAMPLES = 0.99
CORNERED = {"relu": "dead", "sigmoid": "saturated", "tanh": "saturated"}


class StuckUnits(NamedTuple):
    """The stuck units of a hidden layer.

    Attributes
    ----------
    layer : its number, from 1
    count, total : stuck units, all units
    state : dead: a ReLU that is 0 for every sample; saturated: a sigmoid or tanh near one of its
        bounds
    """

    layer: int
    count: int
    total: int
    state: str

    @property
    def fraction(self) -> float:
        """The part of the units that are stuck."""
        return self.count / self.total


def stuck_units(network: Network, data: Data) -> list[StuckUnits]:
    """Return the stuck units of each hidden layer whose units can be stuck."""
    activations = layer_signals(network, data).activations
    hidden = zip(network.layers[:-1], activations[:-1], strict=True)
    return [
        StuckUnits(
            number, _count_stuck(layer.activation, a), layer.fan_out, CORNERED[layer.activation]
        )
        for number, (layer, a) in enumerate(hidden, start=1)
        if layer.activation in CORNERED
    ]


def worst(units: list[StuckUnits]) -> StuckUnits | None:
    """Return the layer with the largest fraction of stuck units, or None."""
    return max(units, key=lambda layer: layer.fraction, default=None)


def _count_stuck(name: str, a: Floats) -> int:
    if name == "relu":
        return int(np.count_nonzero(~a.any(axis=0)))
    # Of the largest slopes 1/4 and 1.
    slope = 4 * a * (1 - a) if name == "sigmoid" else 1 - a * a
    stuck = np.count_nonzero(slope < SATURATED_SLOPE, axis=0)
    return int(np.count_nonzero(stuck >= SATURATED_SAMPLES * len(a)))
