"""Activation functions, and their derivatives computed from the output.

Arrays are (rows, units), all float32 or all float64. A forward function reads z and writes a = f(z)
to `out`, another array. A backward function turns `grad` in place from dL/da into dL/dz. `work` is
scratch of the same shape and dtype, so that a step allocates nothing.
"""

from collections.abc import Callable
from functools import partial
from typing import NamedTuple

import numpy as np

from nncore.arrays import Floats
from nncore.config.architecture import ActivationName
from nncore.functions.arithmetic import Arithmetic

# Maas, Hannun, Ng, Rectifier nonlinearities improve neural network acoustic models (2013).
LEAKY_SLOPE = 0.01
# Arrays, because NumPy converts a Python number on each call, which costs as much as an operation
# on a small batch. These values are exact in float32, so float64 loses no precision.
ZERO, ONE = (np.array(value, np.float32) for value in (0, 1))
for _constant in (ZERO, ONE):
    _constant.setflags(write=False)


def identity(z: Floats, out: Floats, work: Floats) -> None:  # noqa: ARG001
    """Write z."""
    np.copyto(out, z)


def identity_backward(a: Floats, grad: Floats, work: Floats) -> None:
    """Leave `grad` as it is: the derivative is 1."""


def sigmoid_backward(a: Floats, grad: Floats, work: Floats) -> None:
    """Scale `grad` in place by sigmoid'(z) = a (1 - a)."""
    np.multiply(grad, a, out=grad)
    np.subtract(ONE, a, out=work)
    np.multiply(grad, work, out=grad)


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


def softmax_backward(a: Floats, grad: Floats, work: Floats, arithmetic: Arithmetic) -> None:
    """Turn `grad`, (rows, classes), in place into a (grad - Σ grad a), row by row.

    This is the product with the Jacobian ∂a_i/∂z_j = a_i (δ_ij - a_j): Bishop, Pattern Recognition
    and Machine Learning (2006), equation 4.106. Cross-entropy does not need it, see
    `nncore.functions.losses`.
    """
    np.multiply(grad, a, out=work)
    total = arithmetic.sum_rows(work).astype(a.dtype)
    np.subtract(grad, total[:, np.newaxis], out=grad)
    np.multiply(grad, a, out=grad)


class Activation(NamedTuple):
    """An activation function: z, out, work; and its derivative: a, grad, work."""

    forward: Callable[[Floats, Floats, Floats], None]
    backward: Callable[[Floats, Floats, Floats], None]


def activation(name: ActivationName, arithmetic: Arithmetic) -> Activation:
    """Return the named activation function, computed in an arithmetic."""
    match name:
        case "identity":
            return Activation(identity, identity_backward)
        case "leaky_relu":
            return Activation(leaky_relu, leaky_relu_backward)
        case "relu":
            return Activation(relu, relu_backward)
        case "sigmoid":
            return Activation(arithmetic.sigmoid, sigmoid_backward)
        case "softmax":
            backward = partial(softmax_backward, arithmetic=arithmetic)
            return Activation(arithmetic.softmax, backward)
        case "tanh":
            return Activation(arithmetic.tanh, tanh_backward)
