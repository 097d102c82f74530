"""Draw docs/pictures/distortions.png: eight digits, and to the right of each eight distortions.

python -m docs.distortions
"""

import sys
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.image import imsave

from nncore.arrays import Floats
from nncore.config.augment import AugmentSettings
from nncore.data.augment import Augmenter
from nncore.data.idx import read_images, read_labels
from nncore.data.preprocessing import Normalization, apply_lookup
from nncore.data.resampling import ImageGrid

ROOT = Path(__file__).parent.parent
DIGITS = ROOT / "data/samples/mnist-5k"
PICTURE = ROOT / "docs/pictures/distortions.png"
SETTINGS = AugmentSettings(rotation=12, shift=1.5, alpha=34, sigma=4)
COUNT = 8
# In pixels of the picture: an image's pixel, the gap between images, the gap after an original.
PIXEL_SIZE, GAP, WIDE_GAP = 3, 6, 24


def digits() -> Floats:
    """Return the first image of each of the digits 0 to 7, (8, 28, 28)."""
    labels = read_labels(DIGITS / "train-labels-idx1-ubyte.gz")
    first = np.unique(labels, return_index=True)[1][:COUNT]
    pixels = read_images(DIGITS / "train-images-idx3-ubyte.gz")[first]
    images = np.empty(pixels.shape, np.float32)
    apply_lookup(pixels, Normalization().table(), out=images)
    return images


def distorted(images: Floats) -> Floats:
    """Return eight distortions of each image, (n, 8, rows, columns)."""
    count, rows, columns = images.shape
    copies = np.repeat(images.reshape(count, -1), COUNT, axis=0)
    augmenter = Augmenter(SETTINGS, ImageGrid(rows, columns, 0.0), np.random.SeedSequence(1))
    augmenter.distort(copies, epoch=1, gather=0)
    return copies.reshape(count, COUNT, rows, columns)


def draw(path: Path) -> None:
    """Write the picture: each row holds an original and its distortions."""
    images = digits()
    rows, columns = (PIXEL_SIZE * size for size in images.shape[1:])
    height = COUNT * (rows + GAP) + GAP
    width = COUNT * (columns + GAP) + columns + WIDE_GAP + GAP
    sheet = np.full((height, width), 0.5, np.float32)
    for row, (original, others) in enumerate(zip(images, distorted(images), strict=True)):
        for column, image in enumerate([original, *others]):
            y = GAP + row * (rows + GAP)
            x = GAP + column * (columns + GAP) + (WIDE_GAP - GAP) * (column > 0)
            sheet[y : y + rows, x : x + columns] = np.kron(image, np.ones((PIXEL_SIZE, PIXEL_SIZE)))
    # No name of the program, so that the bytes stay the same.
    metadata: Any = {"Software": None}
    imsave(path, sheet, vmin=0, vmax=1, cmap="gray", metadata=metadata)


if __name__ == "__main__":
    draw(Path(sys.argv[1]) if sys.argv[1:] else PICTURE)
