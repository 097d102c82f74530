"""Activation functions, and their derivatives computed from the output.

Every forward function reads z and writes `out`, another array of the same shape and dtype. Every
backward function turns the gradient with respect to the output a into the gradient with respect
to z, in place, and uses `a` up as scratch, so that a training step allocates nothing.
"""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from nncore.architecture import ActivationName
from nncore.arrays import Floats

# Maas, Hannun, Ng, Rectifier nonlinearities improve neural network acoustic models (2013).
LEAKY_SLOPE = 0.01


def identity(z: Floats, out: Floats) -> None:
    """Write z."""
    np.copyto(out, z)


def identity_backward(a: Floats, grad: Floats) -> None:
    """Leave `grad` as it is: the derivative is 1."""


def sigmoid(z: Floats, out: Floats) -> None:
    """Write 1 / (1 + exp(-z)), by way of tanh, which can't overflow.

    Exact to the dtype's precision around 1, so that values far below it come out as 0.
    """
    # sigmoid(z) = (1 + tanh(z / 2)) / 2
    np.multiply(z, 0.5, out=out)
    np.tanh(out, out=out)
    np.multiply(out, 0.5, out=out)
    np.add(out, 0.5, out=out)


def sigmoid_backward(a: Floats, grad: Floats) -> None:
    """Scale `grad` in place by sigmoid'(z) = a (1 - a)."""
    np.multiply(grad, a, out=grad)
    np.subtract(1, a, out=a)
    np.multiply(grad, a, out=grad)


def tanh(z: Floats, out: Floats) -> None:
    """Write tanh(z)."""
    np.tanh(z, out=out)


def tanh_backward(a: Floats, grad: Floats) -> None:
    """Scale `grad` in place by tanh'(z) = 1 - a²."""
    np.multiply(a, a, out=a)
    np.subtract(1, a, out=a)
    np.multiply(grad, a, out=grad)


def relu(z: Floats, out: Floats) -> None:
    """Write max(z, 0)."""
    np.maximum(z, 0, out=out)


def relu_backward(a: Floats, grad: Floats) -> None:
    """Scale `grad` in place by 1 where z > 0, else by 0; a and z have the same sign there."""
    np.sign(a, out=a)
    np.multiply(grad, a, out=grad)


def leaky_relu(z: Floats, out: Floats) -> None:
    """Write z where z > 0, else `LEAKY_SLOPE` times z."""
    np.multiply(z, LEAKY_SLOPE, out=out)
    np.maximum(z, out, out=out)


def leaky_relu_backward(a: Floats, grad: Floats) -> None:
    """Scale `grad` in place by 1 where z > 0, else by `LEAKY_SLOPE`."""
    np.sign(a, out=a)
    np.maximum(a, LEAKY_SLOPE, out=a)
    np.multiply(grad, a, out=grad)


def softmax(z: Floats, out: Floats) -> None:
    """Write exp(z) / Σ exp(z) of each row of z, (rows, classes).

    Each row's maximum is subtracted first, so that exp can't overflow.
    """
    np.subtract(z, np.maximum.reduce(z, axis=1, keepdims=True), out=out)
    np.exp(out, out=out)
    np.divide(out, np.add.reduce(out, axis=1, keepdims=True), out=out)


def softmax_backward(a: Floats, grad: Floats) -> None:
    """Turn `grad`, (rows, classes), in place into a * (grad - Σ grad a), row by row.

    The product with the Jacobian ∂a_i/∂z_j = a_i (δ_ij - a_j): Bishop, Pattern Recognition and
    Machine Learning (2006), equation 4.106. Cross-entropy does not pass here, see `nncore.losses`.
    """
    np.subtract(grad, np.einsum("ij,ij->i", grad, a)[:, np.newaxis], out=grad)
    np.multiply(grad, a, out=grad)


class Activation(NamedTuple):
    """The two directions of an activation function."""

    forward: Callable[[Floats, Floats], None]
    backward: Callable[[Floats, Floats], None]


ACTIVATIONS: dict[ActivationName, Activation] = {
    "identity": Activation(identity, identity_backward),
    "leaky_relu": Activation(leaky_relu, leaky_relu_backward),
    "relu": Activation(relu, relu_backward),
    "sigmoid": Activation(sigmoid, sigmoid_backward),
    "softmax": Activation(softmax, softmax_backward),
    "tanh": Activation(tanh, tanh_backward),
}
