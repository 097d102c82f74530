"""Activations, and gradients with respect to the weighted sums, layer by layer."""

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from nncore.arrays import Floats
from nncore.data.dataset import Data
from nncore.functions.activations import activation
from nncore.functions.arithmetic import choose_arithmetic
from nncore.functions.exact import sum_all
from nncore.functions.losses import LOSSES
from nncore.network.network import Network
from nncore.network.products import layer_weights


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
    arithmetic = choose_arithmetic(network.numerics, network.parameters.dtype)
    loss = LOSSES[network.architecture.loss]
    rows, dtype = len(data.inputs), network.parameters.dtype
    functions = [activation(layer.activation, arithmetic) for layer in network.layers]
    activations, products = [data.inputs[:]], []
    for weights, bias, function in zip(
        layer_weights(network), network.biases, functions, strict=True
    ):
        weights.update()
        products.append(weights.products(rows))
        z, a, work = (np.empty((rows, len(bias)), dtype) for _ in range(3))
        products[-1].forward(activations[-1], z)
        np.add(z, bias, out=z)
        function.forward(z, a, work)
        activations.append(a)
    delta = np.empty_like(activations[-1])
    loss.backward(activations[-1], data.targets, 1.0, delta)
    if not loss.fused_with_activation:
        functions[-1].backward(activations[-1], delta, np.empty_like(delta))
    deltas = [delta]
    for index in range(len(products) - 1, 0, -1):
        delta = np.empty_like(activations[index])
        products[index].backward(deltas[0], delta)
        functions[index - 1].backward(activations[index], delta, np.empty_like(delta))
        deltas.insert(0, delta)
    return LayerSignals(activations[1:], deltas)


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
