"""The map of the test set: its images, and its places against NumPy."""

import numpy as np
import pytest
from page_results import digit_results, small_results

from stages.page.images import samples
from stages.reporting import activation_map as reporting
from stages.reporting.activation_map import activation_map


def map_of(page_results):
    return activation_map(page_results.model, page_results.images, page_results.predictions)


def relu_layers(model, images):
    """Return the activations of each layer by NumPy, with the logits as the last."""
    values, layers = images.astype(np.float64), [images.astype(np.float64)]
    *hidden, last = zip(model.network.weights, model.network.biases, strict=True)
    for weight, bias in hidden:
        values = np.maximum(values @ weight + bias, 0)
        layers.append(values)
    return [*layers, values @ last[0] + last[1]]


@pytest.fixture(scope="module")
def digits():
    return digit_results()


@pytest.mark.parametrize("layer", range(4))
def test_the_places_are_those_of_the_singular_value_decomposition(digits, layer):
    result = map_of(digits).layers[layer]
    values = relu_layers(digits.model, digits.images)[layer]
    centred = values - values.mean(axis=0)
    left, singular, _ = np.linalg.svd(centred, full_matrices=False)
    expected = left[:, :2] * singular[:2]
    expected *= 32767 / np.abs(expected).max()
    places = result.coordinates.astype(np.float64)
    # The sign of a direction is free.
    expected *= np.sign(np.sum(expected * places, axis=0))
    np.testing.assert_allclose(places, expected, atol=40)
    fractions = singular[:2] ** 2 / np.sum(singular**2)
    np.testing.assert_allclose(result.fractions, fractions, rtol=1e-3)


def test_of_many_images_some_from_begin_to_end_are_on_the_map(digits, monkeypatch):
    monkeypatch.setattr(samples, "MAX_MAP_IMAGES", 7)
    assert map_of(digits).rows.tolist() == [0, 42, 85, 128, 171, 214, 257]


def test_large_images_are_fewer_and_spread_too(digits, monkeypatch):
    monkeypatch.setattr(reporting, "MAX_ACTIVATIONS", 784 * 8)
    rows = map_of(digits).rows
    assert len(rows) == 8
    assert np.diff([*rows, 300]).max() <= 2 * 300 / 8


def test_one_image_is_on_the_map_of_images_that_are_too_large(digits, monkeypatch):
    monkeypatch.setattr(reporting, "MAX_ACTIVATIONS", 1)
    assert map_of(digits).rows.tolist() == [0]


def test_images_that_are_all_the_same_have_one_place():
    page_results = small_results()
    page_results.images[:] = 0.5
    assert not any(layer.coordinates.any() for layer in map_of(page_results).layers)
