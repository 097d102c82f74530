"""The page's forward pass in a browser against nncore's: the same bits."""

import json
from typing import NamedTuple, get_args

import numpy as np
import pytest
from page_results import mnist_sample, random_images, random_model, results

from nncore.arrays import Floats
from nncore.config.architecture import ActivationName, Architecture
from nncore.data.preprocessing import Normalization
from nncore.network.inference import forward_blocks
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
# The factors of layer 1 and of layer 2.
EXTREMES = {"subnormal": (1e-42, 1e38), "huge": (1e36, 1e-40)}
# JavaScript that returns the bits of what the page computes of each image of an array.
PREDICT = """.map((image) => {
  const { logits, outputs, probabilities, best } = nncore.predict(image);
  const bits = (floats) => Array.from(new Uint32Array(floats.buffer));
  return [...[logits, outputs, probabilities].map(bits), best];
})"""


class Computed(NamedTuple):
    """What a network makes of n images: three float32 arrays, (n, ·), and a list of n classes."""

    logits: Floats
    outputs: Floats
    probabilities: Floats
    classes: list[int]


def by_page(browser, images):
    pixels = json.dumps(images.reshape(len(images), -1).tolist())
    *floats, classes = zip(*browser.run(pixels + PREDICT), strict=True)
    return Computed(*(np.array(bits, np.uint32).view(np.float32) for bits in floats), list(classes))


def by_python(model, images):
    inputs = model.normalization.table()[images.reshape(len(images), -1)]
    with np.errstate(over="ignore"):
        blocks = [
            (logits.copy(), outputs.copy())
            for _, logits, outputs in forward_blocks(model.network, inputs, 0, len(inputs))
        ]
    logits, outputs = (np.concatenate(parts) for parts in zip(*blocks, strict=True))
    prediction = model.classify(images)
    return Computed(logits, outputs, prediction.probabilities, prediction.classes.tolist())


def assert_same_bits(browser, model, images):
    """Check what an opened page computes, and return it."""
    page, python = by_page(browser, images), by_python(model, images)
    for name in ("logits", "outputs", "probabilities"):
        got, expected = getattr(page, name), getattr(python, name)
        np.testing.assert_array_equal(got, expected, err_msg=name)
        # A zero equals minus zero, but has other bits.
        np.testing.assert_array_equal(got.view(np.uint32), expected.view(np.uint32), err_msg=name)
    assert page.classes == python.classes
    return page


