"""Images of arrays get the size and the colour of the settings."""

import json
from pathlib import Path

import numpy as np
import pytest

from nncore.model_file import load
from stages.fetch import fetch
from stages.formats.conform import conform
from stages.formats.dataset import RawDataset, RawSplit
from stages.preprocess import preprocess
from stages.shared.params import PreprocessSettings
from stages.train import train

SAMPLES = Path(__file__).parents[3] / "data/samples"

RNG = np.random.default_rng(0)
GREYS = RNG.integers(0, 256, (3, 4, 6), np.uint8)
COLOURS = RNG.integers(0, 256, (3, 4, 6, 3), np.uint8)
LABELS = np.array([0, 1, 1], np.uint8)


def dataset(images, pictures="as-is"):
    def split():
        return RawSplit(
            images.shape[1:], iter([(images[:2], LABELS[:2]), (images[2:], LABELS[2:])])
        )

    return RawDataset(split(), split(), ("a", "b"), pictures)


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


@pytest.mark.parametrize(
    ("images", "settings", "pictures"),
    [
        (GREYS, {}, "digit"),
        (GREYS, {"size": (4, 6)}, "digit"),
        (COLOURS, {}, "digit"),
        (GREYS, {"colour": "rgb"}, "as-is"),
        (COLOURS, {"colour": "rgb"}, "as-is"),
        (GREYS, {"size": 9}, "as-is"),
    ],
)
def test_digits_of_another_size_or_in_colour_are_taken_as_they_are(
    images, settings, pictures, capsys
):
    result = conform(dataset(images, "digit"), PreprocessSettings(**settings))
    assert result.pictures == pictures
    line = "are no longer made as MNIST's digits\n"
    assert capsys.readouterr().out.endswith(line) == (pictures == "as-is")


def test_pictures_taken_as_they_are_stay_so_without_a_line(capsys):
    assert conform(dataset(GREYS), PreprocessSettings(colour="rgb")).pictures == "as-is"
    assert "digits" not in capsys.readouterr().out


def test_a_flat_image_keeps_its_value():
    flat = np.full((3, 4, 6), 77, np.uint8)
    np.testing.assert_array_equal(conformed(flat, size=9), np.full((3, 9, 9), 77))


@pytest.mark.parametrize(
    ("settings", "pictures"), [({}, "digit"), ({"colour": "rgb"}, "as-is"), ({"size": 9}, "as-is")]
)
def test_digits_train_in_every_size_and_colour(tmp_path, capsys, settings, pictures):
    """The distortions of digits are a warning once they are no digits any more."""
    params, raw, processed = (tmp_path / name for name in ("params.yaml", "raw", "processed"))
    sections = {
        "fetch": {"path": str(SAMPLES)},
        "preprocess": settings | {"train_size": 50, "validation": {"held_out": 0}},
        "model": {"hidden": [2]},
        "train": {"epochs": 1, "augment": {"rotation": 12.0, "shift": 1.5}},
    }
    params.write_text(json.dumps(sections))
    fetch(params, raw)
    preprocess(params, raw, processed, tmp_path)
    path = tmp_path / "model.npz"
    capsys.readouterr()
    train(
        params=params,
        processed=processed,
        model=path,
        reports=tmp_path,
        checkpoints=tmp_path / "checkpoints",
    )
    assert load(path).pictures == pictures
    warned = "warning: images that are not digits" in capsys.readouterr().out
    assert warned == (pictures == "as-is")
