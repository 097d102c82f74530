"""Splits into training, validation and test samples, drawn by a seed, in proportion to the classes.

The same seed gives the same samples on every computer.
"""

import math
from typing import Literal

import numpy as np

from nncore.arrays import Bytes, Indices
from nncore.errors import PreprocessingError


def train_validation_split(
    labels: Bytes, size: float, method: Literal["last", "stratified"], seed: int
) -> tuple[Indices, Indices]:
    """Split the samples into training and validation samples.

    Parameters
    ----------
    labels : (n,) uint8
    size : number of validation samples; a float is a fraction of n, halves are rounded up
    method : last: the last samples; stratified: drawn from each class in proportion
    seed : seed of the draw

    Returns
    -------
    (train, validation) : two (·,) int64 arrays of indices, ascending, together 0…n-1

    Raises
    ------
    PreprocessingError
        No training sample is left; for stratified, none of some class.
    """
    n = len(labels)
    count = math.floor(size * n + 0.5) if isinstance(size, float) else size
    if isinstance(size, float) and size and not count:
        raise PreprocessingError(
            f"validation.held_out: expected 0, or a fraction of at least half of one of {n} "
            f"training samples, got {size}"
        )
    # The method stratified leaves at least one training sample of each class.
    max_count = n - (len(np.unique(labels)) if method == "stratified" else 1)
    if not 0 <= count <= max_count:
        allowed = f"0 to {max_count} of {n} training samples"
        raise PreprocessingError(f"validation.held_out: expected {allowed} ({method}), got {count}")
    if method == "last":
        validation = np.arange(n - count, n)
    else:
        validation = _draw(labels, count, _streams(seed)[0], min_left=1)
    return np.setdiff1d(np.arange(n), validation, assume_unique=True), validation


def stratified_test_split(labels: Bytes, size: float, seed: int) -> tuple[Indices, Indices]:
    """Split samples into training and test samples, drawn from each class in proportion.

    Parameters and result are those of `train_validation_split`; the streams are independent.

    Raises
    ------
    PreprocessingError
        There would be no test sample, or no training sample of some class.
    """
    n = len(labels)
    count = math.floor(size * n + 0.5) if isinstance(size, float) else size
    classes = len(np.unique(labels))
    max_count = n - classes
    if not max_count:
        raise PreprocessingError(
            f"test_size: expected a class of 2 samples or more, got {n} samples of {classes} "
            "classes"
        )
    if not 1 <= count <= max_count:
        expected = f"expected 1 to {max_count} of {n} samples as test samples"
        raise PreprocessingError(f"test_size: {expected}, got {size}")
    test = _draw(labels, count, _streams(seed)[2], min_left=1)
    return np.setdiff1d(np.arange(n), test, assume_unique=True), test


def stratified_subset(labels: Bytes, indices: Indices, size: int, seed: int) -> Indices:
    """Return `size` of `indices`, drawn from each class in proportion, ascending.

    Parameters
    ----------
    labels : (n,) uint8, labels of all samples
    indices : (m,) int64, ascending, the samples to draw from
    seed : may be the seed of `train_validation_split`; the streams are independent

    Raises
    ------
    PreprocessingError
        `size` is outside 1…m.
    """
    if not 1 <= size <= len(indices):
        raise PreprocessingError(f"train_size: expected 1 to {len(indices)} samples, got {size}")
    subset: Indices = indices[_draw(labels[indices], size, _streams(seed)[1], min_left=0)]
    return subset


def _streams(seed: int) -> "list[np.random.Generator]":
    """Return the generators of the validation split, the subset and the test split."""
    return [np.random.default_rng(child) for child in np.random.SeedSequence(seed).spawn(3)]


def _draw(labels: Bytes, size: int, rng: "np.random.Generator", *, min_left: int) -> Indices:
    """Draw `size` positions, ascending; leave at least `min_left` of each class."""
    class_counts = np.bincount(labels, minlength=256)
    counts = _allocate(size, class_counts, np.maximum(class_counts - min_left, 0))
    positions = [
        rng.permutation(np.flatnonzero(labels == label))[:count]
        for label, count in enumerate(counts)
    ]
    return np.sort(np.concatenate(positions))


def _allocate(size: int, class_counts: Indices, limits: Indices) -> Indices:
    """Divide `size` in proportion to `class_counts`, by largest remainder, within `limits`.

    Of equal remainders, the lower class gets the sample. `size` is at most the sum of `limits`.
    """
    counts, remainders = np.divmod(size * class_counts, class_counts.sum())
    order = np.argsort(-remainders, kind="stable")
    while missing := size - int(counts.sum()):
        # A second round is needed only if a class has reached its limit.
        counts[order[counts[order] < limits[order]][:missing]] += 1
    return counts
