"""Preprocessing of images: checks and normalization."""

import math
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from nncore.arrays import Bytes, Floats
from nncore.errors import (
    PreprocessingError,
    require,
    require_above_zero,
    require_finite,
    to_python,
)

# Decimals of the pixel statistics, so that a file holds exactly the values that were applied.
DECIMALS = 6
# Pixel values are 0 to 255, so no normalization of them comes near these bounds.
MAX_MEAN_AND_STD = 1e6


def check_dataset(
    train: tuple[Bytes, Bytes], test: tuple[Bytes, Bytes], classes: int, *, named: bool = True
) -> None:
    """Check that the images and labels of both splits fit each other.

    Parameters
    ----------
    train, test : images (·, rows, columns) uint8 and labels (·,) uint8
    classes : number of classes
    named : whether the user has named the classes; else their number is the highest training label
        plus 1

    Raises
    ------
    PreprocessingError
        The numbers of images and labels differ, a label is outside [0, classes), or the splits
        have images of different sizes.
    """
    for split, (images, labels) in {"training": train, "test": test}.items():
        if len(labels) != len(images):
            raise PreprocessingError(
                f"the {split} labels: expected {len(images)}, one for each image, got {len(labels)}"
            )
        highest = int(labels.argmax())
        if labels[highest] >= classes:
            expected = f"less than the number of classes, {classes}"
            remedy = ""
            if not named:
                expected = f"at most {classes - 1}, the highest training label"
                remedy = "; name all classes in fetch.custom.class_names"
            elif labels[highest] == classes and labels.min() == 1:
                remedy = "; labels count from 0: set fetch.custom.first_label to 1"
            raise PreprocessingError(
                f"the {split} labels: expected {expected}, got {labels[highest]} for image "
                f"{highest}{remedy}"
            )
    size, got = train[0].shape[1:], test[0].shape[1:]
    if got != size:
        raise PreprocessingError(f"the test images: expected {size} as in training, got {got}")


def check_classes(labels: Bytes) -> None:
    """Raise `PreprocessingError` unless the training labels, (n,), are of at least two classes."""
    if labels.min() == labels.max():
        raise PreprocessingError(
            f"the training labels: expected at least 2 classes, got {labels[0]} everywhere"
        )


@dataclass(frozen=True)
class Normalization:
    """An affine map of pixel values: (value - mean) / std.

    Attributes
    ----------
    mean, std : in units of pixel values; the defaults map 0…255 to [0, 1]
    """

    mean: float = 0.0
    std: float = 255.0

    def __post_init__(self) -> None:
        to_python(self)
        require_finite("mean", self.mean)
        require_above_zero("std", self.std)
        require(abs(self.mean) < MAX_MEAN_AND_STD, "mean", "a pixel value", self.mean)
        is_sound = 1 / MAX_MEAN_AND_STD < self.std < MAX_MEAN_AND_STD
        require(is_sound, "std", "a difference of pixel values", self.std)
        # A model file of an integer would have other bytes.
        object.__setattr__(self, "mean", float(self.mean))
        object.__setattr__(self, "std", float(self.std))

    def describe(self, value: str) -> str:
        """Return the formula for a variable of that name, for instance (value - 33.3) / 78.6."""
        difference = f"({value} - {self.mean:g})" if self.mean else value
        return f"{difference} / {self.std:g}"

    def table(self) -> Floats:
        """Return the normalized value of each pixel value: (256,) float32, rounded once."""
        values = (np.arange(256, dtype=np.float64) - self.mean) / self.std
        return values.astype(np.float32)


def apply_lookup(pixels: Bytes, table: Floats, out: Floats) -> None:
    """Write `table[pixels]`, with a table of (256,), to `out`, of the shape of `pixels`."""
    # mode="clip" saves the bounds check; every byte is in range.
    np.take(table, pixels, out=out, mode="clip")


def pixel_statistics(batches: Iterable[Bytes]) -> tuple[float, float]:
    """Return mean and standard deviation over all pixels of all `batches`.

    The sums are exact integers, so the result does not depend on the batches and their order. It
    is rounded to `DECIMALS`.

    Parameters
    ----------
    batches : uint8 arrays of any shape, with at least one pixel in total

    Returns
    -------
    (mean, std) : std is 1 if all pixels are equal
    """
    counts = np.zeros(256, np.int64)
    for batch in batches:
        counts += np.bincount(batch.ravel(), minlength=256)
    # Python's integers can't overflow.
    n = int(counts.sum())
    total = sum(value * count for value, count in enumerate(counts.tolist()))
    squares = sum(value * value * count for value, count in enumerate(counts.tolist()))
    # Var = (n Σv² - (Σv)²) / n²
    std = math.sqrt(n * squares - total * total) / n
    return round(total / n, DECIMALS), round(std, DECIMALS) or 1.0
