"""One batch of two images through 4-3-2, with every array of the way there and back."""

from dataclasses import replace

import numpy as np

from nncore.activations import Activation
from nncore.architecture import Architecture
from nncore.arrays import Floats
from nncore.losses import LOSSES
from nncore.network import Network
from nncore.preprocessing import Scaling, one_hot, scale
from nncore.propagation import Propagation

Walk = dict[str, Floats]
# Two images of 2 x 2 pixels, row by row: a stroke down the left, a stroke along the top.
PIXELS = np.array([[255, 51, 204, 0], [153, 255, 0, 51]], np.uint8)
LABELS = np.array([0, 1], np.uint8)
W1 = [[0.5, 0.2, 0.1], [-0.4, 0.6, 0.2], [0.3, -0.5, 0.3], [-0.2, 0.1, 0.4]]
B1 = [0.1, -0.1, 0.0]
W2 = [[0.3, -0.2], [0.4, -0.1], [-0.5, 0.6]]
B2 = [0.0, 0.1]


def small_network(dtype: type[np.floating] = np.float32) -> Network:
    """Return 4-3-2, with weights short enough to reckon with by hand."""
    network = Network(Architecture(hidden=(3,)), inputs=4, outputs=2, dtype=dtype)
    for view, values in zip(network.weights + network.biases, (W1, W2, B1, B2), strict=True):
        view[:] = values
    return network


def small_batch() -> tuple[Floats, Floats]:
    """Return the images, (2, 4), and their targets, (2, 2)."""
    images = np.empty(PIXELS.shape, np.float32)
    scale(PIXELS, Scaling().table(), out=images)
    return images, one_hot(LABELS, 2)


def walk(network: Network, images: Floats, targets: Floats) -> Walk:
    """Return every array of one forward and one backward pass, as it was when it was made."""
    propagation = Propagation(network, len(images))
    # Buffers that are no one else's business but a reader's.
    (hidden,), last = propagation._hidden, propagation._last  # noqa: SLF001
    logits, outputs = np.empty((2, *targets.shape), images.dtype)
    propagation.forward(images, logits, outputs)
    seen = {"a0": images, "y": targets, "z2": logits, "a2": outputs}
    seen |= {"z1": hidden.z.copy(), "a1": hidden.a.copy()}

    def backward(a: Floats, grad: Floats, work: Floats) -> None:
        seen["da1"] = grad.copy()
        hidden.activation.backward(a, grad, work)

    watched = replace(hidden, activation=Activation(hidden.activation.forward, backward))
    propagation._hidden[0] = watched  # noqa: SLF001
    propagation.backward(outputs, targets)
    weights, biases = network.views(propagation.gradient)
    seen |= {"delta2": last.z, "delta1": hidden.z, "mask": hidden.a}
    seen |= {"W1": network.weights[0], "W2": network.weights[1], "dW1": weights[0]}
    seen |= {"b1": network.biases[0], "b2": network.biases[1], "dW2": weights[1]}
    return seen | {"db1": biases[0], "db2": biases[1], "gradient": propagation.gradient}


def losses(network: Network, images: Floats, targets: Floats) -> Floats:
    """Return the loss of each image, (rows,)."""
    logits, outputs = np.empty((2, *targets.shape), network.parameters.dtype)
    Propagation(network, len(images)).forward(images, logits, outputs)
    return LOSSES["cross_entropy"].per_image(logits, outputs, targets)
