"""Exact networks: a sample's outputs depend on no other, and the gradient is that of float64."""

from itertools import pairwise, product
from typing import get_args

import numpy as np
import pytest

from nncore.config.architecture import ActivationName, Architecture, HiddenActivationName
from nncore.functions import exact
from nncore.functions.arithmetic import choose_arithmetic, is_exact
from nncore.functions.losses import LOSSES
from nncore.network.inference import ROWS_PER_BLOCK, forward_all, forward_blocks
from nncore.network.network import Network
from nncore.network.products import layer_weights
from nncore.network.propagation import Propagation

SQUARED = "half_squared_error"
OUTPUTS = [
    ("softmax", "cross_entropy"),
    ("sigmoid", "binary_cross_entropy"),
    *((name, SQUARED) for name in get_args(ActivationName)),
]
ACTIVATIONS = pytest.mark.parametrize(
    ("hidden", "output", "loss"),
    [
        *product(get_args(HiddenActivationName), OUTPUTS[0][:1], OUTPUTS[0][1:]),
        *(("relu", *pair) for pair in OUTPUTS[1:]),
    ],
)


def make(hidden="tanh", output="softmax", loss="cross_entropy", dtype=np.float32, units=(40, 7)):
    architecture = Architecture(
        hidden=units, activation=hidden, output=output, loss=loss, bias_init="normal"
    )
    network = Network(architecture, inputs=30, outputs=4, dtype=dtype)
    network.initialize(np.random.default_rng(1))
    return network


def samples(count, decades=2.0):
    """Return samples whose sizes differ by so many powers of ten."""
    rng = np.random.default_rng(2)
    sizes = 10 ** rng.uniform(-decades / 2, decades / 2, (count, 1))
    return (sizes * rng.standard_normal((count, 30))).astype(np.float32)


@ACTIVATIONS
def test_the_outputs_of_a_sample_are_the_same_alone_and_in_any_company(hidden, output, loss):
    network, inputs = make(hidden, output, loss), samples(ROWS_PER_BLOCK + 100)
    whole = forward_all(network, inputs)
    for row in [*range(0, len(inputs), 37), ROWS_PER_BLOCK - 1, ROWS_PER_BLOCK, len(inputs) - 1]:
        assert forward_all(network, inputs[row : row + 1]).tobytes() == whole[row].tobytes()
    order = np.random.default_rng(3).permutation(len(inputs))
    assert forward_all(network, inputs[order]).tobytes() == whole[order].tobytes()
    assert forward_all(network, inputs[::-2]).tobytes() == whole[::-2].tobytes()


def test_predictions_of_a_sample_are_the_same_alone():
    network, inputs = make(), samples(100)
    whole = network.predict_proba(inputs)
    assert [network.predict_proba(row[np.newaxis])[0].tolist() for row in inputs] == whole.tolist()
    assert [network.predict(row[np.newaxis]).item() for row in inputs] == list(
        network.predict(inputs)
    )


@ACTIVATIONS
def test_outputs_are_those_of_float64_up_to_the_digits_of_the_grids(hidden, output, loss):
    single, double = make(hidden, output, loss), make(hidden, output, loss, np.float64)
    double.parameters[:] = single.parameters
    inputs = samples(200, 0)
    expected = forward_all(double, inputs.astype(float))
    assert np.abs(forward_all(single, inputs) - expected).max() <= 5e-6 * np.abs(expected).max()


def gradient_of(network, inputs, targets, cuts):
    """Return the sum of the gradients of parts of a batch, between the cuts."""
    weights = layer_weights(network)
    parts = [slice(*pair) for pair in pairwise(cuts)]
    made = [Propagation(network, weights, part.stop - part.start) for part in parts]
    for part, propagation in zip(parts, made, strict=True):
        logits, outputs = np.empty((2, part.stop - part.start, 4), inputs.dtype)
        propagation.forward(inputs[part], logits, outputs)
        propagation.backward(outputs, targets[part], 1 / len(inputs))
    bounds = np.max([propagation.bounds for propagation in made], axis=0)
    for propagation in made:
        propagation.bounds[...] = bounds
        propagation.write_gradient(len(inputs))
    return sum(propagation.gradient for propagation in made)


@ACTIVATIONS
def test_the_gradient_is_that_of_float64_up_to_the_digits_of_the_grids(hidden, output, loss):
    single, double = make(hidden, output, loss), make(hidden, output, loss, np.float64)
    double.parameters[:] = single.parameters
    inputs, targets = samples(64, 0), np.eye(4, dtype=np.float32)[np.arange(64) % 4]
    result = gradient_of(single, inputs, targets, [0, 64])
    expected = gradient_of(double, inputs.astype(float), targets.astype(float), [0, 64])
    for found_weight, expected_weight in zip(
        single.views(result)[0], double.views(expected)[0], strict=True
    ):
        assert np.abs(found_weight - expected_weight).max() <= 5e-6 * np.abs(expected_weight).max()


@ACTIVATIONS
def test_parts_of_a_batch_add_up_to_its_gradient_to_the_last_bit(hidden, output, loss):
    network, inputs = make(hidden, output, loss), samples(64, 6)
    targets = np.eye(4, dtype=np.float32)[np.arange(64) % 4]
    whole = gradient_of(network, inputs, targets, [0, 64])
    assert whole.dtype == np.float64
    for cuts in ([0, 1, 64], [0, 31, 32, 63, 64], range(65)):
        assert gradient_of(network, inputs, targets, list(cuts)).tobytes() == whole.tobytes()


def test_the_order_of_a_batch_changes_no_bit_of_its_gradient():
    network, inputs = make(), samples(64, 6)
    targets = np.eye(4, dtype=np.float32)[np.arange(64) % 4]
    order = np.random.default_rng(3).permutation(64)
    shuffled = gradient_of(network, inputs[order], targets[order], [0, 64])
    assert shuffled.tobytes() == gradient_of(network, inputs, targets, [0, 64]).tobytes()


@pytest.mark.parametrize("value", [np.nan, np.inf])
@pytest.mark.parametrize("layer", [0, 1, 2])
def test_a_weight_that_is_no_number_is_found_in_every_output(value, layer):
    network = make("identity", "identity", SQUARED)
    network.weights[layer][2, 1] = value
    with np.errstate(invalid="ignore"):
        ((_, _, outputs),) = forward_blocks(network, samples(20), 0, 20)
    assert not np.isfinite(outputs).any()


def test_float32_is_exact_by_default_and_float64_never():
    assert make().numerics == "exact"
    assert choose_arithmetic("exact", np.dtype(np.float32)) is exact
    pairs = product(("exact", "fast"), (np.dtype(np.float32), np.dtype(np.float64)))
    assert [is_exact(*pair) for pair in pairs] == [True, False, False, False]


@pytest.mark.parametrize("name", sorted(LOSSES))
def test_fast_and_exact_outputs_are_close_but_not_the_same(name):
    """Or the facts above would be said of the same functions."""
    output = {"cross_entropy": "softmax", "binary_cross_entropy": "sigmoid"}.get(name, "tanh")
    network, inputs = make("sigmoid", output, name), samples(50, 0)
    plain = Network(network.architecture, inputs=30, outputs=4, numerics="fast")
    plain.parameters[:] = network.parameters
    result, expected = forward_all(network, inputs), forward_all(plain, inputs)
    assert result == pytest.approx(expected, abs=5e-6)
    assert result.tobytes() != expected.tobytes()
