"""The activations of every layer of a network for some samples."""

import numpy as np

from nncore.arrays import Floats
from nncore.network.network import Network
from nncore.network.products import layer_weights
from nncore.network.propagation import Propagation


def activations(network: Network, inputs: Floats) -> list[Floats]:
    """Return the inputs, the activations of each hidden layer and the logits of the last one.

    Parameters
    ----------
    inputs : (n, inputs) of the network's dtype, n at least 1

    Returns
    -------
    L + 1 arrays, (n, units) each, of the network's dtype: a_0, a_1, …, a_{L-1} and z_L
    """
    shape = len(inputs), network.outputs
    logits, outputs = (np.empty(shape, network.parameters.dtype) for _ in range(2))
    propagation = Propagation(network, layer_weights(network), len(inputs))
    propagation.forward(inputs, logits, outputs)
    return [*propagation.layer_inputs, logits]
