"""A data set of made-up images, written as the stage fetch leaves one, however many they are.

Its bytes depend on the number of images alone, and a larger set begins as a smaller one does.
"""

import json
from pathlib import Path

import numpy as np

from benchmarks.growth.idx_header import idx_header
from benchmarks.speed.networks import CLASSES, INPUTS
from nncore.arrays import Bytes
from stages.shared.datasets import DATASET_FILE, IMAGES_FORMAT

SIDE = 28
TEST_IMAGES = 1_000
# Images made at once: all the memory that is needed, however many are written.
PIECE = 10_000


def write(folder: Path, count: int, piece: int = PIECE) -> None:
    """Write `count` training images, 1,000 test images, their labels and dataset.json."""
    folder.mkdir(parents=True, exist_ok=True)
    _write_part(folder, "train", count, piece)
    _write_part(folder, "t10k", TEST_IMAGES, piece)
    dataset = {
        "class_names": list(map(str, range(CLASSES))),
        "format": IMAGES_FORMAT,
        "pictures": "as-is",
    }
    (folder / DATASET_FILE).write_text(json.dumps(dataset), encoding="utf-8")


def _write_part(folder: Path, part: str, count: int, piece: int) -> None:
    """Write images and labels, the labels of a tenth drawn anew, which no network can learn.

    An image is noise in a quarter of the pixels, another quarter for each class.
    """
    # Drawn from without a break, so that no byte depends on where a piece ends.
    streams = np.random.SeedSequence(list(part.encode())).spawn(2)
    noise_rng, labels_rng = map(np.random.default_rng, streams)
    lit = _lit()
    with (
        (folder / f"{part}-images-idx3-ubyte").open("wb") as images,
        (folder / f"{part}-labels-idx1-ubyte").open("wb") as labels,
    ):
        images.write(idx_header(count, SIDE, SIDE))
        labels.write(idx_header(count))
        for start in range(0, count, piece):
            rows = min(piece, count - start)
            shown, other, tenth = labels_rng.integers(CLASSES, size=(rows, 3)).T
            pixels = noise_rng.integers(256, size=(rows, INPUTS), dtype=np.uint8)
            pixels *= lit[shown]
            images.write(pixels.data)
            labels.write(np.where(tenth == 0, other, shown).astype(np.uint8).data)


def _lit() -> Bytes:
    """Return a row for each class: 1 where its images are lit, 0 elsewhere."""
    return (np.random.default_rng(1).random((CLASSES, INPUTS)) < 0.25).astype(np.uint8)
