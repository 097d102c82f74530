"""Every backward pass against directional derivatives, and faults that the check must catch."""

from functools import partial
from itertools import product
from typing import get_args

import numpy as np
import pytest
from gradient_check import OUTPUTS, ROWS, assert_gradient, check, gradient_of, make_problem

from nncore.config.architecture import ActivationName, Architecture, HiddenActivationName
from nncore.config.training import RegularizationSettings
from nncore.functions import plain
from nncore.functions.activations import (
    activation,
    identity_backward,
    leaky_relu_backward,
    relu_backward,
    sigmoid_backward,
)
from nncore.functions.losses import LOSSES, difference_backward
from nncore.network import propagation
from nncore.network.network import Network
from nncore.network.products import layer_weights
from nncore.network.regularization import Regularizer

# They go with any output activation.
OF_OUTPUTS = ("half_squared_error", "huber", "mean_absolute_error", "mean_squared_error")
WEIGHTS = np.array([[0.0], [0.25], [1.0], [1.5], [2.25]])
PAIRINGS = [
    ("softmax", "cross_entropy"),
    ("sigmoid", "binary_cross_entropy"),
    *product(get_args(ActivationName), OF_OUTPUTS),
]
HIDDEN = [
    ((), "relu"),
    *product([(6,), (6, 5, 6)], get_args(HiddenActivationName)),
    ((6, 5, 6), ("relu", "tanh", "leaky_relu")),
]


def architecture(hidden, name, output="softmax", loss="cross_entropy"):
    return Architecture(
        hidden=hidden,
        activation=name,
        output=output,
        loss=loss,
        weight_init="fan_in",
        bias_init="normal",
    )


@pytest.mark.parametrize(("hidden", "name"), HIDDEN)
@pytest.mark.parametrize(("output", "loss"), PAIRINGS)
def test_network_gradient_is_the_derivative_of_its_loss(hidden, name, output, loss):
    """For hard and soft targets, several seeds each."""
    made = architecture(hidden, name, output, loss)
    for seed, soft in product(range(3), (False, True)):
        problem = make_problem(made, seed, soft=soft)
        check(problem, gradient_of(problem))


@pytest.mark.parametrize(("hidden", "name"), HIDDEN)
def test_network_gradient_under_dropout_is_the_derivative_with_the_same_masks(hidden, name):
    problem = make_problem(architecture(hidden, name), seed=1, dropout_seed=5)
    check(problem, gradient_of(problem))


@pytest.mark.parametrize("name", ["relu", "sigmoid", "tanh"])
@pytest.mark.parametrize(("output", "loss"), PAIRINGS)
def test_weighted_gradient_is_the_derivative_of_the_weighted_loss(name, output, loss):
    made = architecture((6, 5, 6), name, output, loss)
    for seed in range(3):
        problem = make_problem(made, seed)._replace(weights=WEIGHTS)
        check(problem, gradient_of(problem))


def test_check_catches_a_gradient_without_the_weights():
    problem = make_problem(architecture((6,), "tanh"), seed=1)
    with pytest.raises(AssertionError):
        check(problem._replace(weights=WEIGHTS), gradient_of(problem))


@pytest.mark.parametrize(("output", "loss"), PAIRINGS)
def test_backward_leaves_the_outputs_and_targets_alone(output, loss):
    """Accuracy and loss are taken of them afterwards."""
    problem = make_problem(architecture((6,), "tanh", output, loss), seed=1)
    made = propagation.Propagation(problem.network, layer_weights(problem.network), ROWS)
    logits, outputs = np.empty((ROWS, OUTPUTS)), np.empty((ROWS, OUTPUTS))
    made.forward(problem.images, logits, outputs)
    before = [array.tolist() for array in (logits, outputs, problem.targets)]
    made.backward(outputs, problem.targets, 1 / ROWS)
    made.write_gradient(ROWS)
    assert [array.tolist() for array in (logits, outputs, problem.targets)] == before


def test_check_catches_a_missing_dropout_mask():
    """The gradient without dropout is refused where there is dropout."""
    problem = make_problem(architecture((6,), "tanh"), seed=1, dropout_seed=5)
    with pytest.raises(AssertionError):
        check(problem, gradient_of(problem._replace(dropout_seed=None)))


def test_check_catches_a_factor_of_2_001_for_2(monkeypatch):
    right = LOSSES["mean_squared_error"]
    wrong = partial(difference_backward, factor=2.001 / OUTPUTS)
    monkeypatch.setitem(LOSSES, "mean_squared_error", right._replace(backward=wrong))
    problem = make_problem(architecture((6,), "tanh", "tanh", "mean_squared_error"), seed=1)
    with pytest.raises(AssertionError):
        check(problem, gradient_of(problem))


