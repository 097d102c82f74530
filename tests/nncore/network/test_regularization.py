"""Penalties, decay, clipping and bounds at values worked by hand."""

import numpy as np
import pytest
from arithmetics import ARITHMETICS

from nncore.config.architecture import Architecture
from nncore.config.training import RegularizationSettings
from nncore.functions import exact, plain
from nncore.network.network import Network
from nncore.network.regularization import Regularizer, clip_by_global_norm, project_max_norm

PRECISION = {np.float32: 1e-7, np.float64: 1e-12}


def make_network(weight, bias, dtype=np.float64):
    weight = np.array(weight, dtype)
    architecture = Architecture(hidden=(), output="identity", loss="half_squared_error")
    network = Network(architecture, inputs=len(weight), outputs=weight.shape[1], dtype=dtype)
    network.weights[0][:] = weight
    network.biases[0][:] = bias
    return network


def regularize_gradient(network, gradient, lr=0.1, scale=1.0, **settings):
    gradient = np.array(gradient, network.parameters.dtype)
    Regularizer(RegularizationSettings(**settings), network).regularize_gradient(
        gradient, lr, scale
    )
    return gradient


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        ({}, [1, 1, 1, 1]),
        # Plus l2 times 2, -4 and 0
        ({"l2": 0.5}, [2, -1, 1, 1]),
        # Plus l1 times the signs
        ({"l1": 0.25}, [1.25, 0.75, 1, 1]),
        ({"l1": 0.25, "l2": 0.5}, [2.25, -1.25, 1, 1]),
        # From a norm of 2 to one of 1
        ({"clip_norm": 1.0}, [0.5, 0.5, 0.5, 0.5]),
        # The penalty comes after clipping.
        ({"clip_norm": 1.0, "l2": 0.5}, [1.5, -1.5, 0.5, 0.5]),
        ({"clip_norm": 2.5}, [1, 1, 1, 1]),
        ({"weight_decay": 0.5}, [1, 1, 1, 1]),
    ],
)
def test_a_gradient_before_a_step_has_penalties_and_is_clipped(settings, expected):
    """Of weights 2, -4 and 0 and a bias of 8, whose gradient is 1 each."""
    network = make_network([[2], [-4], [0]], [8])
    assert regularize_gradient(network, [1, 1, 1, 1], **settings) == pytest.approx(
        expected, rel=1e-12
    )
    network = make_network([[2], [-4], [0]], [8])
    tenth = regularize_gradient(network, [0.1, 0.1, 0.1, 0.1], scale=0.1, **settings)
    assert tenth == pytest.approx(np.array(expected) / 10, rel=1e-12), "of a scaled gradient"


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        # 1 - 0.1 · 0.5 = 0.95
        ({"weight_decay": 0.5}, [1.9, -3.8, 0, 8]),
        ({"l1": 1.0, "l2": 1.0, "clip_norm": 1.0, "max_norm": 1.0}, [2, -4, 0, 8]),
    ],
)
def test_only_decay_moves_the_weights_before_a_step_and_never_the_bias(settings, expected):
    network = make_network([[2], [-4], [0]], [8])
    regularize_gradient(network, [1, 1, 1, 1], lr=0.1, **settings)
    assert network.parameters == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize(
    ("gradient", "limit", "clipped"),
    [
        ([3, 4], 1, [0.6, 0.8]),
        ([3, 4], 5, [3, 4]),
        ([3, 4], 6, [3, 4]),
        ([0, 0], 1, [0, 0]),
    ],
)
@ARITHMETICS
def test_clip_shortens_to_the_limit_and_keeps_the_direction(
    gradient, limit, clipped, dtype, arithmetic
):
    vector = np.array(gradient, dtype)
    clip_by_global_norm(vector, limit, arithmetic)
    assert vector == pytest.approx(clipped, rel=PRECISION[dtype])


@pytest.mark.parametrize("arithmetic", [exact, plain])
def test_clip_keeps_the_direction_of_a_gradient_whose_square_overflows_float32(arithmetic):
    """Finite, 3e20 and 4e20, but with a sum of squares beyond 3.4e38."""
    vector = np.array([3e20, 4e20], np.float32)
    clip_by_global_norm(vector, 1.0, arithmetic)
    assert vector == pytest.approx([0.6, 0.8], rel=1e-6)


@ARITHMETICS
def test_bound_shortens_only_the_columns_that_are_too_long(dtype, arithmetic):
    """Columns of norm 5, 1 and 0, bounded by 2.5."""
    weight = np.array([[3.0, 0.6, 0.0], [4.0, 0.8, 0.0]], dtype)
    project_max_norm(weight, 2.5, arithmetic)
    expected = np.array([[1.5, 0.6, 0], [2, 0.8, 0]])
    assert weight == pytest.approx(expected, rel=PRECISION[dtype])


def test_max_norm_bounds_every_layer_after_a_step_and_no_bias():
    network = Network(Architecture(hidden=(5, 6)), inputs=7, outputs=3)
    network.parameters[:] = 1
    Regularizer(RegularizationSettings(max_norm=0.5), network).constrain_weights()
    # Equal entries under a norm of 1/2 are 1 / (2 √fan_in).
    for weight, entry in zip(network.weights, (7, 5, 6), strict=True):
        assert weight == pytest.approx(np.full(weight.shape, 0.5 / entry**0.5), rel=1e-6)
    assert np.all(network.parameters[network.weight_count :] == 1)


def test_without_max_norm_nothing_happens_after_a_step():
    network = make_network([[30], [40]], [8])
    Regularizer(RegularizationSettings(), network).constrain_weights()
    assert network.parameters.tolist() == [30, 40, 8]


def test_float32_stays_float32():
    network = make_network([[2], [-4]], [8], np.float32)
    settings = {"l1": 0.1, "l2": 0.1, "weight_decay": 0.1, "clip_norm": 1.0}
    gradient = regularize_gradient(network, [1, 1, 1], **settings)
    assert (gradient.dtype, network.parameters.dtype) == (np.float32, np.float32)
