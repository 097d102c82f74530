"""An exported model, computed by ONNX Runtime, says what `Model.predict` says."""

import json
import os
import re
from dataclasses import replace
from pathlib import Path
from typing import get_args

import numpy as np
import onnx
import pytest
from digit_models import NAMES, TEST_IMAGES, digit_model
from onnx_runtime import session

import nncore.adapters.onnx
from nncore.adapters.onnx import to_onnx
from nncore.config.architecture import (
    REQUIRED_OUTPUT,
    ActivationName,
    Architecture,
    HiddenActivationName,
)
from nncore.data.idx import read_images
from nncore.data.preprocessing import Normalization
from nncore.errors import ExportError
from nncore.model import Model
from nncore.network.inference import forward_all
from nncore.network.network import Network
from nncore.network.prediction import class_outputs

MIRROR = os.environ.get("NNCORE_MIRROR", "")
MNIST = Path(MIRROR, "mnist", "t10k-images-idx3-ubyte.gz")
LOSSES = {"softmax": "cross_entropy", "sigmoid": "binary_cross_entropy"}
SETTINGS = {
    "softmax": {},
    "softmax of standardised pixels": {"normalization": Normalization(33.318421, 78.567490)},
    "softmax, squared error": {"loss": "half_squared_error", "activation": "tanh"},
    "sigmoid": {"output": "sigmoid", "loss": "binary_cross_entropy"},
    "sigmoid, squared error": {"output": "sigmoid", "loss": "mean_squared_error"},
    "identity": {"output": "identity", "loss": "half_squared_error", "activation": "sigmoid"},
    "tanh": {"output": "tanh", "loss": "mean_squared_error", "activation": "leaky_relu"},
    "relu": {"output": "relu", "loss": "half_squared_error"},
}


def computed(model, images):
    """Return label and probabilities as ONNX Runtime computes them."""
    return session(model).run(["label", "probabilities"], {"pixels": images})


def agree(model, images):
    label, probabilities = computed(model, images)
    expected = model.classify(images)
    assert np.array_equal(label, expected.classes)
    # Outputs are divided by their total, and so are their errors. Not pytest.approx, which takes
    # seconds for so many.
    outputs = forward_all(model.network, model._inputs(images))  # noqa: SLF001
    total = np.clip(class_outputs(outputs), 0, 1).sum(axis=1, keepdims=True)
    bound = 1e-5 / np.where(total > 0, np.minimum(total, 1), 1)
    assert (np.abs(probabilities - expected.probabilities) <= bound).all()


def small(output="softmax", *, biases=(), names=("a", "b", "c"), **settings):
    """Return a model of 3 x 4 pixels with weights drawn at random, or all 0 if there are biases."""
    settings = {"hidden": (5, 6), "loss": LOSSES.get(output, "half_squared_error")} | settings
    architecture = Architecture(output=output, **settings)
    network = Network(architecture, inputs=12, outputs=len(names))
    if biases:
        network.biases[-1][:] = biases
    else:
        network.initialize(np.random.default_rng(1))
        network.parameters += 0.1
    return Model(network, names, (3, 4), Normalization(100.0, 50.0))


def noise(n, shape=(3, 4)):
    return np.random.default_rng(2).integers(256, size=(n, *shape), dtype=np.uint8)


def outputs():
    """Return every output activation with every loss that it may have."""
    names = get_args(ActivationName)
    return [
        (output, loss)
        for output in names
        for loss in get_args(Architecture.__annotations__["loss"])
        if REQUIRED_OUTPUT.get(loss, output) == output
    ]


@pytest.mark.parametrize("name", SETTINGS)
def test_the_test_images_of_mnist_5k_are_seen_alike(name):
    agree(digit_model(**SETTINGS[name]), read_images(TEST_IMAGES))


@pytest.mark.skipif(
    not (MIRROR and MNIST.is_file()), reason="NNCORE_MIRROR names no folder with gzipped MNIST"
)
@pytest.mark.parametrize("name", SETTINGS)
def test_the_10_000_test_images_of_mnist_are_seen_alike(name):
    images = read_images(MNIST)
    assert len(images) == 10_000
    agree(digit_model(**SETTINGS[name]), images)


@pytest.mark.parametrize("activation", get_args(HiddenActivationName))
def test_every_hidden_activation_is_exported(activation):
    agree(small(activation=(activation, "tanh")), noise(200))


@pytest.mark.parametrize(("output", "loss"), outputs())
def test_every_output_and_loss_is_exported(output, loss):
    agree(small(output, loss=loss), noise(200))


def test_a_network_without_a_hidden_layer_is_exported():
    agree(small(hidden=()), noise(20))


