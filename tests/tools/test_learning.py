"""The animation of the default network: its file, and what a frame shows."""

import json

import numpy as np
import pytest
from PIL import Image

from nncore.training.history import EpochRecord
from stages.shared.fingerprint import ROOT
from tools.learning import LAST_TIME, MAX_BYTES, Recording, changes, choose_images, write
from tools.learning_frame import (
    COLUMNS,
    GREEN,
    HEIGHT,
    ROWS,
    UNITS,
    VERMILION,
    WIDTH,
    Epoch,
    draw_frame,
)

PICTURE = ROOT / "docs/pictures/learning.png"


def history(epochs):
    losses = np.linspace(2, 1, epochs)
    return [EpochRecord(n, 0.1, loss, 0.5, loss, 0.5, ()) for n, loss in enumerate(losses)]


def epoch(predicted):
    actual = np.tile(np.arange(COLUMNS), (ROWS, 1))
    return Epoch(
        number=1,
        title="4-3-10",
        training="training",
        history=history(3),
        accuracy=0.5,
        weights=np.zeros((UNITS, 28, 28)),
        images=np.zeros((ROWS, COLUMNS, 28, 28), np.float32),
        predicted=predicted(actual),
        actual=actual,
    )


def count(picture, colour):
    return int((np.asarray(picture)[:, :, :3] == colour).all(axis=2).sum())


def test_the_file_is_small_loops_and_rests_at_the_end():
    assert PICTURE.stat().st_size < MAX_BYTES
    with Image.open(PICTURE) as picture:
        assert (picture.size, picture.info["loop"]) == ((WIDTH, HEIGHT), 0)
        # The first one is shown without animations.
        assert picture.n_frames == 82
        picture.seek(81)
        assert picture.info["duration"] == LAST_TIME


def test_it_shows_the_network_whose_accuracy_is_committed():
    accuracy = json.loads((ROOT / "reports/test.json").read_text(encoding="utf-8"))["accuracy"]
    with Image.open(PICTURE) as picture:
        assert float(picture.text["test accuracy"]) == accuracy


def test_a_right_prediction_is_green_and_a_wrong_one_is_not():
    right, wrong = (draw_frame(epoch(f)) for f in (lambda a: a, lambda a: (a + 1) % COLUMNS))
    assert count(right, GREEN) - count(wrong, GREEN) > 30 * 100
    assert count(wrong, VERMILION) - count(right, VERMILION) > 30 * 100


def test_corners_are_transparent_and_all_else_is_opaque():
    alpha = np.asarray(draw_frame(epoch(lambda a: a)))[:, :, 3]
    assert alpha[0, 0] == 0
    assert (alpha[20:-20] == 255).all()


def test_changes_over_a_frame_give_the_next_one():
    before, after = (draw_frame(epoch(f)) for f in (lambda a: a, lambda a: (a + 1) % COLUMNS))
    composed = before.copy()
    composed.alpha_composite(changes(before, after))
    np.testing.assert_array_equal(np.asarray(composed), np.asarray(after))


@pytest.fixture
def recording():
    """Return three epochs; of each class, image k is right from epoch k on."""
    actual = np.tile(np.arange(COLUMNS), 3)
    from_epoch = np.repeat([0, 1, 2], COLUMNS)
    right = np.arange(3)[:, np.newaxis] >= from_epoch
    return Recording(
        history=history(3),
        weights=np.random.default_rng(0).standard_normal((3, UNITS + 2, 784)).astype(np.float32),
        predicted=np.where(right, actual, (actual + 1) % COLUMNS),
        actual=actual,
        images=np.zeros((30, 28, 28), np.float32),
        title="784-18-10",
        training="training",
    )


def test_a_column_holds_images_of_one_class_the_late_ones_below(recording):
    chosen = choose_images(recording)
    assert (recording.actual[chosen] == np.arange(COLUMNS)).all()
    learnt = recording.predicted[:, chosen] == recording.actual[chosen]
    assert (np.diff(learnt.sum(axis=0), axis=0) <= 0).all()


def test_the_same_recording_gives_the_same_bytes(tmp_path, recording):
    for name in ("a.png", "b.png"):
        write(tmp_path / name, recording)
    assert (tmp_path / "a.png").read_bytes() == (tmp_path / "b.png").read_bytes()
