"""Activations by layer, and parts of inputs in logits against finite differences."""

import numpy as np
import pytest

from nncore.analysis.activations import activations
from nncore.analysis.attribution import gradient_times_input
from nncore.config.architecture import Architecture
from nncore.network.network import Network

FUNCTIONS = {
    "identity": lambda z: z,
    "leaky_relu": lambda z: np.maximum(z, 0.01 * z),
    "relu": lambda z: np.maximum(z, 0),
    "sigmoid": lambda z: 1 / (1 + np.exp(-z)),
    "tanh": np.tanh,
}


def make_network(activation, hidden=(6, 5), dtype=np.float64, biases=0.5):
    architecture = Architecture(
        hidden=hidden, activation=activation, bias_init="normal", bias_scale=biases
    )
    network = Network(architecture, inputs=7, outputs=3, dtype=dtype)
    network.initialize(np.random.default_rng(4))
    return network


def layers_by_hand(network, inputs):
    a = [inputs.astype(np.float64)]
    for layer, weight, bias in zip(network.layers, network.weights, network.biases, strict=True):
        z = a[-1] @ weight.astype(np.float64) + bias
        a.append(z if layer is network.layers[-1] else FUNCTIONS[layer.activation](z))
    return a


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("hidden", [(), (6, 5)])
@pytest.mark.parametrize("activation", FUNCTIONS)
def test_activations_are_those_of_each_layer(activation, hidden, dtype):
    network = make_network(activation, hidden, dtype)
    inputs = np.random.default_rng(1).standard_normal((9, 7)).astype(dtype)
    result = activations(network, inputs)
    expected = layers_by_hand(network, inputs)
    assert len(result) == len(hidden) + 2
    for layer, by_hand in zip(result, expected, strict=True):
        np.testing.assert_allclose(layer, by_hand, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("hidden", [(), (6, 5)])
@pytest.mark.parametrize("activation", FUNCTIONS)
def test_parts_are_slopes_times_inputs(activation, hidden):
    network = make_network(activation, hidden)
    sample = np.random.default_rng(2).standard_normal(7)
    step = 1e-6
    slopes = np.empty((3, 7))
    for i in range(7):
        ends = np.repeat(sample[np.newaxis], 2, axis=0)
        ends[:, i] += (-step, step)
        low, high = layers_by_hand(network, ends)[-1]
        slopes[:, i] = (high - low) / (2 * step)
    parts = gradient_times_input(network, sample)
    np.testing.assert_allclose(parts, slopes * sample, rtol=1e-6, atol=1e-8)


@pytest.mark.parametrize("activation", ["identity", "leaky_relu", "relu"])
def test_without_biases_the_parts_add_up_to_the_logits(activation):
    network = make_network(activation, dtype=np.float32, biases=0.0)
    sample = np.random.default_rng(3).standard_normal(7).astype(np.float32)
    logits = activations(network, sample[np.newaxis])[-1][0]
    np.testing.assert_allclose(gradient_times_input(network, sample).sum(axis=1), logits, rtol=1e-4)
