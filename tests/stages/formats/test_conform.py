"""Images of arrays get the size and the colour of the settings."""

import numpy as np
import pytest

from stages.formats.conform import conform
from stages.formats.dataset import RawDataset, RawSplit
from stages.shared.params import PreprocessSettings

RNG = np.random.default_rng(0)
GREYS = RNG.integers(0, 256, (3, 4, 6), np.uint8)
COLOURS = RNG.integers(0, 256, (3, 4, 6, 3), np.uint8)
LABELS = np.array([0, 1, 1], np.uint8)


def dataset(images):
    def split():
        return RawSplit(
            images.shape[1:], iter([(images[:2], LABELS[:2]), (images[2:], LABELS[2:])])
        )

    return RawDataset(split(), split(), ("a", "b"))


def conformed(images, **settings):
    """Return the training images and labels, after a check of their shape."""
    result = conform(dataset(images), PreprocessSettings(**settings))
    assert result.class_names == ("a", "b")
    assert result.test.shape == result.train.shape
    batches = list(result.train.batches)
    pixels = np.concatenate([batch for batch, _ in batches])
    assert pixels.shape[1:] == result.train.shape
    assert np.concatenate([labels for _, labels in batches]).tolist() == LABELS.tolist()
    return pixels


@pytest.mark.parametrize(
    ("images", "colour"), [(GREYS, "grey"), (COLOURS, "rgb")], ids=["grey", "rgb"]
)
@pytest.mark.parametrize("size", [None, (4, 6)])
def test_images_that_fit_stay_as_they_are(images, colour, size):
    np.testing.assert_array_equal(conformed(images, colour=colour, size=size), images)


def test_grey_images_get_three_equal_channels():
    expected = np.stack([GREYS] * 3, axis=-1)
    np.testing.assert_array_equal(conformed(GREYS, colour="rgb"), expected)


def test_colours_become_their_luminance():
    expected = COLOURS @ np.array([0.299, 0.587, 0.114])
    assert np.abs(conformed(COLOURS) - expected).max() <= 0.51


@pytest.mark.parametrize("images", [GREYS, COLOURS], ids=["grey", "rgb"])
def test_images_are_stretched(images):
    assert conformed(images, size=(8, 3)).shape == (3, 8, 3)
    assert conformed(images, size=5, colour="rgb").shape == (3, 5, 5, 3)


def test_a_flat_image_keeps_its_value():
    flat = np.full((3, 4, 6), 77, np.uint8)
    np.testing.assert_array_equal(conformed(flat, size=9), np.full((3, 9, 9), 77))
