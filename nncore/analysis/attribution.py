"""Attribution: the contribution of each input to each logit."""

import numpy as np

from nncore.analysis.activations import activations
from nncore.arrays import Doubles, Floats
from nncore.functions import plain
from nncore.functions.activations import activation
from nncore.functions.exact import sum_rows
from nncore.network.network import Network


def gradient_times_input(network: Network, sample: Floats) -> Doubles:
    """Return the contribution of each input to each logit: ∂z/∂x · x.

    In a network of ReLU, leaky ReLU or identity units without biases, the contributions to a logit
    add up to it: Shrikumar, Greenside, Shcherbina, Kundaje, Not just a black box (2016), section 2.
    With biases, the biases' contributions are missing from the sum. The gradients are in float64.

    Parameters
    ----------
    sample : (inputs,) floats, as the network takes them

    Returns
    -------
    (outputs, inputs) float64
    """
    inputs = sample[np.newaxis].astype(network.parameters.dtype)
    hidden = activations(network, inputs)[1:-1]
    # Row k: the derivative of logit k with respect to the activations of the layer below.
    gradient = network.weights[-1].T.astype(np.float64)
    below = zip(network.layers[:-1], network.weights[:-1], hidden, strict=True)
    for layer, weight, a in reversed(list(below)):
        rows = np.repeat(a.astype(np.float64), len(gradient), axis=0)
        activation(layer.activation, plain).backward(rows, gradient, np.empty_like(gradient))
        # Exact sums, so that the bits are the same on every processor.
        gradient = np.stack([sum_rows(weight * slopes) for slopes in gradient])
    contributions: Doubles = gradient * inputs[0]
    return contributions
