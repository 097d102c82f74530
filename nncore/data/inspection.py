"""Statistics of images before a training: values, constant pixels, copies and labels of copies.

All images of an array have the same shape. They come in batches; a digest of each image and a few
counts stay in memory.
"""

import hashlib

import numpy as np
from numpy.typing import NDArray

from nncore.arrays import Array, Bytes, Indices

# Bytes of SHA-256: of 2^32 different images, two have the same ones with a probability of 2^-65.
DIGEST_BYTES = 16
LEVELS = 256


class ImageStatistics:
    """Values of the pixels of images that come in batches.

    Attributes
    ----------
    count : number of images so far
    blank : number of images whose pixels all have one value
    seen : (256,) whether any pixel has this value
    """

    def __init__(self, pixels: int) -> None:
        self.count = 0
        self.blank = 0
        self.seen = np.zeros(LEVELS, bool)
        self._lowest = np.full(pixels, LEVELS - 1, np.uint8)
        self._highest = np.zeros(pixels, np.uint8)

    def update(self, images: Bytes) -> None:
        """Count images, (n, pixels)."""
        self.count += len(images)
        self.blank += int(np.count_nonzero(images.min(axis=1) == images.max(axis=1)))
        np.minimum(self._lowest, images.min(axis=0), out=self._lowest)
        np.maximum(self._highest, images.max(axis=0), out=self._highest)
        if not self.seen.all():
            self.seen |= np.bincount(images.ravel(), minlength=LEVELS) > 0

    def constant(self) -> NDArray[np.bool_]:
        """Return whether a pixel has the same value in all images, (pixels,)."""
        result: NDArray[np.bool_] = self._lowest == self._highest
        return result

    def levels(self) -> list[int]:
        """Return the values that occur, ascending."""
        return np.flatnonzero(self.seen).tolist()


def image_digests(images: Bytes) -> Array:
    """Return the digest of each image's bytes, (n,): equal images have equal digests.

    Parameters
    ----------
    images : (n, pixels), in C order
    """
    digests = [hashlib.sha256(image).digest()[:DIGEST_BYTES] for image in images]
    return np.array(digests, f"S{DIGEST_BYTES}")


def number_images(digests: Array) -> Indices:
    """Return a number for each image, (n,), from 0: equal images have equal numbers."""
    numbers: Indices = np.unique(digests, return_inverse=True)[1]
    return numbers


def count_copies(numbers: Indices) -> int:
    """Return the number of images that are copies of an earlier one.

    Parameters
    ----------
    numbers : (n,) from `number_images`
    """
    return len(numbers) - len(np.unique(numbers))


def count_seen(numbers: Indices, others: Indices) -> int:
    """Return the number of images that are copies of one of the others.

    Parameters
    ----------
    numbers, others : (n,) and (m,), from one call of `number_images`
    """
    return int(np.count_nonzero(np.isin(numbers, others)))


def find_contradictions(numbers: Indices, labels: Bytes) -> Indices:
    """Return the positions, ascending, of the images that have a copy with another label.

    Parameters
    ----------
    numbers : (n,) from `number_images`
    labels : (n,) uint8
    """
    if not len(numbers):
        return np.empty(0, np.int64)
    pairs = np.unique(numbers * LEVELS + labels)
    distinct_labels = np.bincount(pairs // LEVELS)
    return np.flatnonzero(distinct_labels[numbers] > 1)
