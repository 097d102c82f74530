"""Every array of a forward and a backward pass of two images through 4-3-2."""

from dataclasses import replace

import numpy as np

from nncore.arrays import Floats
from nncore.config.architecture import Architecture
from nncore.data.labels import one_hot
from nncore.data.preprocessing import Normalization, apply_lookup
from nncore.functions.activations import Activation
from nncore.functions.arithmetic import choose_arithmetic
from nncore.functions.losses import LOSSES
from nncore.network.network import Network
from nncore.network.products import layer_weights
from nncore.network.propagation import Propagation

Walk = dict[str, Floats]
# Two images of 2 x 2 pixels, row by row: a stroke down the left, a stroke along the top.
PIXELS = np.array([[255, 51, 204, 0], [153, 255, 0, 51]], np.uint8)
LABELS = np.array([0, 1], np.uint8)
W1 = [[0.5, 0.2, 0.1], [-0.4, 0.6, 0.2], [0.3, -0.5, 0.3], [-0.2, 0.1, 0.4]]
B1 = [0.1, -0.1, 0.0]
W2 = [[0.3, -0.2], [0.4, -0.1], [-0.5, 0.6]]
B2 = [0.0, 0.1]


def small_network(dtype: type[np.floating] = np.float32) -> Network:
    """Return 4-3-2, with weights short enough for calculations by hand."""
    network = Network(Architecture(hidden=(3,)), inputs=4, outputs=2, dtype=dtype)
    for view, values in zip(network.weights + network.biases, (W1, W2, B1, B2), strict=True):
        view[:] = np.asarray(values)
    return network


def small_batch() -> tuple[Floats, Floats]:
    """Return the images, (2, 4), and their targets, (2, 2)."""
    images = np.empty(PIXELS.shape, np.float32)
    apply_lookup(PIXELS, Normalization().table(), out=images)
    return images, one_hot(LABELS, 2)


def walk(network: Network, images: Floats, targets: Floats) -> Walk:
    """Return every array of one forward and one backward pass, before another one overwrites it."""
    propagation = _propagation(network, len(images))
    # Private buffers, which this page shows to a reader.
    (hidden,), last = propagation._hidden, propagation._last  # noqa: SLF001
    logits, outputs = np.empty((2, *targets.shape), images.dtype)
    propagation.forward(images, logits, outputs)
    arrays = {"a0": images, "y": targets, "z2": logits, "a2": outputs}
    arrays |= {"z1": hidden.z.copy(), "a1": hidden.a.copy()}

    def backward(a: Floats, grad: Floats, work: Floats) -> None:
        arrays["da1"] = grad.copy()
        hidden.activation.backward(a, grad, work)

    recording = replace(hidden, activation=Activation(hidden.activation.forward, backward))
    propagation._hidden[0] = recording  # noqa: SLF001
    propagation.backward(outputs, targets, 1 / len(images))
    propagation.write_gradient(len(images))
    weights, biases = network.views(propagation.gradient)
    arrays |= {"delta2": last.z, "delta1": hidden.z, "mask": hidden.work}
    arrays |= {"W1": network.weights[0], "W2": network.weights[1], "dW1": weights[0]}
    arrays |= {"b1": network.biases[0], "b2": network.biases[1], "dW2": weights[1]}
    return arrays | {"db1": biases[0], "db2": biases[1], "gradient": propagation.gradient}


def losses(network: Network, images: Floats, targets: Floats) -> Floats:
    """Return the loss of each image, (rows,)."""
    logits, outputs = np.empty((2, *targets.shape), network.parameters.dtype)
    _propagation(network, len(images)).forward(images, logits, outputs)
    arithmetic = choose_arithmetic(network.numerics, network.parameters.dtype)
    return LOSSES["cross_entropy"].per_sample(logits, outputs, targets, arithmetic)


def _propagation(network: Network, rows: int) -> Propagation:
    return Propagation(network, layer_weights(network), rows)