@pytest.mark.parametrize("layer", [0, 1, 2, 3])
def test_check_catches_a_missing_bias_gradient(layer):
    problem = make_problem(architecture((6, 5, 6), "sigmoid"), seed=1)
    gradient = gradient_of(problem)
    problem.network.views(gradient)[1][layer][:] = 0
    with pytest.raises(AssertionError):
        check(problem, gradient)


@pytest.mark.parametrize(
    ("name", "backward"),
    [
        ("tanh", sigmoid_backward),
        ("sigmoid", identity_backward),
        ("leaky_relu", relu_backward),
        ("relu", leaky_relu_backward),
    ],
)
@pytest.mark.parametrize("hidden", [(6,), (6, 5, 6)])
def test_check_catches_the_derivative_of_another_activation(name, backward, hidden, monkeypatch):
    wrong = activation(name, plain)._replace(backward=backward)
    planted = {name: wrong}
    monkeypatch.setattr(
        propagation, "activation", lambda each, used: planted.get(each) or activation(each, used)
    )
    problem = make_problem(architecture(hidden, name), seed=1)
    with pytest.raises(AssertionError):
        check(problem, gradient_of(problem))


def test_check_catches_one_entry_wrong_by_one_percent():
    problem = make_problem(architecture((6,), "tanh"), seed=1)
    gradient = gradient_of(problem)
    weight = problem.network.views(gradient)[0][1]
    weight[np.unravel_index(np.abs(weight).argmax(), weight.shape)] *= 1.01
    with pytest.raises(AssertionError):
        check(problem, gradient)


def test_check_catches_the_gradient_of_the_sum_for_that_of_the_mean():
    problem = make_problem(architecture((6,), "tanh"), seed=1)
    with pytest.raises(AssertionError):
        check(problem, gradient_of(problem) * len(problem.images))


@pytest.mark.parametrize("name", get_args(ActivationName))
@pytest.mark.parametrize("seed", range(3))
def test_activation_backward_is_the_derivative_of_its_forward(name, seed):
    rng = np.random.default_rng(seed)
    # Between 0.1 and 2.1 on either side: away from the corner at 0.
    z = rng.choice([-1.0, 1.0], (4, 3)) * (0.1 + 2 * rng.random((4, 3)))
    upstream = rng.standard_normal((4, 3))
    pair = activation(name, plain)

    def weighted(z):
        a = np.empty_like(z)
        pair.forward(z, a, np.empty_like(z))
        return float((a * upstream).sum())

    a, gradient = np.empty_like(z), upstream.copy()
    pair.forward(z, a, np.empty_like(z))
    pair.backward(a, gradient, np.empty_like(a))
    assert_gradient(weighted, z, gradient)


@pytest.mark.parametrize(
    ("output", "loss"), PAIRINGS[:2] + [("identity", name) for name in OF_OUTPUTS]
)
@pytest.mark.parametrize("seed", range(3))
def test_loss_gradient_is_the_derivative_of_the_mean_over_the_batch(output, loss, seed):
    """At the logits for the cross-entropies, at the outputs for the others."""
    rng = np.random.default_rng(seed)
    z, targets = 3 * rng.standard_normal((4, 3)), rng.dirichlet(np.ones(3), 4)

    def mean_loss(z):
        a = np.empty_like(z)
        activation(output, plain).forward(z, a, np.empty_like(z))
        return float(LOSSES[loss].per_sample(z, a, targets, plain).mean())

    outputs = np.empty_like(z)
    activation(output, plain).forward(z, outputs, np.empty_like(z))
    gradient = np.empty_like(z)
    LOSSES[loss].backward(outputs, targets, 1 / len(z), gradient)
    assert_gradient(mean_loss, z, gradient)


@pytest.mark.parametrize(("l1", "l2"), [(0.3, 0.0), (0.0, 0.7), (0.3, 0.7)])
def test_what_before_step_adds_is_the_derivative_of_the_penalty_on_the_weights(l1, l2):
    """The penalty being l1 times the sum of |w| plus half l2 times that of w squared."""
    network = Network(architecture((6,), "tanh"), inputs=4, outputs=3, dtype=np.float64)
    network.initialize(np.random.default_rng(1))
    gradient = np.zeros_like(network.parameters)
    Regularizer(RegularizationSettings(l1=l1, l2=l2), network).regularize_gradient(gradient, lr=0.1)

    def penalty(parameters):
        weights = np.concatenate([w.ravel() for w in network.views(parameters)[0]])
        return l1 * np.linalg.norm(weights, 1) + l2 / 2 * np.linalg.norm(weights, 2) ** 2

    assert_gradient(penalty, network.parameters, gradient)
