"""The page's forward pass in a browser against nncore's: the same logits and probabilities."""

import json
from typing import get_args

import numpy as np
import pytest
from page_results import mnist_sample, random_model, results

from nncore.config.architecture import ActivationName, Architecture
from nncore.data.preprocessing import Normalization
from nncore.network.inference import forward_all
from stages.shared.fingerprint import ROOT

HIDDEN = ("identity", "leaky_relu", "relu", "sigmoid", "tanh")
OUTPUTS = {
    "softmax": "cross_entropy",
    "sigmoid": "binary_cross_entropy",
    "identity": "half_squared_error",
    "leaky_relu": "mean_squared_error",
    "relu": "mean_squared_error",
    "tanh": "mean_squared_error",
}
CLASSES = 6
PROBABILITY = {"rtol": 0, "atol": 1e-6}
# Below the normal numbers of float32 a relative difference means nothing.
LOGIT = {"rtol": 1e-5, "atol": 1e-38}


def test_every_activation_is_tried():
    assert set(HIDDEN) | set(OUTPUTS) == set(get_args(ActivationName))


def extreme_logits():
    """Return rows of logits to ±90, (rows, CLASSES): spread, alike, all low, all high, beyond."""
    rng = np.random.default_rng(3)
    steps = np.arange(-90, 91, 2.5)[:, np.newaxis]
    rows = [
        np.linspace(-90, 90, CLASSES)[np.newaxis],
        rng.uniform(-90, 90, (20, CLASSES)),
        np.clip(steps + rng.normal(0, 1, (len(steps), CLASSES)), -90, 90),
        rng.uniform(-90, -40, (10, CLASSES)),
        np.array([[-1e4, 1e4, 0, 90, -90, 1e3]]),
    ]
    return np.concatenate(rows).astype(np.float32)


def selecting(architecture, logits):
    """Return a model, and images of which the i-th makes row i of `logits` the z of layer 1.

    Image i has one white pixel, i, so that no sum rounds; a second layer, if any, passes on the
    activations of the first.
    """
    model = random_model(architecture, (1, len(logits)), "abcdef")
    model.network.parameters[:] = 0
    model.network.weights[0][:] = logits
    for weight in model.network.weights[1:]:
        weight[:] = np.eye(CLASSES)
    return model, 255 * np.eye(len(logits), dtype=np.uint8).reshape(-1, 1, len(logits))


def read(browser, images, quantity):
    """Return what the page computes of images, (n, rows, columns) uint8: (n, classes) float64."""
    values = json.dumps(images.reshape(len(images), -1).tolist())
    return np.array(
        browser.run(f"{values}.map((image) => Array.from(nncore.predict(image).{quantity}))")
    )


def classes(browser, images):
    values = json.dumps(images.reshape(len(images), -1).tolist())
    return browser.run(f"{values}.map((image) => nncore.predict(image).best)")


def show_model(show, model, images):
    browser = show(results(model, images, np.arange(len(images)) % len(model.class_names)))
    assert browser.messages == []
    return browser


def outputs_of(model, images):
    scaled = model.normalization.table()[images.reshape(len(images), -1)]
    return forward_all(model.network, scaled)


def logits_of(model, images):
    """Return a model's logits: its outputs with the identity as the last activation."""
    *hidden, _ = model.network.layers
    architecture = Architecture(
        hidden=tuple(layer.fan_out for layer in hidden),
        activation=tuple(layer.activation for layer in hidden),
        output="identity",
        loss="mean_squared_error",
    )
    linear = random_model(architecture, model.image_shape, model.class_names, model.normalization)
    linear.network.parameters[:] = model.network.parameters
    return outputs_of(linear, images)


@pytest.mark.parametrize("output", OUTPUTS)
def test_an_output_activation_gives_the_outputs_and_probabilities_of_python(show, output):
    logits = extreme_logits()
    architecture = Architecture(hidden=(), output=output, loss=OUTPUTS[output])
    model, images = selecting(architecture, logits)
    browser = show_model(show, model, images)
    expected = model.classify(images)
    np.testing.assert_array_equal(read(browser, images, "logits"), logits)
    np.testing.assert_allclose(read(browser, images, "outputs"), outputs_of(model, images), **LOGIT)
    np.testing.assert_allclose(
        read(browser, images, "probabilities"), expected.probabilities, **PROBABILITY
    )
    assert classes(browser, images) == expected.classes.tolist()


