"""The writer of data/raw: the same files from any batches, whole or not at all."""

import json
import struct

import numpy as np
import pytest

from nncore.errors import NncoreError
from stages.formats.dataset import RawDataset, RawSplit, images_per_batch
from stages.formats.raw import write_raw

IMAGES = np.arange(5 * 2 * 3, dtype=np.uint8).reshape(5, 2, 3)
LABELS = np.array([0, 1, 2, 1, 0], np.uint8)


def split(images=IMAGES, labels=LABELS, step=2):
    starts = range(0, len(images), step)
    batches = [(images[s : s + step], labels[s : s + step]) for s in starts]
    return RawSplit(images.shape[1:], iter(batches))


def contents(folder):
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_the_files_are_idx_files_of_the_counted_images(tmp_path):
    write_raw(tmp_path, RawDataset(split(), split(IMAGES[:2], LABELS[:2]), ("a", "b", "c")))
    written = contents(tmp_path)
    assert json.loads(written.pop("dataset.json")) == {
        "class_names": ["a", "b", "c"],
        "format": "nncore raw images 1",
        "pictures": "as-is",
    }
    assert written == {
        "train-images-idx3-ubyte": struct.pack(">4B3I", 0, 0, 8, 3, 5, 2, 3) + bytes(range(30)),
        "train-labels-idx1-ubyte": struct.pack(">4BI", 0, 0, 8, 1, 5) + bytes([0, 1, 2, 1, 0]),
        "t10k-images-idx3-ubyte": struct.pack(">4B3I", 0, 0, 8, 3, 2, 2, 3) + bytes(range(12)),
        "t10k-labels-idx1-ubyte": struct.pack(">4BI", 0, 0, 8, 1, 2) + bytes([0, 1]),
    }


def test_colour_images_have_four_dimensions(tmp_path):
    colours = np.arange(5 * 2 * 1 * 3, dtype=np.uint8).reshape(5, 2, 1, 3)
    write_raw(tmp_path, RawDataset(split(colours), split(colours)))
    expected = struct.pack(">4B4I", 0, 0, 8, 4, 5, 2, 1, 3) + bytes(range(30))
    assert contents(tmp_path)["train-images-idx3-ubyte"] == expected


def test_batches_that_are_views_are_written_in_order_of_their_pixels(tmp_path):
    turned = IMAGES.transpose(0, 2, 1)
    write_raw(tmp_path, RawDataset(split(turned), split(turned)))
    written = contents(tmp_path)["train-images-idx3-ubyte"]
    assert written == struct.pack(">4B3I", 0, 0, 8, 3, 5, 3, 2) + turned.tobytes()


@pytest.mark.parametrize("step", [1, 3, 5])
def test_the_bytes_do_not_depend_on_the_batches(tmp_path, step):
    for name, size in (("one", step), ("two", 2)):
        write_raw(tmp_path / name, RawDataset(split(step=size), split(step=size)))
    assert contents(tmp_path / "one") == contents(tmp_path / "two")


def test_classes_without_names_are_numbered(tmp_path):
    write_raw(tmp_path, RawDataset(split(), split()))
    assert json.loads(contents(tmp_path)["dataset.json"])["class_names"] == ["0", "1", "2"]


def broken(batches):
    yield from batches
    raise NncoreError("the disk of the source has gone")


@pytest.mark.parametrize(
    ("train", "test", "fault"),
    [
        (split(IMAGES[:0]), split(), "the training images: expected at least one, got none"),
        (split(), split(IMAGES[:0]), "the test images: expected at least one, got none"),
        (split(labels=LABELS * 0), split(labels=LABELS * 0), "expected at least 2 classes, got 0"),
        (split(), split(IMAGES.reshape(5, 3, 2)), r"\(2, 3\) as in training, got \(3, 2\)"),
        (split(), RawSplit((2, 3), broken([(IMAGES, LABELS)])), "the disk of the source"),
    ],
    ids=["no training", "no test", "one class", "sizes", "source"],
)
def test_after_a_refusal_there_is_nothing_new(tmp_path, train, test, fault):
    (tmp_path / "train-images-idx3-ubyte").write_bytes(b"before")
    with pytest.raises(NncoreError, match=fault):
        write_raw(tmp_path, RawDataset(train, test))
    assert contents(tmp_path) == {"train-images-idx3-ubyte": b"before"}


@pytest.mark.parametrize(
    ("shape", "count"), [((1, 1), 1 << 22), ((64, 64, 3), 341), ((4096, 4096, 3), 1)]
)
def test_a_batch_has_about_four_megabytes_and_an_image_at_least(shape, count):
    assert images_per_batch(shape) == count
