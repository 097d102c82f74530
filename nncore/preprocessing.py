"""From pixels and labels to what a network reads: scaling, one-hot rows, held-out images."""

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

import numpy as np

from nncore.arrays import Bytes, Floats, Indices
from nncore.errors import NncoreError

# A person can read them, and what a file says is exactly what was applied.
DECIMALS = 6


class PreprocessingError(NncoreError):
    """Images and labels that don't fit each other, or a part larger than the whole."""


def check_agreement(train: tuple[Bytes, Bytes], test: tuple[Bytes, Bytes], classes: int) -> None:
    """Check what four files must have in common.

    Parameters
    ----------
    train, test : images (·, rows, columns) uint8 and labels (·,) uint8
    classes : number of classes

    Raises
    ------
    PreprocessingError
        Not a label for each image, a label outside [0, classes), or two sizes of images.
    """
    for part, (images, labels) in {"training": train, "test": test}.items():
        if len(labels) != len(images):
            raise PreprocessingError(
                f"the {part} labels: expected {len(images)}, one an image, got {len(labels)}"
            )
        highest = int(labels.argmax())
        if labels[highest] >= classes:
            raise PreprocessingError(
                f"the {part} labels: expected less than the number of class names, {classes}, "
                f"got {labels[highest]} for image {highest}"
            )
    size, got = train[0].shape[1:], test[0].shape[1:]
    if got != size:
        raise PreprocessingError(f"the test images: expected {size} as in training, got {got}")


@dataclass(frozen=True)
class Scaling:
    """An affine map of pixels: (value - mean) / std.

    Attributes
    ----------
    mean, std : in units of pixel values; 0 and 255 map onto [0, 1]
    """

    mean: float = 0.0
    std: float = 255.0

    def table(self) -> Floats:
        """Return the scaled value of each pixel value: (256,) float32, rounded once."""
        values = (np.arange(256, dtype=np.float64) - self.mean) / self.std
        return values.astype(np.float32)


def scale(pixels: Bytes, table: Floats, out: Floats) -> None:
    """Write `table` at `pixels` to `out`, of the shape of `pixels`."""
    # No byte lies outside a table of 256: clip only spares the check.
    np.take(table, pixels, out=out, mode="clip")


def pixel_statistics(batches: Iterable[Bytes]) -> tuple[float, float]:
    """Return mean and standard deviation over all pixels of all `batches`.

    Computed in integers: batches and order don't show in the result, rounded to `DECIMALS`.

    Parameters
    ----------
    batches : uint8 arrays of any shape, at least one pixel in all

    Returns
    -------
    (mean, std) : a std of 0, where all pixels are alike, is given as 1
    """
    counts = np.zeros(256, np.int64)
    for batch in batches:
        counts += np.bincount(batch.ravel(), minlength=256)
    # Python's integers, which have no upper bound.
    n = int(counts.sum())
    total = sum(value * count for value, count in enumerate(counts.tolist()))
    squares = sum(value * value * count for value, count in enumerate(counts.tolist()))
    # Var = (n Σv² - (Σv)²) / n²
    std = math.sqrt(n * squares - total * total) / n
    return round(total / n, DECIMALS), round(std, DECIMALS) or 1.0


def one_hot(labels: Bytes, classes: int) -> Floats:
    """Return a row for each of `labels` with 1 in the column of its class.

    Parameters
    ----------
    labels : (n,) uint8, each below `classes`

    Returns
    -------
    (n, classes) float32
    """
    rows = np.zeros((len(labels), classes), np.float32)
    rows[np.arange(len(labels)), labels] = 1
    return rows


def hold_out(
    labels: Bytes, size: float, method: Literal["last", "stratified"], seed: int
) -> tuple[Indices, Indices]:
    """Divide the images into a training and a validation part.

    Parameters
    ----------
    labels : (n,) uint8
    size : how many images; if a float, their share of n, with half an image rounded up
    method : last: the last images; stratified: drawn, from each class in proportion
    seed : of the draw

    Returns
    -------
    (train, validation) : two (·,) int64 arrays, ascending, which together are 0…n-1

    Raises
    ------
    PreprocessingError
        Nothing is left to train on; for stratified, not even an image of each class.
    """
    n = len(labels)
    count = math.floor(size * n + 0.5) if isinstance(size, float) else size
    # Even a class with a single image keeps it for training.
    most = n - (len(np.unique(labels)) if method == "stratified" else 1)
    if not 0 <= count <= most:
        allowed = f"0 to {most} of {n} training images"
        raise PreprocessingError(f"validation.held_out: expected {allowed} ({method}), got {count}")
    if method == "last":
        held = np.arange(n - count, n)
    else:
        held = _draw(labels, count, _streams(seed)[0], spared=1)
    return np.setdiff1d(np.arange(n), held, assume_unique=True), held


def subset(labels: Bytes, indices: Indices, size: int, seed: int) -> Indices:
    """Return `size` of `indices`, drawn from each class in proportion, ascending.

    Parameters
    ----------
    labels : (n,) uint8, of all images
    indices : (m,) int64, ascending, the images to draw from
    seed : may be that of `hold_out`; the draws are independent

    Raises
    ------
    PreprocessingError
        `size` is not one of 1…m.
    """
    if not 1 <= size <= len(indices):
        raise PreprocessingError(f"train_size: expected 1 to {len(indices)} images, got {size}")
    drawn: Indices = indices[_draw(labels[indices], size, _streams(seed)[1], spared=0)]
    return drawn


def _streams(seed: int) -> list[np.random.Generator]:
    """Return the generators of `hold_out` and `subset`."""
    return [np.random.default_rng(child) for child in np.random.SeedSequence(seed).spawn(2)]


def _draw(labels: Bytes, size: int, rng: np.random.Generator, *, spared: int) -> Indices:
    """Draw `size` positions, ascending, but leave `spared` of each class."""
    present = np.bincount(labels, minlength=256)
    counts = _shares(size, present, np.maximum(present - spared, 0))
    drawn = [
        rng.permutation(np.flatnonzero(labels == label))[:count]
        for label, count in enumerate(counts)
    ]
    return np.sort(np.concatenate(drawn))


def _shares(size: int, present: Indices, most: Indices) -> Indices:
    """Divide `size` in proportion to `present`, by largest remainder, nowhere above `most`.

    Equal remainders go to the lower class. `size` must not exceed the sum of `most`.
    """
    counts, remainders = np.divmod(size * present, present.sum())
    order = np.argsort(-remainders, kind="stable")
    while short := size - int(counts.sum()):
        # More than one round only where `most` refuses a class its image.
        counts[order[counts[order] < most[order]][:short]] += 1
    return counts
