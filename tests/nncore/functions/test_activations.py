"""Activation functions at values worked by hand."""

import math
from typing import get_args

import numpy as np
import pytest
from arithmetics import ARITHMETICS

from nncore.config.architecture import ActivationName
from nncore.functions import exact, plain
from nncore.functions.activations import activation
from nncore.functions.plain import MAX_CLASSES_FOR_MATMUL_SUM

LN2, LN3, LN5 = np.log([2.0, 3.0, 5.0])
EACH = pytest.mark.parametrize("name", get_args(ActivationName))


def forward(name, z, dtype=np.float64, arithmetic=plain):
    z = np.asarray([z], dtype)
    a = np.full_like(z, np.nan)
    activation(name, arithmetic).forward(z, a, np.empty_like(z))
    return a[0]


def backward(name, a, grad):
    """Return what `grad` becomes; but for softmax, the same where `a` serves as scratch."""
    a, grad = np.asarray([a], np.float64), np.asarray([grad], np.float64)
    shared = grad.copy()
    activation(name, plain).backward(a, grad, np.full_like(a, np.nan))
    if name != "softmax":
        activation(name, plain).backward(a, shared, a)
        assert shared.tolist() == grad.tolist()
    return grad[0]


@pytest.mark.parametrize(
    ("name", "z", "a"),
    [
        ("identity", [-2, 0, 3], [-2, 0, 3]),
        # 1 / (1 + 1/3) = 3/4, and the mirror image below 0
        ("sigmoid", [0, LN3, -LN3], [0.5, 0.75, 0.25]),
        # (2 - 1/2) / (2 + 1/2) = 3/5 and (3 - 1/3) / (3 + 1/3) = 4/5
        ("tanh", [0, LN2, -LN3], [0, 0.6, -0.8]),
        ("relu", [-2, 0, 3], [0, 0, 3]),
        ("leaky_relu", [-2, 0, 3], [-0.02, 0, 3]),
        # 1, 2 and 5 of 8
        ("softmax", [0, LN2, LN5], [0.125, 0.25, 0.625]),
        ("softmax", [7, 7 + LN2, 7 + LN5], [0.125, 0.25, 0.625]),
    ],
)
@ARITHMETICS
def test_forward_gives_the_known_value(name, z, a, dtype, arithmetic):
    result = forward(name, z, dtype, arithmetic)
    assert result == pytest.approx(a, rel=5 * float(np.finfo(dtype).eps), abs=0)


@pytest.mark.parametrize(
    ("name", "a", "slope"),
    [
        ("identity", [-2, 3], [1, 1]),
        # 3/4 · 1/4
        ("sigmoid", [0.5, 0.75], [0.25, 0.1875]),
        # 1 - 9/25
        ("tanh", [0, 0.6], [1, 0.64]),
        ("relu", [0, 3], [0, 1]),
        ("leaky_relu", [-0.02, 3], [0.01, 1]),
    ],
)
def test_backward_multiplies_by_the_slope(name, a, slope):
    assert backward(name, a, [1, 1]) == pytest.approx(slope)
    assert backward(name, a, [-4, -4]) == pytest.approx(-4 * np.array(slope))


def test_softmax_backward_is_the_product_with_the_jacobian():
    """At (1/4, 3/4) the Jacobian is 3/16 times (1, -1; -1, 1)."""
    assert backward("softmax", [0.25, 0.75], [1, 0]) == pytest.approx([0.1875, -0.1875])
    assert backward("softmax", [0.25, 0.75], [2, 4]) == pytest.approx([-0.375, 0.375])


@pytest.mark.parametrize(
    "classes", [2, MAX_CLASSES_FOR_MATMUL_SUM, MAX_CLASSES_FOR_MATMUL_SUM + 1, 256]
)
@ARITHMETICS
def test_softmax_of_many_classes_has_rows_of_sum_1_and_a_derivative_of_sum_0(
    classes, dtype, arithmetic
):
    """The sum of a row does not depend on its logits, so that its derivative is 0."""
    rng = np.random.default_rng(1)
    z, grad = rng.standard_normal((2, 5, classes)).astype(dtype)
    a, work = np.empty_like(z), np.full_like(z, np.nan)
    softmax = activation("softmax", arithmetic)
    softmax.forward(z, a, work)
    assert a.sum(axis=1) == pytest.approx(np.ones(5), rel=1e-6)
    assert a.argmax(axis=1).tolist() == z.argmax(axis=1).tolist()
    softmax.backward(a, grad, work)
    assert grad.sum(axis=1) == pytest.approx(np.zeros(5), abs=1e-6)


@pytest.mark.parametrize("arithmetic", [exact, plain])
def test_softmax_treats_each_row_alone(arithmetic):
    z = np.array([[0.0, LN3], [LN3, 0.0]])
    a = np.empty_like(z)
    activation("softmax", arithmetic).forward(z, a, np.empty_like(z))
    assert a == pytest.approx(np.array([[0.25, 0.75], [0.75, 0.25]]))


@pytest.mark.parametrize("name", ["relu", "leaky_relu"])
def test_rectifiers_take_the_lower_slope_at_zero(name):
    assert backward(name, [0.0], [1.0]) == pytest.approx({"relu": [0], "leaky_relu": [0.01]}[name])


@ARITHMETICS
def test_sigmoid_keeps_its_relative_precision_far_below_zero(dtype, arithmetic):
    """1 / (1 + 1e8), 1 / (1 + 1e30): with a slope of 0 a unit would never learn again."""
    z = [-8 * math.log(10), -30 * math.log(10)]
    a = forward("sigmoid", z, dtype, arithmetic)
    assert a == pytest.approx([1 / (1 + 1e8), 1e-30], rel=100 * float(np.finfo(dtype).eps), abs=0)
    assert (backward("sigmoid", a, [1, 1]) > 0).all()


@pytest.mark.parametrize(
    ("name", "a"),
    [
        ("sigmoid", [0, 1, 0.5]),
        ("tanh", [-1, 1, 0]),
        ("softmax", [0, 1, 0]),
    ],
)
@ARITHMETICS
def test_bounded_activations_reach_their_bounds_without_overflow(name, a, dtype, arithmetic):
    assert forward(name, [-1e4, 1e4, 0], dtype, arithmetic).tolist() == a


@ARITHMETICS
def test_softmax_of_the_most_different_logits_is_exact(dtype, arithmetic):
    largest = np.finfo(dtype).max / 4
    assert forward("softmax", [largest, -largest], dtype, arithmetic).tolist() == [1, 0]


@EACH
@pytest.mark.parametrize("arithmetic", [exact, plain])
def test_float32_stays_float32(name, arithmetic):
    z = np.linspace(-3, 3, 12, dtype=np.float32).reshape(4, 3)
    a = np.empty_like(z)
    grad = np.ones_like(z)
    pair = activation(name, arithmetic)
    pair.forward(z, a, np.empty_like(z))
    double = np.empty((4, 3))
    activation(name, plain).forward(z.astype(np.float64), double, np.empty((4, 3)))
    assert a == pytest.approx(double, rel=1e-6, abs=1e-7)
    pair.backward(a, grad, np.empty_like(a))
    assert (a.dtype, grad.dtype) == (np.float32, np.float32)


@EACH
@pytest.mark.parametrize("arithmetic", [exact, plain])
def test_forward_leaves_its_input_alone(name, arithmetic):
    z = np.array([[-1.0, 0.0, 2.0]])
    activation(name, arithmetic).forward(z, np.empty_like(z), np.empty_like(z))
    assert z.tolist() == [[-1, 0, 2]]
