"""Losses of a batch: what each image costs, and the gradient of the mean over the batch.

Arrays are (rows, classes): logits z, outputs a = activation(z), targets y, which with cross_entropy
sum to 1 in each row. A loss of the batch is
the mean of its images' losses, so that a learning rate means the same at every batch size.
"""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from nncore.architecture import LossName
from nncore.arrays import Floats


def cross_entropy(logits: Floats, outputs: Floats, targets: Floats) -> Floats:  # noqa: ARG001
    """Return -Σ y log softmax(z) of each row, (rows,), in nats.

    From the logits with each row's maximum subtracted: finite for any finite logits, where
    log(outputs) is not.
    """
    # Of the transpose: NumPy reduces short rows one by one, in three times the time.
    z, y = logits.T.copy(), targets.T.copy()
    z -= z.max(axis=0)
    log_total = np.log(np.exp(z).sum(axis=0))
    result: Floats = log_total * y.sum(axis=0) - (y * z).sum(axis=0)
    return result


def binary_cross_entropy(logits: Floats, outputs: Floats, targets: Floats) -> Floats:  # noqa: ARG001
    """Return -Σ (y log a + (1 - y) log(1 - a)) with a = sigmoid(z) of each row, (rows,), in nats.

    From the logits, as Σ max(z, 0) - z y + log(1 + exp(-|z|)), which can't overflow. Plain log
    rather than log1p: it costs 6e-8 of absolute precision and has the same bits on every
    processor, which NumPy's log1p has not.
    """
    softplus = np.maximum(logits, 0) + np.log(1 + np.exp(-np.abs(logits)))
    result: Floats = (softplus - logits * targets).sum(axis=1)
    return result


def half_squared_error(logits: Floats, outputs: Floats, targets: Floats) -> Floats:  # noqa: ARG001
    """Return ½ Σ (a - y)² of each row, (rows,).

    The quadratic cost of Nielsen, Neural Networks and Deep Learning (2015), equation 6.
    """
    result: Floats = 0.5 * _squares(outputs, targets)
    return result


def mean_squared_error(logits: Floats, outputs: Floats, targets: Floats) -> Floats:  # noqa: ARG001
    """Return the mean over the classes of (a - y)² of each row, (rows,)."""
    result: Floats = _squares(outputs, targets) / outputs.shape[1]
    return result


def _squares(outputs: Floats, targets: Floats) -> Floats:
    """Return Σ (a - y)² of each row, down the columns of the transpose as above."""
    differences = (outputs - targets).T.copy()
    result: Floats = np.square(differences, out=differences).sum(axis=0)
    return result


def smooth(targets: Floats, share: float) -> None:
    """Spread `share` of each row of `targets` evenly over the classes, in place.

    Label smoothing: Szegedy, Vanhoucke, Ioffe, Shlens, Wojna, Rethinking the Inception
    architecture for computer vision (2016), section 7.
    """
    if share:
        np.multiply(targets, 1 - share, out=targets)
        np.add(targets, share / targets.shape[1], out=targets)


class Loss(NamedTuple):
    """A loss, as a value for each image and the gradient of the mean over a batch.

    Attributes
    ----------
    per_image : logits, outputs, targets to the loss of each row
    slope : classes to c, where the gradient is c (a - y) / rows
    at_logits : whether that gradient is with respect to z already, not to a
        For the cross-entropies with their own activation, whose derivative has cancelled: Bishop,
        Pattern Recognition and Machine Learning (2006), section 5.2.
    """

    per_image: Callable[[Floats, Floats, Floats], Floats]
    slope: Callable[[int], float]
    at_logits: bool


LOSSES: dict[LossName, Loss] = {
    "binary_cross_entropy": Loss(binary_cross_entropy, lambda _: 1.0, at_logits=True),
    "cross_entropy": Loss(cross_entropy, lambda _: 1.0, at_logits=True),
    "half_squared_error": Loss(half_squared_error, lambda _: 1.0, at_logits=False),
    "mean_squared_error": Loss(mean_squared_error, lambda classes: 2 / classes, at_logits=False),
}
