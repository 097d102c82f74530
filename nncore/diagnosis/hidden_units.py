"""The check of hidden units that hardly learn: dead and saturated ones."""

from typing import NamedTuple

import numpy as np

from nncore.data.dataset import Data
from nncore.diagnosis.findings import Check, Finding
from nncore.diagnosis.layer_signals import layer_signals
from nncore.diagnosis.stuck_units import StuckUnitCounter
from nncore.network.network import Network

# Fraction of the units of a layer, after a short training.
MAX_STUCK_AFTER_TRIAL = 0.8
UNIT_SAMPLES = 1000


class StuckUnits(NamedTuple):
    """The stuck units of a hidden layer.

    Attributes
    ----------
    layer : its number, from 1
    stuck, total : number of stuck units, and of all units
    state : dead or saturated, see `StuckUnitCounter`
    """

    layer: int
    stuck: int
    total: int
    state: str

    @property
    def fraction(self) -> float:
        """The fraction of the units that are stuck."""
        return self.stuck / self.total

    def __str__(self) -> str:
        are = "unit is" if self.total == 1 else "units are"
        return f"{self.stuck:,} of {self.total:,} {are} {self.state} in hidden layer {self.layer}"


def check_units(network: Network, data: Data, steps: int) -> Finding | Check:
    """Return a finding if most units of a layer are stuck after a training of so many steps."""
    layer = worst_layer(stuck_units(network, data))
    if layer is None:
        return Check("hidden units", "none that could be dead or saturated")
    if layer.fraction <= MAX_STUCK_AFTER_TRIAL:
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
    units = []
    hidden = zip(network.layers[:-1], activations[:-1], strict=True)
    for number, (layer, outputs) in enumerate(hidden, start=1):
        counter = StuckUnitCounter(layer.activation, layer.fan_out)
        if counter.state:
            counter.add(outputs)
            stuck = int(np.count_nonzero(counter.is_stuck()))
            units.append(StuckUnits(number, stuck, layer.fan_out, counter.state))
    return units


def worst_layer(units: list[StuckUnits]) -> StuckUnits | None:
    """Return the layer with the largest fraction of stuck units, or None."""
    return max(units, key=lambda layer: layer.fraction, default=None)
