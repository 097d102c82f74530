"""The numbers that the page computes inside a network, against nncore's and NumPy's."""

import json

import numpy as np
import pytest
from page_results import mnist_sample, random_images, random_model, results

from nncore.analysis.activations import activations
from nncore.analysis.attribution import gradient_times_input
from nncore.cli.pictures import luminance
from nncore.config.architecture import Architecture
from nncore.data.preprocessing import Normalization
from stages.page.images.samples import TrainingImages
from stages.shared.fingerprint import ROOT

HIDDEN = ("identity", "leaky_relu", "relu", "sigmoid", "tanh")
NORMALIZATION = Normalization(33.318421, 78.567489)


def inputs_of(model, images):
    return model.normalization.table()[images.reshape(len(images), -1)]


def show_model(show, model, images, **others):
    browser = show(
        results(model, images, np.arange(len(images)) % len(model.class_names), **others)
    )
    assert browser.messages == []
    return browser


def parts_by_page(browser, image, label):
    """Return the parts of the inputs, and that of all biases."""
    pixels = json.dumps(image.ravel().tolist())
    script = f"""(() => {{
      const {{ a }} = nncore.trace({pixels});
      const {{ model, network }} = nncore;
      const {{ inputs, biases }} = nncore.classContributions(model, network.parameters, a, {label});
      return [Array.from(inputs), biases];
    }})()"""
    inputs, biases = browser.run(script)
    return np.array(inputs), biases


@pytest.mark.parametrize("hidden", [(), ("relu",), ("relu", "leaky_relu"), HIDDEN])
def test_the_parts_of_inputs_are_those_of_nncore(show, hidden):
    widths = (9, 30, 9, 20, 9)[: len(hidden)]
    architecture = Architecture(hidden=widths, activation=hidden or "relu")
    model = random_model(architecture, (5, 4), "abc", NORMALIZATION)
    images = random_images(model, 6)
    browser = show_model(show, model, images)
    for image, sample in zip(images, inputs_of(model, images), strict=True):
        expected = gradient_times_input(model.network, sample)
        logits = activations(model.network, sample[np.newaxis])[-1][0]
        for label in range(3):
            inputs, biases = parts_by_page(browser, image, label)
            assert inputs == pytest.approx(expected[label], rel=1e-6, abs=1e-6)
            if set(hidden) <= {"identity", "leaky_relu", "relu"}:
                assert inputs.sum() + biases == pytest.approx(logits[label], rel=1e-5, abs=1e-5)


def test_the_parts_of_a_trained_network_are_those_of_nncore(opened, digit_model):
    images = mnist_sample(ROOT)[0][:5]
    for image, sample in zip(images, inputs_of(digit_model, images), strict=True):
        expected = gradient_times_input(digit_model.network, sample)
        for label in range(10):
            got, _ = parts_by_page(opened, image, label)
            assert np.abs(got - expected[label]).max() < 1e-6


def test_a_single_output_speaks_for_the_second_class_and_against_the_first(show):
    architecture = Architecture(hidden=(5,), output="sigmoid", loss="binary_cross_entropy")
    model = random_model(architecture, (4, 3), "ab", outputs=1)
    images = random_images(model, 2)
    browser = show_model(show, model, images)
    (expected,) = gradient_times_input(model.network, inputs_of(model, images)[0])
    second, biases = parts_by_page(browser, images[0], 1)
    first, opposite = parts_by_page(browser, images[0], 0)
    assert second == pytest.approx(expected, abs=1e-6)
    assert first == pytest.approx(-expected, abs=1e-6)
    assert opposite == -biases


def terms_by_page(browser, image, layer, unit):
    return browser.run(
        f"""(() => {{
          const terms = nncore.unitTerms(
            nncore.network.layers, nncore.trace({image.ravel().tolist()}), {layer}, {unit});
          const [inputs, weights, products] = [terms.inputs, terms.weights, terms.products].map(
            (values) => Array.from(values));
          return {{ ...terms, inputs, weights, products }};
        }})()"""
    )


