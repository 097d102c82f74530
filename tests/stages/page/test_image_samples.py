"""The images that the page's scripts compute with: which ones, and that they are unchanged."""

import base64
import json
import re

import numpy as np
import pytest
from page_pictures import pictures_of, unpack
from page_results import (
    floats,
    mnist_sample,
    random_model,
    results,
    results_with_training,
    small_results,
    training_images,
)

from nncore.config.architecture import Architecture
from nncore.data.preprocessing import Normalization
from stages.page.images import samples
from stages.page.images.document import page
from stages.page.images.samples import (
    TrainingImages,
    sample_test_images,
    sample_training_images,
)
from stages.page.images.zero_runs import pack_zero_runs
from stages.shared.fingerprint import ROOT
from stages.shared.report_inputs import Predictions, spread_order


def test_a_run_of_zeros_is_packed_as_a_zero_and_its_length():
    values = np.array([7, 0, 0, 0, 255, 0], np.uint8)
    assert pack_zero_runs(values) == bytes([7, 0, 3, 255, 0, 1])
    assert pack_zero_runs(np.zeros(600, np.uint8)) == bytes([0, 255, 0, 255, 0, 90])


def test_all_training_images_are_packed_if_they_are_few():
    pixels, classes = training_images()
    sample = sample_training_images(TrainingImages(floats(pixels), classes), Normalization())
    assert (sample.numbers, sample.total) == (list(range(60)), 60)
    assert sample.labels == classes.tolist()
    assert unpack(sample.packed) == pixels.tobytes()


def test_each_class_has_equally_many_training_images_as_far_as_there_are(monkeypatch):
    monkeypatch.setattr(samples, "MAX_TRAINING_IMAGES", 30)
    pixels, _ = training_images(100)
    classes = np.repeat([0, 1, 2], [80, 16, 4])
    sample = sample_training_images(TrainingImages(floats(pixels), classes), Normalization())
    assert np.bincount(sample.labels).tolist() == [13, 13, 4]
    assert sample.numbers == sorted(set(sample.numbers))
    assert sample.labels == classes[sample.numbers].tolist()
    assert unpack(sample.packed) == pixels[sample.numbers].tobytes()


def test_the_bytes_of_large_images_bound_their_number(monkeypatch):
    monkeypatch.setattr(samples, "MAX_TRAINING_BYTES", 400)
    pixels, classes = training_images()
    sample = sample_training_images(TrainingImages(floats(pixels), classes), Normalization())
    assert 0 < len(sample) < 60
    assert 350 < len(base64.b64encode(sample.packed)) <= 400
    assert max(np.bincount(sample.labels)) - min(np.bincount(sample.labels)) <= 1


