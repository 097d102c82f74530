"""A network's outputs, loss and accuracy on many images, in memory that does not grow with them."""

import math
from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from nncore.arrays import Floats
from nncore.data import Data, Images
from nncore.losses import LOSSES
from nncore.network import Network
from nncore.propagation import Propagation
from nncore.team import Team, own

# A constant, because the bits of a product depend on its shape.
ROWS = 500


def outputs_of(network: Network, images: Images) -> Floats:
    """Return the outputs, (n, classes), for `images`, (n, inputs) of the network's dtype."""
    outputs = np.empty((len(images), network.outputs), network.parameters.dtype)
    for start, _, part in _forward(network, images, 0, len(images)):
        outputs[start : start + len(part)] = part
    return outputs


def evaluate(network: Network, data: Data, team: Team | None = None) -> tuple[float, float]:
    """Return the mean loss and the accuracy, in [0, 1], on at least one image.

    The ranks of a team share the images out.
    """
    sums = np.zeros((math.ceil(len(data.images) / ROWS), 2))
    parts = own(team, len(sums))
    mine = parts.start * ROWS, min(parts.stop * ROWS, len(data.images))
    for start, logits, outputs in _forward(network, data.images, *mine):
        part = tally(network, logits, outputs, data.targets[start : start + len(outputs)])
        sums[start // ROWS] = part
    if team:
        team.sum([sums], out=sums)
    loss, correct = 0.0, 0.0
    for losses, hits in sums.tolist():
        loss += losses
        correct += hits
    return loss / len(data.images), correct / len(data.images)


def tally(
    network: Network,
    logits: Floats,
    outputs: Floats,
    targets: Floats,
    *,
    team: Team | None = None,
    mine: Sequence[slice] = (),
) -> tuple[float, int]:
    """Return the sum of the losses and the number of hits of some images, (n, classes) each.

    In a team a rank has only its own rows of them, which are `mine`.
    """
    per_image = LOSSES[network.architecture.loss].per_image
    if team is None:
        losses = per_image(logits, outputs, targets)
        return float(losses.sum(dtype=np.float64)), count_correct(outputs, targets)
    both = np.zeros((2, len(outputs)), outputs.dtype)
    losses, hits = both
    for rows in mine:
        losses[rows] = per_image(logits[rows], outputs[rows], targets[rows])
        hits[rows] = _hits(outputs[rows], targets[rows])
    team.sum([both], out=both)
    return float(losses.sum(dtype=np.float64)), int(np.count_nonzero(hits))


def count_correct(outputs: Floats, targets: Floats) -> int:
    """Return in how many rows of (n, classes) the largest output is the largest target's."""
    return int(np.count_nonzero(_hits(outputs, targets)))


def _hits(outputs: Floats, targets: Floats) -> NDArray[np.bool_]:
    hits: NDArray[np.bool_] = outputs.argmax(axis=1) == targets.argmax(axis=1)
    return hits


def _forward(
    network: Network, images: Images, first: int, last: int
) -> Iterator[tuple[int, Floats, Floats]]:
    """Yield the start, logits and outputs of each `ROWS` images from `first` to `last`.

    The next overwrites the last.
    """
    shape = (ROWS, network.outputs)
    logits, outputs = (np.empty(shape, network.parameters.dtype) for _ in range(2))
    propagation = Propagation(network, ROWS)
    for start in range(first, last, ROWS):
        part = np.asarray(images[start : min(start + ROWS, last)])
        if len(part) < ROWS:
            propagation = Propagation(network, len(part))
        propagation.forward(part, logits[: len(part)], outputs[: len(part)])
        yield start, logits[: len(part)], outputs[: len(part)]
