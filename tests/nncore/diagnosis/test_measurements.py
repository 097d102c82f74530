"""Single measurements against numbers worked out independently."""

import math

import numpy as np
import pytest

from nncore.config.architecture import Architecture
from nncore.config.training import TrainingSettings
from nncore.data.dataset import Data
from nncore.diagnosis.chance import chance_loss, initial_loss
from nncore.diagnosis.findings import params_names, plain_names
from nncore.diagnosis.gradient_check import check_gradients
from nncore.diagnosis.hidden_units import stuck_units
from nncore.diagnosis.inputs import describe_columns
from nncore.diagnosis.layer_signals import layer_signals, root_mean_square
from nncore.diagnosis.neighbours import neighbour_classes
from nncore.diagnosis.one_batch import overfit_one_batch
from nncore.diagnosis.range_test import FACTOR, range_test
from nncore.diagnosis.report import plot
from nncore.diagnosis.setup import Setup
from nncore.diagnosis.stuck_units import StuckUnitCounter
from nncore.functions import activations
from nncore.network.network import Network
from nncore.training.loop import Training

SETTINGS = TrainingSettings(lr=0.1, optimizer="sgd")


def blobs(count=200, classes=3):
    rng = np.random.default_rng(0)
    labels = rng.integers(0, classes, count)
    return 2 * np.eye(classes, 4)[labels] + rng.standard_normal((count, 4)), labels


def setup(architecture=None, X=None, y=None, *, outputs=3, settings=SETTINGS):  # noqa: N803
    if X is None:
        X, y = blobs()  # noqa: N806
    architecture = architecture or Architecture(hidden=(6, 5), activation="tanh")
    network = Network(architecture, inputs=np.shape(X)[1], outputs=outputs)
    return Setup.of_training(network, settings, Data(X, y), workers=1)


def test_the_network_starts_from_the_weights_of_the_training():
    X, y = blobs()  # noqa: N806
    network = Network(Architecture(hidden=(6, 5), activation="tanh"), inputs=4, outputs=3)
    Training(network, SETTINGS, Data(X, y))
    np.testing.assert_array_equal(setup().network().parameters, network.parameters)


@pytest.mark.parametrize("layer", [1, 2])
def test_a_wrong_derivative_is_found_with_its_layers(monkeypatch, layer):
    """1.01 times the derivative: all layers below it, and its own, have a wrong gradient."""
    architecture = Architecture(hidden=(6, 5), activation=("tanh", "sigmoid"))
    name = {1: "tanh_backward", 2: "sigmoid_backward"}[layer]
    right = getattr(activations, name)

    def wrong(a, grad, work):
        right(a, grad, work)
        np.multiply(grad, 1.01, out=grad)

    monkeypatch.setattr(activations, name, wrong)
    finding = check_gradients(setup(architecture))
    numbers = ", ".join(map(str, range(1, layer + 1)))
    assert finding.name == "gradients"
    assert f"the gradient of layer {numbers} is not the derivative" in finding.seen


@pytest.mark.parametrize("scale", [0.0, 1e-3, 1.0, 30.0])
@pytest.mark.parametrize("activation", ["relu", "leaky_relu", "sigmoid", "tanh"])
def test_right_derivatives_agree_whatever_the_weights_are(activation, scale):
    architecture = Architecture(hidden=(6, 5), activation=activation, weight_scale=scale)
    assert "agree with numeric ones" in check_gradients(setup(architecture)).seen


def test_gradients_by_layer_are_those_of_the_backward_pass():
    """The derivative by the bias of layer 1 is the sum of its deltas, here by finite difference."""
    start = setup()
    network, data = start.network(np.float64), start.sample(8)
    data = Data(data.inputs.astype(float), data.targets.astype(float))
    deltas = layer_signals(network, data).deltas

    def loss():
        outputs = layer_signals(network, data).activations[-1]
        return -math.fsum(np.log((outputs * data.targets).sum(axis=1)))

    for index, bias in enumerate(network.biases):
        before = bias[0]
        bias[0] = before + 1e-6
        ahead = loss()
        bias[0] = before - 1e-6
        behind = loss()
        bias[0] = before
        assert deltas[index][:, 0].sum() == pytest.approx((ahead - behind) / 2e-6, rel=1e-5)


def test_root_mean_square_of_numbers_whose_squares_overflow():
    assert root_mean_square(np.array([3e30, 4e30], np.float32)) == pytest.approx(
        3.5355e30, rel=1e-4
    )
    assert root_mean_square(np.zeros(3)) == 0
    assert root_mean_square(np.array([1, np.inf])) == math.inf


def test_the_loss_of_chance_is_that_of_the_best_constant():
    """Of 3 : 1 samples: entropy, ln K, variance, distance from the median."""
    X, y = [[0.0], [1], [2], [3]], [0, 0, 0, 1]  # noqa: N806
    entropy = -(0.75 * math.log(0.75) + 0.25 * math.log(0.25))
    classes = setup(Architecture(hidden=()), X, y, outputs=2)
    assert chance_loss(classes, classes.data) == pytest.approx(entropy, rel=1e-6)
    assert initial_loss(classes) == pytest.approx(math.log(2))
    binary = Architecture(hidden=(), output="sigmoid", loss="binary_cross_entropy")
    single = setup(binary, X, y, outputs=1)
    assert chance_loss(single, single.data) == pytest.approx(entropy, rel=1e-6)
    assert initial_loss(single) == pytest.approx(math.log(2))
    for loss, expected in (("mean_squared_error", 3 / 16), ("mean_absolute_error", 1 / 4)):
        numbers = setup(
            Architecture(hidden=(), output="identity", loss=loss), X, np.array(y, float), outputs=1
        )
        assert chance_loss(numbers, numbers.data) == pytest.approx(expected)
        assert initial_loss(numbers) is None


