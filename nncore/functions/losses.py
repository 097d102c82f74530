"""Losses: the value for each sample, and its gradient.

Arrays are (rows, outputs): logits z, outputs a = activation(z), targets y. With cross_entropy, the
targets of each row sum to 1. The loss of a batch is the mean over its samples, so that the effect
of a learning rate does not depend on the batch size.
"""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from nncore.arrays import Floats
from nncore.config.architecture import LossName
from nncore.functions.arithmetic import Arithmetic

# Up to this error, in the unit of the targets, Huber's loss is a squared error. It suits targets of
# unit variance.
HUBER_DELTA = 1.0


def cross_entropy(
    logits: Floats,
    outputs: Floats,  # noqa: ARG001
    targets: Floats,
    arithmetic: Arithmetic,
) -> Floats:
    """Return -Σ y log softmax(z) of each row, (rows,), in nats.

    Each row's maximum is subtracted from the logits. The result is finite for all finite logits,
    unlike log(outputs).
    """
    z = logits - np.maximum.reduce(logits, axis=1, keepdims=True)
    powers = np.empty_like(z)
    arithmetic.exp(z, powers)
    log_sum_exp = arithmetic.log(arithmetic.sum_rows(powers))
    np.multiply(targets, z, out=z)
    return log_sum_exp * arithmetic.sum_rows(targets) - arithmetic.sum_rows(z)


def binary_cross_entropy(
    logits: Floats,
    outputs: Floats,  # noqa: ARG001
    targets: Floats,
    arithmetic: Arithmetic,
) -> Floats:
    """Return -Σ (y log a + (1 - y) log(1 - a)) of each row, (rows,), in nats; a = sigmoid(z).

    It is computed from the logits as Σ max(z, 0) - z y + log(1 + exp(-abs(z))), which can't
    overflow.
    """
    powers = -np.abs(logits)
    arithmetic.exp(powers, powers)
    softplus = np.maximum(logits, 0) + arithmetic.log1p(powers)
    return arithmetic.sum_rows(softplus - logits * targets)


def half_squared_error(
    logits: Floats,  # noqa: ARG001
    outputs: Floats,
    targets: Floats,
    arithmetic: Arithmetic,
) -> Floats:
    """Return ½ Σ (a - y)² of each row, (rows,).

    This is the quadratic cost of Nielsen, Neural Networks and Deep Learning (2015), equation 6.
    """
    result: Floats = 0.5 * arithmetic.row_sums_of_squares(outputs - targets)
    return result


def mean_squared_error(
    logits: Floats,  # noqa: ARG001
    outputs: Floats,
    targets: Floats,
    arithmetic: Arithmetic,
) -> Floats:
    """Return the mean over the outputs of (a - y)² of each row, (rows,)."""
    result: Floats = arithmetic.row_sums_of_squares(outputs - targets) / outputs.shape[1]
    return result


def mean_absolute_error(
    logits: Floats,  # noqa: ARG001
    outputs: Floats,
    targets: Floats,
    arithmetic: Arithmetic,
) -> Floats:
    """Return the mean over the outputs of abs(a - y) of each row, (rows,).

    The median of the targets minimises it, as their mean does the squared error.
    """
    result: Floats = arithmetic.sum_rows(np.abs(outputs - targets)) / outputs.shape[1]
    return result


def huber(
    logits: Floats,  # noqa: ARG001
    outputs: Floats,
    targets: Floats,
    arithmetic: Arithmetic,
) -> Floats:
    """Return the mean over the outputs of h(a - y) of each row, (rows,).

    h(r) = r²/2 where abs(r) <= δ, else δ abs(r) - δ²/2, with δ = `HUBER_DELTA`: Huber, Robust
    estimation of a location parameter, Annals of Mathematical Statistics 35 (1964).
    """
    error = np.abs(outputs - targets)
    # c (abs(r) - c/2) with c = min(abs(r), δ)
    clipped = np.minimum(error, error.dtype.type(HUBER_DELTA))
    error -= clipped / 2
    result: Floats = arithmetic.sum_rows(clipped * error) / outputs.shape[1]
    return result


