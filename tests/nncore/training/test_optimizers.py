"""Update rules: first steps worked by hand, known optima, restored state."""

from typing import get_args

import numpy as np
import pytest

from nncore.config.architecture import Architecture
from nncore.config.optimizer import OptimizerName, OptimizerSettings
from nncore.config.training import RegularizationSettings
from nncore.network.network import Network
from nncore.network.regularization import Regularizer
from nncore.training.optimizers import make_optimizer

EVERY_RULE = pytest.mark.parametrize("name", get_args(OptimizerName))


def make(name, size=1, dtype=np.float64, **constants):
    return make_optimizer(OptimizerSettings(name=name, **constants), size, np.dtype(dtype))


def step(optimizer, parameters, gradient, lr):
    """Take a step against `gradient`, multiplied as the rule requires."""
    scaled = np.array(gradient, parameters.dtype) * optimizer.gradient_scale(lr)
    optimizer.step(parameters, scaled.astype(parameters.dtype), lr)


def run(optimizer, parameters, gradients, lr=0.1):
    """Return the parameters after each step."""
    after = []
    for gradient in gradients:
        step(optimizer, parameters, gradient, lr)
        after.append(parameters.copy())
    return after


@pytest.mark.parametrize(
    ("name", "constants", "gradients", "expected"),
    [
        ("sgd", {}, [2, -1, 0], [-0.2, -0.1, -0.1]),
        # The velocity is 0.1, 0.19, 0.271
        ("momentum", {"momentum": 0.9}, [1, 1, 1], [-0.1, -0.29, -0.561]),
        # The velocity is 0.1, 0.19; steps of 0.1 + 0.9 · 0.1 and 0.1 + 0.9 · 0.19
        ("nesterov", {"momentum": 0.9}, [1, 1], [-0.19, -0.461]),
        # The mean square is 0.4 and 0.76; steps of 2/√0.4 = √10 and 2/√0.76 = 2.2941573387
        ("rmsprop", {"decay": 0.9}, [2, 2], [-0.31622776602, -0.54564349989]),
        # epsilon stands outside the root: 3 / (3 + 1)
        ("rmsprop", {"decay": 0.0, "epsilon": 1.0}, [3], [-0.075]),
        # m = 1/2, 7/4; v = 1/4, 39/16; corrected 1, 7/3 and 1, 39/7: steps 1 and (7/3)/√(39/7)
        ("adam", {"beta1": 0.5, "beta2": 0.75}, [1, 3], [-0.1, -0.19885383559]),
        ("adam", {"beta1": 0.0, "beta2": 0.0, "epsilon": 1.0}, [3], [-0.075]),
    ],
)
def test_first_steps_are_those_worked_by_hand(name, constants, gradients, expected):
    """Of one parameter that starts at 0, with a learning rate of 0.1."""
    after = run(make(name, **constants), np.zeros(1), [[g] for g in gradients])
    assert np.concatenate(after) == pytest.approx(expected, rel=1e-7)


def test_adams_first_step_is_the_learning_rate_whatever_the_gradient():
    """Kingma & Ba, section 2.1: the size of a step is bounded by the learning rate, here met."""
    (after,) = run(make("adam", 4), np.zeros(4), [[1e-3, 2, -50, 1e6]], lr=0.01)
    assert after == pytest.approx([-0.01, -0.01, 0.01, -0.01], rel=1e-4)


def test_adam_under_a_constant_gradient_moves_by_the_learning_rate_each_step():
    """Both corrected means are then constant: m/√v = 1."""
    after = run(make("adam"), np.zeros(1), [[5.0]] * 20)
    assert np.concatenate(after) == pytest.approx(-0.1 * np.arange(1, 21), rel=1e-7)


@pytest.mark.parametrize(
    ("settings", "weight"),
    [
        # 1 · (1 - 0.1 · 0.5) - 0.1
        ({"weight_decay": 0.5}, 0.85),
        # The penalty changes the gradient, whose size Adam's first step ignores.
        ({"l2": 0.5}, 0.9),
    ],
)
def test_adamw_decays_weights_apart_from_the_gradient(settings, weight):
    architecture = Architecture(hidden=(), output="identity", loss="half_squared_error")
    network = Network(architecture, inputs=1, outputs=1, dtype=np.float64)
    network.parameters[:] = 1
    gradient = np.array([7.0, 7.0])
    Regularizer(RegularizationSettings(**settings), network).regularize_gradient(gradient, 0.1)
    step(make("adamw", 2), network.parameters, gradient, 0.1)
    assert network.parameters == pytest.approx([weight, 0.9], rel=1e-7)


@EVERY_RULE
def test_rule_finds_the_bottom_of_a_quadratic(name):
    """Of ½ Σ c (p - t)², ten times steeper along one axis, under a rate that falls to 0."""
    steepness, bottom = np.array([1.0, 10.0]), np.array([3.0, -2.0])
    optimizer, p = make(name, 2), np.zeros(2)
    for number in range(2000):
        step(optimizer, p, steepness * (p - bottom), 0.05 * (1 - number / 2000))
    assert p == pytest.approx(bottom, abs=1e-3)


@EVERY_RULE
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_every_parameter_moves_alone(name, dtype):
    """A vector moves exactly as its pieces, cut anywhere, move by themselves."""
    rng = np.random.default_rng(1)
    size, cuts = 1000, [1, 17, 500, 983]
    start = rng.standard_normal(size).astype(dtype)
    gradients = [rng.standard_normal(size).astype(dtype) for _ in range(3)]
    whole = run(make(name, size, dtype), start.copy(), gradients)[-1]
    pieces = [
        run(make(name, len(piece), dtype), piece.copy(), parts)[-1]
        for piece, *parts in zip(
            np.split(start, cuts), *(np.split(g, cuts) for g in gradients), strict=True
        )
    ]
    assert whole.dtype == dtype
    assert whole.tobytes() == np.concatenate(pieces).tobytes()


def test_velocity_keeps_its_length_when_the_learning_rate_changes():
    """Steps of 0.1 · 1, then 0.9 · 0.1 + 0.01 · 1: Sutskever et al. (2013), equation 1."""
    optimizer, p = make("momentum", momentum=0.9), np.zeros(1)
    step(optimizer, p, [1], 0.1)
    step(optimizer, p, [1], 0.01)
    assert p == pytest.approx([-0.2], rel=1e-12)


@EVERY_RULE
def test_writing_to_the_state_restores_the_rule(name):
    rng = np.random.default_rng(1)
    gradients = rng.standard_normal((5, 4))
    p = np.ones(4)
    optimizer = make(name, 4)
    run(optimizer, p, gradients[:3])
    saved, restored = p.copy(), make(name, 4)
    for key, array in restored.state.items():
        array[:] = optimizer.state[key]
    assert (
        run(restored, saved, gradients[3:])[-1].tolist()
        == run(optimizer, p, gradients[3:])[-1].tolist()
    )


@EVERY_RULE
def test_parameters_are_updated_in_place_in_float32(name):
    p = np.zeros(3, np.float32)
    optimizer = make(name, 3, np.float32)
    step(optimizer, p, np.ones(3, np.float32), 0.1)
    assert p.dtype == np.float32
    assert np.all(p < 0)
    vectors = [array for key, array in optimizer.state.items() if key != "powers"]
    assert all(array.dtype == np.float32 for array in vectors)


@EVERY_RULE
def test_zero_gradient_at_the_start_moves_nothing(name):
    (after,) = run(make(name, 2), np.array([1.0, -1.0]), [[0, 0]])
    assert after.tolist() == [1, -1]