@pytest.mark.parametrize("activation", HIDDEN)
def test_the_products_of_a_unit_add_up_to_the_z_of_nncore(show, activation):
    model = random_model(
        Architecture(hidden=(9, 7), activation=activation), (4, 3), "abc", NORMALIZATION
    )
    images = random_images(model, 3)
    browser = show_model(show, model, images)
    for image, sample in zip(images, inputs_of(model, images), strict=True):
        values = activations(model.network, sample[np.newaxis])
        for layer, unit in ((1, 0), (1, 8), (2, 3), (3, 2)):
            terms = terms_by_page(browser, image, layer, unit)
            below, weight = values[layer - 1][0], model.network.weights[layer - 1][:, unit]
            bias = model.network.biases[layer - 1][unit]
            assert terms["inputs"] == pytest.approx(below, rel=1e-6, abs=1e-6)
            assert terms["weights"] == pytest.approx(weight, rel=1e-6, abs=1e-6)
            assert terms["products"] == [
                x * w for x, w in zip(terms["inputs"], terms["weights"], strict=True)
            ]
            # Exact: the products are on a grid, so that NumPy's order gives the same sum.
            assert np.sum(terms["products"]) == terms["sum"]
            assert np.float32(np.float32(terms["sum"]) + bias) == np.float32(terms["z"])
            assert terms["bias"] == bias
            # A hidden layer's activation, and the logit of the last one.
            computed = terms["z" if layer == 3 else "activation"]
            assert np.float32(computed) == values[layer][0, unit]


def test_the_steps_of_softmax_are_those_of_numpy(opened):
    z = np.array([3.5, -2, 0.25, 11, 10.75, -40], np.float32)
    steps = opened.run(
        f"""(() => {{
          const steps = nncore.softmaxSteps(new Float32Array({z.tolist()}));
          return {{ ...steps, outputs: Array.from(steps.outputs) }};
        }})()"""
    )
    differences = z.astype(float) - 11
    powers = np.exp(differences)
    assert steps["highest"] == 11
    assert steps["differences"] == differences.tolist()
    assert steps["powers"] == pytest.approx(powers, rel=1e-14)
    assert steps["total"] == pytest.approx(powers.sum(), rel=1e-13)
    assert steps["outputs"] == pytest.approx(powers / powers.sum(), rel=1e-6)


def test_the_nearest_training_images_are_those_of_numpy(show, digit_model):
    images, labels = mnist_sample(ROOT, "train")
    images, labels = images[:700], labels[:700].astype(np.int64)
    training = TrainingImages(inputs_of(digit_model, images), labels)
    test_images, _ = mnist_sample(ROOT)
    browser = show_model(show, digit_model, test_images[:20], training_images=training)
    rows = images.reshape(700, -1).astype(float)
    for image in test_images[:5]:
        found = browser.run(
            f"nncore.nearestRows(nncore.trainingImages().pixels, {image.ravel().tolist()}, 9)"
        )
        distances = np.linalg.norm((rows - image.ravel()) / 255, axis=1)
        order = np.argsort(distances, kind="stable")[:9]
        assert [entry["row"] for entry in found] == order.tolist()
        assert [entry["distance"] for entry in found] == pytest.approx(distances[order], rel=1e-12)


def test_of_equally_near_images_the_first_is_the_first(opened):
    rows = "new Uint8Array([9, 9, 1, 0, 0, 1, 9, 9])"
    found = opened.run(f"nncore.nearestRows({rows}, new Uint8Array(2), 3).map((e) => e.row)")
    assert found == [1, 2, 0]


@pytest.mark.parametrize("alpha", [255, 200, "random"])
def test_the_luminance_of_a_picture_is_that_of_nncore(opened, alpha):
    rng = np.random.default_rng(3)
    picture = rng.integers(0, 256, (8, 6, 4), dtype=np.uint8)
    if alpha != "random":
        picture[..., 3] = alpha
    got = opened.run(f"Array.from(nncore.luminance({picture.ravel().tolist()}))")
    assert np.array(got) / 255 == pytest.approx(luminance(picture).ravel(), abs=1e-12)
