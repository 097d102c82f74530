"""A data set of as many images as one likes: those of MNIST, each copy distorted anew.

What the stage fetch has left of MNIST comes out as fetch leaves a data set. A larger set begins as
a smaller one does.
"""

import shutil
from pathlib import Path

import numpy as np

from benchmarks.growth.idx_header import idx_header
from nncore.arrays import Bytes
from nncore.config.augment import AugmentSettings
from nncore.data.augment import Augmenter
from nncore.data.idx import read_images, read_labels
from nncore.data.resampling import ImageGrid
from stages.shared.datasets import DATASET_FILE, FILES

# As those of the recipe best-mnist, which are drawn anew each epoch; here an epoch is a copy.
AFFINE = AugmentSettings(rotation=12.0, scale=0.12, shear=0.1, shift=1.0)
SEED = 1
# Images distorted at once, all the memory that is needed; what is drawn depends on it.
PIECE = 10_000


def write(folder: Path, count: int, source: Path) -> None:
    """Write `count` training images to `folder`, and the test images of `source` as they are."""
    folder.mkdir(parents=True, exist_ok=True)
    for name in (FILES["test_images"], FILES["test_labels"], DATASET_FILE):
        shutil.copyfile(source / name, folder / name)
    images = read_images(source / FILES["train_images"])
    labels = read_labels(source / FILES["train_labels"])
    _, rows, columns = images.shape
    distorter = Augmenter(AFFINE, ImageGrid(rows, columns, 0.0), np.random.SeedSequence(SEED))
    with (
        (folder / FILES["train_images"]).open("wb") as pixels,
        (folder / FILES["train_labels"]).open("wb") as classes,
    ):
        pixels.write(idx_header(count, rows, columns))
        classes.write(idx_header(count))
        for first in range(0, count, len(images)):
            copy = first // len(images)
            for part, start in enumerate(range(0, len(images), PIECE)):
                stop = min(start + PIECE, len(images), count - first)
                if start < stop:
                    whole = images[start : start + PIECE]
                    some = distort(distorter, whole, copy, part)[: stop - start]
                    pixels.write(some.data)
                    classes.write(labels[start:stop].data)


def distort(distorter: Augmenter, images: Bytes, copy: int, part: int) -> Bytes:
    """Return images, (n, rows, columns) uint8, distorted as in no other copy or part."""
    values = images.reshape(len(images), -1).astype(np.float32)
    distorter.distort(values, epoch=copy, gather=part)
    return np.rint(values).astype(np.uint8)