@pytest.mark.parametrize("activation", HIDDEN)
def test_a_hidden_activation_gives_the_logits_of_python(show, activation):
    architecture = Architecture(hidden=(CLASSES,), activation=activation)
    model, images = selecting(architecture, extreme_logits())
    browser = show_model(show, model, images)
    np.testing.assert_allclose(read(browser, images, "logits"), logits_of(model, images), **LOGIT)
    np.testing.assert_allclose(
        read(browser, images, "probabilities"),
        model.classify(images).probabilities,
        **PROBABILITY,
    )


@pytest.mark.parametrize("output", ["softmax", "sigmoid"])
def test_six_dense_layers_give_the_logits_and_probabilities_of_python(show, output):
    """The largest logit of 50 digits is 90.

    Python's float32 sums of 784 terms round on the way, so a logit agrees relative to the largest
    of its image, and the probabilities of two classes with nearly the same logit only to 1e-5.
    """
    architecture = Architecture(
        hidden=(9,) * 5, activation=HIDDEN, output=output, loss=OUTPUTS[output]
    )
    model = random_model(architecture, normalization=Normalization(33.3, 78.6))
    images = mnist_sample(ROOT)[0][:50]
    factor = 90 / np.abs(logits_of(model, images)).max()
    model.network.weights[-1][:] *= factor
    model.network.biases[-1][:] *= factor
    browser = show_model(show, model, images)
    logits, got = logits_of(model, images), read(browser, images, "logits")
    assert np.abs(logits).max() == pytest.approx(90, rel=1e-5)
    largest = np.abs(logits).max(axis=1, keepdims=True)
    np.testing.assert_allclose(got / largest, logits / largest, rtol=0, atol=1e-5)
    probabilities = read(browser, images, "probabilities")
    expected = model.classify(images).probabilities
    np.testing.assert_allclose(probabilities, expected, rtol=0, atol=1e-5)


def test_a_trained_network_gives_the_probabilities_of_python(opened, digit_model):
    images = mnist_sample(ROOT)[0][:100]
    expected = digit_model.classify(images).probabilities
    np.testing.assert_allclose(read(opened, images, "probabilities"), expected, **PROBABILITY)


@pytest.mark.parametrize("normalization", [Normalization(), Normalization(33.318421, 78.567489)])
def test_each_pixel_value_is_normalized_as_in_python(show, normalization):
    """The logit of a network with the weight 1 is its input, to the last bit."""
    architecture = Architecture(hidden=(), output="identity", loss="mean_squared_error")
    model = random_model(architecture, (1, 1), "ab", normalization)
    model.network.parameters[:] = [1, -1, 0, 0]
    images = np.arange(256, dtype=np.uint8).reshape(256, 1, 1)
    browser = show_model(show, model, images)
    logits = read(browser, images, "logits")
    np.testing.assert_array_equal(logits, normalization.table()[:, np.newaxis] * [1, -1])


def with_biases(output, biases):
    """Return a model whose logits are `biases` for any image."""
    model = random_model(Architecture(hidden=(), output=output, loss="mean_squared_error"), (1, 1))
    model.network.parameters[:] = 0
    model.network.biases[0][:] = biases
    return model


def test_the_class_is_that_of_the_outputs_where_clipping_makes_them_equal(show):
    model = with_biases("identity", [2, 3, 0, 0, 0, 0, 0, 0, 0, 0])
    image = np.zeros((1, 1, 1), np.uint8)
    browser = show_model(show, model, image)
    assert classes(browser, image) == [1]
    assert read(browser, image, "probabilities").tolist() == [[0.5, 0.5, 0, 0, 0, 0, 0, 0, 0, 0]]


def test_where_all_outputs_are_zero_each_class_is_equally_likely(show):
    image = np.zeros((1, 1, 1), np.uint8)
    browser = show_model(show, with_biases("relu", 0), image)
    assert read(browser, image, "probabilities").tolist() == [[0.1] * 10]
