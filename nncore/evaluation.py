"""A network's outputs, loss and accuracy on many images, in memory that does not grow with them."""

from collections.abc import Iterator

import numpy as np

from nncore.arrays import Floats
from nncore.data import Data
from nncore.losses import LOSSES
from nncore.network import Network
from nncore.propagation import Propagation

# A constant, because the bits of a product depend on its shape.
ROWS = 500


def outputs_of(network: Network, images: Floats) -> Floats:
    """Return the outputs, (n, classes), for `images`, (n, inputs) of the network's dtype."""
    outputs = np.empty((len(images), network.outputs), network.parameters.dtype)
    for start, _, part in _forward(network, images):
        outputs[start : start + len(part)] = part
    return outputs


def evaluate(network: Network, data: Data) -> tuple[float, float]:
    """Return the mean loss and the accuracy, in [0, 1], on at least one image."""
    loss, correct = 0.0, 0
    for start, logits, outputs in _forward(network, data.images):
        targets = data.targets[start : start + len(outputs)]
        losses, hits = tally(network, logits, outputs, targets)
        loss += losses
        correct += hits
    return loss / len(data.images), correct / len(data.images)


def tally(network: Network, logits: Floats, outputs: Floats, targets: Floats) -> tuple[float, int]:
    """Return the sum of the losses and the number of hits of some images, (n, classes) each."""
    losses = LOSSES[network.architecture.loss].per_image(logits, outputs, targets)
    return float(losses.sum(dtype=np.float64)), count_correct(outputs, targets)


def count_correct(outputs: Floats, targets: Floats) -> int:
    """Return in how many rows of (n, classes) the largest output is the largest target's."""
    return int(np.count_nonzero(outputs.argmax(axis=1) == targets.argmax(axis=1)))


def _forward(network: Network, images: Floats) -> Iterator[tuple[int, Floats, Floats]]:
    """Yield the start, logits and outputs of each `ROWS` images; the next overwrites the last."""
    images = np.asarray(images)
    shape = (ROWS, network.outputs)
    logits, outputs = (np.empty(shape, network.parameters.dtype) for _ in range(2))
    propagation = Propagation(network, ROWS)
    for start in range(0, len(images), ROWS):
        part = images[start : start + ROWS]
        if len(part) < ROWS:
            propagation = Propagation(network, len(part))
        propagation.forward(part, logits[: len(part)], outputs[: len(part)])
        yield start, logits[: len(part)], outputs[: len(part)]
