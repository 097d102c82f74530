"""Activation functions, and their derivatives computed from the output.

Arrays are (rows, units), of one dtype. A forward function reads z and writes a = f(z) to `out`,
another array. A backward function turns `grad` in place from dL/da into dL/dz. `work` is scratch of
the same shape and dtype, so that a step allocates nothing. `work` may be `out` in a forward call
and `a` in a backward call, except with softmax.
"""

from collections.abc import Callable
from functools import cache
from typing import NamedTuple

import numpy as np

from nncore.arrays import Floats
from nncore.config.architecture import ActivationName

# Maas, Hannun, Ng, Rectifier nonlinearities improve neural network acoustic models (2013).
LEAKY_SLOPE = 0.01
# Above this input the sigmoid is 1 to the last bit; exp would overflow in float32 at 89.
SIGMOID_MAX_INPUT = 80
# Arrays, because NumPy converts a Python number on each call, which costs as much as an operation
# on a small batch. These values are exact in float32, so float64 loses no precision.
ZERO, ONE, MAX_INPUT = (np.array(value, np.float32) for value in (0, 1, SIGMOID_MAX_INPUT))
for _constant in (ZERO, ONE, MAX_INPUT):
    _constant.setflags(write=False)
# Up to this number of classes, a product with a matrix of ones is faster than NumPy's row sums.
MAX_CLASSES_FOR_MATMUL_SUM = 40


def identity(z: Floats, out: Floats, work: Floats) -> None:  # noqa: ARG001
    """Write z."""
    np.copyto(out, z)


def identity_backward(a: Floats, grad: Floats, work: Floats) -> None:
    """Leave `grad` as it is: the derivative is 1."""


def sigmoid(z: Floats, out: Floats, work: Floats) -> None:
    """Write 1 / (1 + exp(-z)), as e / (1 + e) with e = exp(z).

    Far below 0 this form keeps the dtype's relative precision. (1 + tanh(z / 2)) / 2 is exactly 0
    there, and with a squared error the unit's gradient would stay 0.
    """
    np.minimum(z, MAX_INPUT, out=out)
    np.exp(out, out=out)
    np.add(out, ONE, out=work)
    np.divide(out, work, out=out)


def sigmoid_backward(a: Floats, grad: Floats, work: Floats) -> None:
    """Scale `grad` in place by sigmoid'(z) = a (1 - a)."""
    np.multiply(grad, a, out=grad)
    np.subtract(ONE, a, out=work)
    np.multiply(grad, work, out=grad)


def tanh(z: Floats, out: Floats, work: Floats) -> None:  # noqa: ARG001
    """Write tanh(z)."""
    np.tanh(z, out=out)


def tanh_backward(a: Floats, grad: Floats, work: Floats) -> None:
    """Scale `grad` in place by tanh'(z) = 1 - a²."""
    np.multiply(a, a, out=work)
    np.subtract(ONE, work, out=work)
    np.multiply(grad, work, out=grad)


def relu(z: Floats, out: Floats, work: Floats) -> None:  # noqa: ARG001
    """Write max(z, 0)."""
    np.maximum(z, ZERO, out=out)


def relu_backward(a: Floats, grad: Floats, work: Floats) -> None:
    """Scale `grad` in place by 1 where z > 0, else by 0; a > 0 where z > 0."""
    # Not np.sign in place: its branches mispredict, which takes 14 times as long at 128 x 800.
    np.greater(a, ZERO, out=work, casting="unsafe")
    np.multiply(grad, work, out=grad)


def leaky_relu(z: Floats, out: Floats, work: Floats) -> None:  # noqa: ARG001
    """Write z where z > 0, else `LEAKY_SLOPE` times z."""
    np.multiply(z, LEAKY_SLOPE, out=out)
    np.maximum(z, out, out=out)


def leaky_relu_backward(a: Floats, grad: Floats, work: Floats) -> None:
    """Scale `grad` in place by 1 where z > 0, else by `LEAKY_SLOPE`."""
    np.greater(a, ZERO, out=work, casting="unsafe")
    np.maximum(work, LEAKY_SLOPE, out=work)
    np.multiply(grad, work, out=grad)


def softmax(z: Floats, out: Floats, work: Floats) -> None:
    """Write exp(z) / Σ exp(z) for each row of z, (rows, classes).

    Each row's maximum is subtracted first, so that exp can't overflow.
    """
    row_max = work[:, :1]
    np.maximum.reduce(z, axis=1, keepdims=True, out=row_max)
    np.subtract(z, row_max, out=out)
    np.exp(out, out=out)
    _sum_rows(out, work)
    np.divide(out, work, out=out)


def softmax_backward(a: Floats, grad: Floats, work: Floats) -> None:
    """Turn `grad`, (rows, classes), in place into a grad - a Σ grad a, row by row.

    This is the product with the Jacobian ∂a_i/∂z_j = a_i (δ_ij - a_j): Bishop, Pattern Recognition
    and Machine Learning (2006), equation 4.106. Cross-entropy does not need it, see
    `nncore.functions.losses`.
    """
    np.multiply(grad, a, out=grad)
    _sum_rows(grad, work)
    np.multiply(work, a, out=work)
    np.subtract(grad, work, out=grad)


def _sum_rows(values: Floats, out: Floats) -> None:
    """Write the sum of each row of `values` to every column of that row in `out`."""
    classes = values.shape[1]
    if classes <= MAX_CLASSES_FOR_MATMUL_SUM:
        values.dot(_ones(classes, values.dtype), out=out)
    else:
        # Through (rows, 1): NumPy copies a whole array to copy between columns of one array.
        np.copyto(out, np.add.reduce(values, axis=1, keepdims=True))


@cache
def _ones(classes: int, dtype: np.dtype) -> Floats:
    ones = np.ones((classes, classes), dtype)
    # All callers share this array.
    ones.setflags(write=False)
    return ones


class Activation(NamedTuple):
    """An activation function: z, out, work; and its derivative: a, grad, work."""

    forward: Callable[[Floats, Floats, Floats], None]
    backward: Callable[[Floats, Floats, Floats], None]


ACTIVATIONS: dict[ActivationName, Activation] = {
    "identity": Activation(identity, identity_backward),
    "leaky_relu": Activation(leaky_relu, leaky_relu_backward),
    "relu": Activation(relu, relu_backward),
    "sigmoid": Activation(sigmoid, sigmoid_backward),
    "softmax": Activation(softmax, softmax_backward),
    "tanh": Activation(tanh, tanh_backward),
}