def test_inputs_are_described_by_mean_deviation_range_and_constant_columns():
    columns = describe_columns(np.array([[1, 5, -2], [3, 5, 2]], np.float32))
    assert columns.mean.tolist() == [2, 5, 0]
    assert columns.std.tolist() == [1, 0, 2]
    assert (columns.lowest, columns.highest, columns.constant) == (-2, 5, 1)


def test_stuck_units_are_counted_by_layer():
    """Of three ReLU units one is dead, of two sigmoid units one is saturated."""
    architecture = Architecture(hidden=(3, 2), activation=("relu", "sigmoid"))
    network = Network(architecture, inputs=1, outputs=2)
    network.weights[0][:] = [[1, 1, 1]]
    network.biases[0][:] = [0, -10, 0]
    network.biases[1][:] = [0, 10]
    inputs = np.array([[0.5], [1]], np.float32)
    data = Data(inputs, np.eye(2, dtype=np.float32))
    relu, sigmoid = stuck_units(network, data)
    assert str(relu) == "1 of 3 units are dead in hidden layer 1"
    assert str(sigmoid) == "1 of 2 units are saturated in hidden layer 2"


@pytest.mark.parametrize(("activation", "bound"), [("sigmoid", 1.0), ("tanh", -1.0)])
def test_a_unit_is_saturated_near_its_bound_for_99_of_100_samples(activation, bound):
    """Of the slope 1 - tanh² a hundredth is left at 0.99499, a little farther from the bound."""
    outputs = np.full((100, 3), bound)
    # 1 and 2 samples away from the bound; and a unit that never comes near enough.
    outputs[0, 0] = outputs[:2, 1] = 0.5 * bound
    outputs[:, 2] = 0.99 * bound
    counter = StuckUnitCounter(activation, 3)
    assert not counter.is_stuck().any()
    for block in np.array_split(outputs, 3):
        counter.add(block)
    assert counter.is_stuck().tolist() == [True, False, False]


def test_a_linear_network_has_the_range_that_theory_gives():
    """Gradient descent on half the square of x w - y diverges above 2 / mean(x²): here 2 / 4."""
    X = np.tile([[2.0], [-2.0]], (64, 1))  # noqa: N806
    y = 3 * X[:, 0] + 0.1 * np.random.default_rng(0).standard_normal(128)
    architecture = Architecture(
        hidden=(), output="identity", loss="half_squared_error", weight_scale=0.0
    )
    settings = TrainingSettings(batch_size=32, optimizer="sgd")
    test = range_test(setup(architecture, X, y, outputs=1, settings=settings))
    assert test.losses[test.rates < 0.5].max() <= test.start
    # It ends a few steps after the limit, when the loss is four times that at the start.
    assert 0.5 < test.rates[-1] < 1.2
    assert test.losses[-1] > 4 * test.start
    assert test.rates[1] / test.rates[0] == pytest.approx(FACTOR)
    assert 0.01 <= test.suggestion <= 0.5


def test_the_rates_are_powers_of_ten():
    test = range_test(setup())
    assert test.rates[::25] == pytest.approx(
        [10.0**k for k in range(-6, len(test.rates[::25]) - 6)]
    )


def test_one_batch_of_equal_samples_with_other_labels_is_not_learnt():
    X, y = np.ones((16, 2)), np.arange(16) % 2  # noqa: N806
    X[0, 0] = 2
    batch = overfit_one_batch(setup(None, X, y, outputs=2))
    assert not batch.learnt
    assert batch.end > 0.5


def test_the_plot_marks_a_rate_that_the_test_did_not_reach():
    test = range_test(setup())
    lines = plot(test, 1e6).splitlines()
    assert lines[-1].endswith("lr 1e+06 >")
    assert plot(test, 1e-9).splitlines()[-1].endswith("< lr 1e-09")
    assert max(map(len, lines)) <= 90


def test_names_of_settings_are_those_of_the_reader():
    text = "set `optimizer.momentum` and `weight_init`"
    assert plain_names(text) == "set optimizer.momentum and weight_init"
    assert params_names(text) == "set train.optimizer.momentum and model.weight_init"


def test_neighbours_are_those_of_plain_distances():
    """All distances in float64, sorted; and the most frequent class of the first five."""
    rng = np.random.default_rng(0)
    some, others = (rng.standard_normal((n, 3)).astype(np.float32) for n in (40, 60))
    labels = rng.integers(0, 3, 60)
    distances = np.linalg.norm(some[:, np.newaxis].astype(float) - others, axis=2)
    nearest = labels[distances.argsort(axis=1)[:, :5]]
    expected = [np.bincount(row, minlength=3).argmax() for row in nearest]
    targets = np.eye(3, dtype=np.float32)[labels]
    assert neighbour_classes(some, others, targets).tolist() == expected
