"""Data sets of distorted copies of MNIST: the files of a fetched one, and bytes by number alone."""

import numpy as np
import pytest

from benchmarks.growth import distorted_images, idx_images
from nncore.data.idx import read_images, read_labels
from stages.shared.datasets import DATASET_FILE, FILES

IMAGES = 230


@pytest.fixture(scope="module")
def source(tmp_path_factory):
    """Return a folder with a data set to be distorted."""
    folder = tmp_path_factory.mktemp("source")
    idx_images.write(folder, IMAGES)
    return folder


@pytest.fixture
def write(source, tmp_path):
    """Return a function that writes so many images and gives them and their labels."""

    def written(count, name="set"):
        distorted_images.write(tmp_path / name, count, source)
        images = read_images(tmp_path / name / FILES["train_images"])
        return images, read_labels(tmp_path / name / FILES["train_labels"])

    return written


def test_they_have_the_files_of_a_fetched_data_set(write, tmp_path):
    write(1)
    assert {path.name for path in (tmp_path / "set").iterdir()} == {*FILES.values(), DATASET_FILE}


@pytest.mark.parametrize("count", [1, IMAGES, IMAGES + 1, 3 * IMAGES - 1])
def test_there_are_as_many_as_were_asked_for(write, count):
    images, labels = write(count)
    assert (images.shape, labels.shape) == ((count, 28, 28), (count,))


def test_each_copy_has_the_labels_of_the_originals(write, source):
    _, labels = write(2 * IMAGES + 30)
    originals = read_labels(source / FILES["train_labels"])
    assert np.array_equal(labels, np.tile(originals, 3)[: len(labels)])


def test_test_images_stay_as_they_are(write, tmp_path, source):
    write(1)
    for name in (FILES["test_images"], FILES["test_labels"]):
        assert (tmp_path / "set" / name).read_bytes() == (source / name).read_bytes()


def test_no_two_copies_are_alike_and_none_is_the_original(write, source):
    images, _ = write(2 * IMAGES)
    originals = read_images(source / FILES["train_images"])
    for some, others in (
        (images[:IMAGES], originals),
        (images[IMAGES:], originals),
        (images[:IMAGES], images[IMAGES:]),
    ):
        assert not (some == others).all(axis=(1, 2)).any()


def test_a_larger_set_begins_as_a_smaller_one(write, monkeypatch):
    monkeypatch.setattr(distorted_images, "PIECE", 100)
    larger, labels = write(2 * IMAGES, "larger")
    smaller, few = write(IMAGES + 50, "smaller")
    assert np.array_equal(smaller, larger[: len(smaller)])
    assert np.array_equal(few, labels[: len(few)])