@pytest.mark.parametrize("n", [0, 1, 501])
def test_any_number_of_images_is_taken_at_once(n):
    label, probabilities = computed(small(), noise(n))
    assert (label.shape, probabilities.shape) == ((n,), (n, 3))
    agree(small(), noise(n))


@pytest.mark.parametrize(
    ("output", "biases", "label", "probabilities"),
    [
        # All 0 once clipped: equally likely, and still the largest output
        ("identity", (-3, -1, -2), 1, [1 / 3, 1 / 3, 1 / 3]),
        # The class is that of the outputs, not of the clipped ones
        ("identity", (1.5, 2, -3), 1, [0.5, 0.5, 0]),
        # The first of several largest
        ("relu", (0, 1, 1), 1, [0, 0.5, 0.5]),
        # Far below 0, where only the ratios count: e^-40, e^-41 and e^-42
        ("sigmoid", (-41, -42, -40), 2, np.array([1 / np.e, 1 / np.e**2, 1]) / 1.503214724),
        ("sigmoid", (900, -900, 900), 0, [0.5, 0, 0.5]),
        ("softmax", (900, -900, 900), 0, [0.5, 0, 0.5]),
    ],
)
def test_outputs_worked_by_hand_are_read_as_probabilities(output, biases, label, probabilities):
    got_label, got = computed(small(output, biases=biases), noise(1))
    assert got_label.tolist() == [label]
    assert got[0] == pytest.approx(probabilities, abs=1e-6)


@pytest.mark.parametrize("output", ["softmax", "sigmoid", "identity"])
def test_of_equal_outputs_the_first_class_counts(output):
    """Two units with the same weights, of which a third has less."""
    model = small(output, **({} if output != "identity" else {"loss": "half_squared_error"}))
    model.network.weights[-1][:, 1:] = model.network.weights[-1][:, 1:2]
    model.network.biases[-1][:] = -1, 2, 2
    label, _ = computed(model, noise(50))
    classes = model.classify(noise(50)).classes
    assert np.array_equal(label, classes)
    assert 1 in classes
    assert 2 not in classes


def test_the_file_passes_onnx_own_checks():
    onnx.checker.check_model(onnx.load_from_string(to_onnx(small())), full_check=True)


def test_the_file_says_which_operators_it_needs():
    """Opset 13 with format 7, which runtimes have read since 2020."""
    read = onnx.load_from_string(to_onnx(small()))
    assert [(of.domain, of.version) for of in read.opset_import] == [("", 13)]
    assert read.ir_version == 7


def test_raw_pixels_go_in_and_labels_and_probabilities_come_out():
    made = session(small())
    assert [(of.name, of.type, of.shape) for of in made.get_inputs()] == [
        ("pixels", "tensor(uint8)", ["n", 3, 4])
    ]
    assert [(of.name, of.type, of.shape) for of in made.get_outputs()] == [
        ("label", "tensor(int64)", ["n"]),
        ("probabilities", "tensor(float)", ["n", 3]),
    ]


def test_a_model_of_colour_images_takes_red_green_and_blue_of_each_pixel():
    model = replace(small(), image_shape=(2, 2, 3))
    agree(model, noise(50, (2, 2, 3)))
    made = session(model)
    assert [(of.name, of.shape) for of in made.get_inputs()] == [("pixels", ["n", 2, 2, 3])]
    assert json.loads(made.get_modelmeta().custom_metadata_map["image_shape"]) == [2, 2, 3]


def test_names_of_classes_and_provenance_are_in_the_metadata():
    texts = session(digit_model()).get_modelmeta().custom_metadata_map
    assert {key: json.loads(text) for key, text in texts.items()} == {
        "class_names": list(NAMES),
        "image_shape": [28, 28],
        "provenance": {"from": "Zürich", "epochs": 1},
    }


def test_the_same_model_gives_the_same_bytes():
    assert to_onnx(small()) == to_onnx(small())


def test_another_model_gives_other_bytes():
    assert to_onnx(small()) != to_onnx(small(names=("a", "b", "d")))


def test_parameters_beyond_what_a_file_can_hold_are_refused(monkeypatch):
    monkeypatch.setattr(nncore.adapters.onnx, "MAX_PARAMETER_BYTES", 400)
    size = small().network.parameters.nbytes
    message = f"parameters must take at most 400 bytes in ONNX, got {size}"
    with pytest.raises(ExportError, match=f"^{message}$"):
        to_onnx(small())


def test_parameters_that_float32_cannot_hold_are_refused():
    network = Network(Architecture(hidden=()), inputs=12, outputs=2, dtype=np.float64)
    network.parameters[3] = -1e39
    with pytest.raises(ExportError, match=re.escape("must fit into float32, got 1e+39")):
        to_onnx(Model(network))
