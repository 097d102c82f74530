"""Hidden units that hardly learn: those that are dead, and those that are saturated."""

from typing import NamedTuple

import numpy as np

from nncore.arrays import Floats
from nncore.data.dataset import Data
from nncore.diagnosis.findings import Check, Finding
from nncore.diagnosis.layer_signals import layer_signals
from nncore.network.network import Network

# The derivative of a saturated unit is below so much of its largest value, for nearly all samples.
SATURATED_SLOPE = 0.01
SATURATED_SAMPLES = 0.99
# Of the units of a layer, after a short training.
MAX_STUCK = 0.8
UNIT_SAMPLES = 1000
STUCK_STATES = {"relu": "dead", "sigmoid": "saturated", "tanh": "saturated"}


class StuckUnits(NamedTuple):
    """The stuck units of a hidden layer.

    Attributes
    ----------
    layer : its number, from 1
    stuck, total : stuck units, all units
    state : dead: a ReLU that is 0 for every sample; saturated: a sigmoid or tanh near one of its
        bounds
    """

    layer: int
    stuck: int
    total: int
    state: str

    @property
    def fraction(self) -> float:
        """The part of the units that are stuck."""
        return self.stuck / self.total

    def __str__(self) -> str:
        are = "unit is" if self.total == 1 else "units are"
        return f"{self.stuck:,} of {self.total:,} {are} {self.state} in hidden layer {self.layer}"


def check_units(network: Network, data: Data, steps: int) -> Finding | Check:
    """Return a finding if most units of a layer are stuck after a training of so many steps."""
    layer = worst(stuck_units(network, data))
    if layer is None:
        return Check("hidden units", "none that could be dead or saturated")
    if layer.fraction <= MAX_STUCK:
        seen = str(layer) if layer.stuck else f"none is {layer.state}"
        return Check("hidden units", f"{seen} after {steps:,} steps")
    activation = "leaky_relu" if layer.state == "dead" else "relu"
    return Finding(
        "hidden units",
        f"{layer} for every sample after {steps:,} steps",
        "these units don't learn any more",
        f"lower `lr`, or set `activation` to {activation}",
    )


def stuck_units(network: Network, data: Data) -> list[StuckUnits]:
    """Return the stuck units of each hidden layer whose units can be stuck."""
    activations = layer_signals(network, data).activations
    hidden = zip(network.layers[:-1], activations[:-1], strict=True)
    return [
        StuckUnits(
            number, _count_stuck(layer.activation, a), layer.fan_out, STUCK_STATES[layer.activation]
        )
        for number, (layer, a) in enumerate(hidden, start=1)
        if layer.activation in STUCK_STATES
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