def smooth_labels(targets: Floats, fraction: float) -> None:
    """Spread `fraction` of each row of `targets` evenly over the classes, in place.

    Label smoothing: Szegedy, Vanhoucke, Ioffe, Shlens, Wojna, Rethinking the Inception
    architecture for computer vision (2016), section 7.
    """
    if fraction:
        np.multiply(targets, 1 - fraction, out=targets)
        # A single column is the probability of the second of two classes.
        np.add(targets, fraction / max(targets.shape[1], 2), out=targets)


def difference_backward(
    outputs: Floats, targets: Floats, scale: float, out: Floats, *, factor: float = 1.0
) -> None:
    """Write `scale` · `factor` · (a - y) to `out`.

    Up to `factor`, this is the gradient of the cross-entropies and squared errors, times `scale`.

    Parameters
    ----------
    outputs, targets : (rows, outputs)
    scale : factor on the gradient
    out : (rows, outputs), of the dtype of `outputs`
    factor : constant factor of the loss
    """
    np.subtract(outputs, targets, out=out)
    # A number of the arrays' dtype: NumPy would convert a Python float in each call.
    np.multiply(out, out.dtype.type(scale * factor), out=out)


def mean_squared_error_backward(
    outputs: Floats, targets: Floats, scale: float, out: Floats
) -> None:
    """Write `scale` · 2 (a - y) / K to `out`, for K outputs, as `difference_backward`."""
    difference_backward(outputs, targets, scale, out, factor=2 / outputs.shape[1])


def mean_absolute_error_backward(
    outputs: Floats, targets: Floats, scale: float, out: Floats
) -> None:
    """Write `scale` · sign(a - y) / K to `out`, for K outputs; 0 where a = y."""
    np.subtract(outputs, targets, out=out)
    np.sign(out, out=out)
    np.multiply(out, out.dtype.type(scale / outputs.shape[1]), out=out)


def huber_backward(outputs: Floats, targets: Floats, scale: float, out: Floats) -> None:
    """Write `scale` · (a - y) / K to `out`, with a - y clipped to ±HUBER_DELTA."""
    np.subtract(outputs, targets, out=out)
    np.clip(out, -HUBER_DELTA, HUBER_DELTA, out=out)
    np.multiply(out, out.dtype.type(scale / outputs.shape[1]), out=out)


class Loss(NamedTuple):
    """A loss: its value for each sample, and its gradient.

    Attributes
    ----------
    per_sample : (logits, outputs, targets, arithmetic) -> loss of each row, (rows,)
    backward : (outputs, targets, scale, out); writes `scale` times the gradient to `out`
    fused_with_activation : whether that gradient is dL/dz rather than dL/da
        A cross-entropy and its output activation: the derivative of the activation cancels. Bishop,
        Pattern Recognition and Machine Learning (2006), section 5.2.
    """

    per_sample: Callable[[Floats, Floats, Floats, Arithmetic], Floats]
    backward: Callable[[Floats, Floats, float, Floats], None]
    fused_with_activation: bool


LOSSES: dict[LossName, Loss] = {
    "binary_cross_entropy": Loss(
        binary_cross_entropy, difference_backward, fused_with_activation=True
    ),
    "cross_entropy": Loss(cross_entropy, difference_backward, fused_with_activation=True),
    "half_squared_error": Loss(
        half_squared_error, difference_backward, fused_with_activation=False
    ),
    "huber": Loss(huber, huber_backward, fused_with_activation=False),
    "mean_absolute_error": Loss(
        mean_absolute_error, mean_absolute_error_backward, fused_with_activation=False
    ),
    "mean_squared_error": Loss(
        mean_squared_error, mean_squared_error_backward, fused_with_activation=False
    ),
}
