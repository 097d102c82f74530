"""Activations, and gradients with respect to the weighted sums, layer by layer."""

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from nncore.arrays import Floats
from nncore.data.dataset import Data
from nncore.functions.exact import sum_all
from nncore.network.network import Network
from nncore.network.products import layer_weights
from nncore.network.propagation import Propagation


class LayerSignals(NamedTuple):
    """Activations and deltas of the layers 1…L for a batch of samples.

    Attributes
    ----------
    activations : (rows, fan_out) of each layer
    deltas : dL/dz of the sum of the losses, (rows, fan_out) of each layer
    """

    activations: Sequence[Floats]
    deltas: Sequence[Floats]


def layer_signals(network: Network, data: Data) -> LayerSignals:
    """Propagate samples forward and backward, without dropout, and return every layer's arrays.

    Parameters
    ----------
    data : (rows, inputs) and (rows, outputs), of the network's dtype
    """
    propagation = Propagation(network, layer_weights(network), len(data.inputs))
    logits, outputs = (np.empty_like(data.targets) for _ in range(2))
    propagation.forward(data.inputs[:], logits, outputs)
    propagation.backward(outputs, data.targets, 1.0)
    return LayerSignals([*propagation.activations, outputs], propagation.deltas)


def root_mean_square(values: Floats) -> float:
    """Return the root of the mean square of all values; infinite if one is not finite."""
    largest = float(np.abs(values).max(initial=0))
    if not math.isfinite(largest):
        return math.inf
    if largest == 0:
        return 0.0
    # The largest one is 1, so that no square is too large or too small.
    scaled = values.astype(np.float64) / largest
    return largest * math.sqrt(sum_all(scaled * scaled) / scaled.size)