def test_test_images_have_the_labels_of_their_predictions(monkeypatch):
    """Of 60 images the map has 40; every second of these is one to compute with."""
    monkeypatch.setattr(samples, "MAX_MAP_IMAGES", 40)
    monkeypatch.setattr(samples, "MAX_TEST_IMAGES", 20)
    pixels, _ = training_images()
    numbers = np.arange(60)[::-1]
    names = [chr(97 + row) for row in range(60)]
    predictions = Predictions(names, names, np.ones(60), numbers)
    model = random_model(Architecture(hidden=()), (4, 3), names)
    sample = sample_test_images(floats(pixels), predictions, model)
    assert (len(sample), sample.computed, sample.total) == (40, 20, 60)
    mapped = [59 - row * 60 // 40 for row in range(40)]
    assert sorted(sample.numbers) == sorted(mapped)
    assert sample.numbers[:20] == sorted(mapped[::2])
    assert sample.numbers[20:] == sorted(mapped[1::2])
    assert sample.labels == [59 - number for number in sample.numbers]
    assert unpack(sample.packed) == pixels[sample.numbers].tobytes()


@pytest.mark.parametrize("fitting", [1, 7, 20, 33])
def test_of_large_images_those_that_fit_are_spread_over_the_test_set(monkeypatch, fitting):
    """No distance between two is more than four times the mean: random ones would have more."""
    monkeypatch.setattr(samples, "MAX_TEST_BYTES", fitting * 12 * 4 // 3 + 8)
    pixels = np.full((400, 12), 9, np.uint8)
    predictions = Predictions(["a"] * 400, ["a"] * 400, np.ones(400), np.arange(400))
    model = random_model(Architecture(hidden=()), (4, 3), "abc")
    sample = sample_test_images(floats(pixels), predictions, model)
    assert len(sample) == fitting
    places = np.sort([*sample.numbers, 400])
    assert places[0] == 0
    assert np.diff(places).max() <= 4 * 400 / fitting


@pytest.mark.parametrize("count", [1, 2, 3, 10, 64, 1000])
def test_a_spread_order_has_the_rows_once_and_its_first_half_every_second_one(count):
    rows = spread_order(count, 3 * count)
    assert sorted(rows) == list(range(0, 3 * count, 3))
    half = (count + 1) // 2
    assert sorted(rows[:half]) == list(range(0, 3 * count, 6))


def test_an_image_of_the_map_and_of_a_gallery_is_in_the_page_once(monkeypatch):
    """All 40 test images are shown; the sample has 16 of them."""
    monkeypatch.setattr(samples, "MAX_MAP_IMAGES", 16)
    shown = small_results(images=40, training_examples=None)
    text = page(shown)
    pictures = pictures_of(text, 12)
    assert len(np.unique(pictures, axis=0)) == len(pictures) > 16
    canvases = re.findall(r'data-picture="(\d+)" role="img" aria-label="Test image (\d+)', text)
    originals = np.rint(255 * shown.images).astype(np.uint8)
    for picture, number in canvases:
        assert np.array_equal(pictures[int(picture)], originals[int(number)])
    assert {int(picture) for picture, _ in canvases} >= set(range(16, len(pictures)))
    assert f"This page embeds {len(pictures)} of 40 test images" in text


def test_the_choice_is_the_same_each_time():
    pixels, classes = training_images()
    samples = [
        sample_training_images(TrainingImages(floats(pixels), classes), Normalization())
        for _ in range(2)
    ]
    assert samples[0] == samples[1]


def test_the_page_gives_the_numbers_of_its_images():
    text = page(results_with_training(*training_images()))
    assert "embeds 12 of 12 test images and 60 of 60 training images, and shows 2 " in text


def test_a_page_without_images_has_none_to_compute_with():
    text = page(results_with_training(*training_images(), embed_images=False))
    assert 'id="test-images"' not in text
    assert 'id="training-images"' not in text


def test_a_page_whose_network_is_too_large_has_none_to_compute_with(monkeypatch):
    monkeypatch.setattr("stages.page.images.parameters.MAX_PARAMETER_BYTES", 0)
    text = page(results_with_training(*training_images()))
    assert 'id="test-images"' not in text


def by_page(browser, split):
    return browser.run(
        f"(({{pixels, labels, numbers, total}}) => [Array.from(pixels), labels, numbers, total])"
        f"(nncore.{split}Images())"
    )


@pytest.mark.parametrize("shape", [(4, 3), (2, 2, 3)])
def test_the_browser_unpacks_the_bytes_of_the_images(show, shape):
    pixels, classes = training_images()
    shown = results_with_training(pixels, classes, shape=shape)
    browser = show(shown)
    assert by_page(browser, "training") == [
        pixels.ravel().tolist(),
        classes.tolist(),
        list(range(60)),
        60,
    ]
    assert by_page(browser, "test") == [
        np.rint(255 * shown.images).astype(int).ravel().tolist(),
        [0, 1, 2] * 4,
        list(range(12)),
        12,
    ]
    assert browser.messages == []


def test_five_thousand_digits_keep_the_page_below_four_megabytes(digit_model):
    """Each image of the sample of MNIST is embedded more than once."""
    pixels, labels = mnist_sample(ROOT, "train")
    rows = np.arange(5500) % len(pixels)
    training = TrainingImages(floats(pixels[rows]), labels[rows].astype(np.int64))
    text = page(results(digit_model, *mnist_sample(ROOT), training_images=training))
    (sample,) = re.findall(r'id="training-images">(.*?)</script>', text, re.DOTALL)
    count = len(json.loads(sample)["numbers"])
    assert count == 5000 or len(json.loads(sample)["packed"]) > 1_299_000
    # The default network has 235,000 parameters, this one 32,000.
    assert len(text.encode()) + 4 * 203_000 * 4 / 3 < 4_000_000