def show_same_bits(show, model, images):
    """Check what the page of a model computes, and return it."""
    browser = show(results(model, images, np.arange(len(images)) % len(model.class_names)))
    assert browser.messages == []
    return assert_same_bits(browser, model, images)


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

    Image i has one white pixel, i, so that only the weights are rounded; a second layer, if any,
    passes on the activations of the first.
    """
    outputs = logits.shape[1]
    names = "abcdef"[: max(outputs, 2)]
    model = random_model(architecture, (1, len(logits)), names, outputs=outputs)
    model.network.parameters[:] = 0
    model.network.weights[0][:] = logits
    for weight in model.network.weights[1:]:
        weight[:] = np.eye(CLASSES)
    return model, 255 * np.eye(len(logits), dtype=np.uint8).reshape(-1, 1, len(logits))


def scale(network, layer, factor):
    network.weights[layer][:] *= np.float32(factor)
    network.biases[layer][:] *= np.float32(factor)


def test_every_activation_is_tried():
    assert set(HIDDEN) | set(OUTPUTS) == set(get_args(ActivationName))


@pytest.mark.parametrize("output", OUTPUTS)
def test_an_output_activation_has_the_bits_of_python(show, output):
    architecture = Architecture(hidden=(), output=output, loss=OUTPUTS[output])
    show_same_bits(show, *selecting(architecture, extreme_logits()))


@pytest.mark.parametrize("output", ["sigmoid", "softmax", "tanh"])
def test_fifteen_thousand_outputs_have_the_bits_of_python(show, output):
    """Another exp or tanh gives another float32 once in some thousand values."""
    architecture = Architecture(hidden=(), output=output, loss=OUTPUTS[output])
    names = tuple(map(str, range(60)))
    model = random_model(architecture, (1, 1), names, Normalization(33.318421, 78.567489))
    rng = np.random.default_rng(11)
    model.network.weights[0][:] = 10 ** rng.uniform(-3, 1, len(names))
    show_same_bits(show, model, np.arange(256, dtype=np.uint8).reshape(256, 1, 1))


@pytest.mark.parametrize("activation", HIDDEN)
def test_a_hidden_activation_has_the_bits_of_python(show, activation):
    architecture = Architecture(hidden=(CLASSES,), activation=activation)
    show_same_bits(show, *selecting(architecture, extreme_logits()))


@pytest.mark.parametrize(
    ("activations", "output"),
    [((), "identity"), (("relu",), "sigmoid"), (HIDDEN, "softmax"), (HIDDEN[::-1], "sigmoid")],
)
def test_dense_layers_have_the_bits_of_python_on_standardized_digits(show, activations, output):
    """The largest logit of 50 digits is 90."""
    widths = (9, 300, 9, 20, 9)[: len(activations)]
    architecture = Architecture(
        hidden=widths, activation=activations or "relu", output=output, loss=OUTPUTS[output]
    )
    model = random_model(architecture, normalization=Normalization(33.318421, 78.567489))
    images = mnist_sample(ROOT)[0][:50]
    scale(model.network, -1, 90 / np.abs(by_python(model, images).logits).max())
    page = show_same_bits(show, model, images)
    assert np.abs(page.logits).max() == pytest.approx(90, rel=1e-5)


@pytest.mark.parametrize("activation", HIDDEN)
@pytest.mark.parametrize("extreme", EXTREMES)
def test_extreme_weights_have_the_bits_of_python(show, extreme, activation):
    """The z of layer 1 are subnormal, or huge."""
    model = random_model(Architecture(hidden=(9,), activation=activation), (4, 3))
    for layer, factor in enumerate(EXTREMES[extreme]):
        scale(model.network, layer, factor)
    # They would hide what layer 1 adds to logits that are small.
    model.network.biases[-1][:] = 0
    show_same_bits(show, model, random_images(model, 40))


@pytest.mark.parametrize("activation", ["sigmoid", "tanh"])
def test_a_sum_above_all_float32_numbers_has_the_activation_of_infinity(show, activation):
    model = random_model(Architecture(hidden=(9,), activation=activation), (4, 3))
    model.network.weights[0][:] = np.sign(model.network.weights[0]) * np.float32(3e38)
    show_same_bits(show, model, random_images(model, 40))


@pytest.mark.parametrize("output", ["identity", "leaky_relu", "relu", "tanh"])
def test_a_zero_has_the_sign_of_python(show, output):
    """The logits are 0 and -0: a negative weight so small that its product rounds to -0."""
    architecture = Architecture(hidden=(), output=output, loss=OUTPUTS[output])
    model = random_model(architecture, (1, 1), "abc", Normalization(0, 1e5))
    model.network.weights[0][:] = [[-1e-45, 1e-45, 0]]
    model.network.biases[0][:] = [-0.0, 0, 0.5]
    page = show_same_bits(show, model, np.full((1, 1, 1), 255, np.uint8))
    assert np.signbit(page.logits).tolist() == [[True, False, False]]


def test_a_single_output_has_the_probabilities_of_two_classes_of_python(show):
    architecture = Architecture(hidden=(), output="sigmoid", loss="binary_cross_entropy")
    logits = np.append(np.linspace(-110, 110, 100), [0, -1e-8]).astype(np.float32)
    page = show_same_bits(show, *selecting(architecture, logits[:, np.newaxis]))
    assert page.outputs.shape == (102, 1)
    assert page.probabilities.shape == (102, 2)
    assert set(page.classes) == {0, 1}


def test_a_trained_network_has_the_bits_of_python_on_all_test_images(opened, digit_model):
    assert_same_bits(opened, digit_model, mnist_sample(ROOT)[0])


@pytest.mark.parametrize("normalization", [Normalization(), Normalization(33.318421, 78.567489)])
def test_each_pixel_value_is_normalized_as_in_python(show, normalization):
    """The logit of a network with the weight 1 is its input, to the last bit."""
    architecture = Architecture(hidden=(), output="identity", loss="mean_squared_error")
    model = random_model(architecture, (1, 1), "ab", normalization)
    model.network.parameters[:] = [1, -1, 0, 0]
    page = show_same_bits(show, model, np.arange(256, dtype=np.uint8).reshape(256, 1, 1))
    np.testing.assert_array_equal(page.logits, normalization.table()[:, np.newaxis] * [1, -1])


def show_biases(show, output, biases):
    """Return what the page computes with a model whose logits are `biases` for any image."""
    model = random_model(Architecture(hidden=(), output=output, loss="mean_squared_error"), (1, 1))
    model.network.parameters[:] = 0
    model.network.biases[0][:] = biases
    return show_same_bits(show, model, np.zeros((1, 1, 1), np.uint8))


def test_the_class_is_that_of_the_outputs_where_clipping_makes_them_equal(show):
    page = show_biases(show, "identity", [2, 3, 0, 0, 0, 0, 0, 0, 0, 0])
    assert page.classes == [1]
    assert page.probabilities.tolist() == [[0.5, 0.5, 0, 0, 0, 0, 0, 0, 0, 0]]


def test_where_all_outputs_are_zero_each_class_is_equally_likely(show):
    page = show_biases(show, "relu", 0)
    assert page.probabilities.tolist() == [[np.float32(0.1)] * 10]
