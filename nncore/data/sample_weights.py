"""Weights of training samples: factors on their losses."""

from collections.abc import Mapping

import numpy as np
from numpy.typing import ArrayLike, DTypeLike

from nncore.arrays import Array, Doubles, Floats, Indices, Label, Labels, as_array
from nncore.config.training import ClassWeight
from nncore.data.labels import format_labels
from nncore.errors import DataError
from nncore.functions.exact import sum_all, sum_bits, to_grid

# Rows of targets that are read at once; targets may be on the disk.
_ROWS_PER_BLOCK = 1 << 16


def normalized_weights(
    targets: Floats,
    labels: Labels,
    *,
    class_weight: ClassWeight,
    sample_weight: ArrayLike | None,
    dtype: DTypeLike,
) -> Floats | None:
    """Return the weight of each sample, with a mean of 1; None if all weights are equal.

    A weight is the sample's weight times that of its class. All sums are exact, so the weights do
    not depend on the computer.

    Parameters
    ----------
    targets : (n, outputs); the class of a sample is that of its largest target
    labels : of the classes, in the order of the outputs
    class_weight : as in `TrainingSettings`; with `balanced`, all classes that occur have the same
        total weight, so a sample of a class of m samples has n / (classes · m): scikit-learn's rule
    sample_weight : (n,) finite numbers of at least 0, not all 0; None for 1 everywhere

    Returns
    -------
    (n, 1) of `dtype`, or None

    Raises
    ------
    DataError
        `sample_weight` is invalid, or `class_weight` names a class that is not among `labels`.
    """
    count = len(targets)
    weights = np.ones(count)
    if sample_weight is not None:
        weights = as_sample_weight(sample_weight, count)
    if class_weight == "balanced":
        _balance(_classes(targets), weights, len(labels))
    else:
        # At most 1 each, so that nothing overflows.
        weights /= weights.max()
        if class_weight is not None:
            by_class = _by_label(dict(class_weight), labels)
            weights *= (by_class / by_class.max())[_classes(targets)]
    lowest, highest = weights.min(), weights.max()
    if lowest == highest:
        return None
    weights /= highest
    weights *= count / sum_all(weights)
    return weights.astype(dtype)[:, np.newaxis]


def as_sample_weight(values: ArrayLike, count: int) -> Doubles:
    """Return the weights of `count` samples as a new array, (count,).

    Raises
    ------
    DataError
        They are not `count` finite numbers of at least 0, or all are 0.
    """
    array: Array = as_array("sample_weight", values)
    if array.shape != (count,) or array.dtype.kind not in "biuf":
        expected = f"{count} numbers, one for each training sample"
        raise DataError(
            f"sample_weight must be {expected}, got {array.dtype} of shape {array.shape}"
        )
    weights = array.astype(np.float64)
    wrong = np.flatnonzero(~(np.isfinite(weights) & (weights >= 0)))
    if len(wrong):
        got = f"{weights[wrong[0]]} for sample {wrong[0]}"
        raise DataError(f"sample_weight must be finite and at least 0, got {got}")
    if not weights.any():
        raise DataError("sample_weight must not be zero for all samples, got zeros alone")
    return weights


def mean_weight(weights: Doubles) -> float:
    """Return the mean of weights, (n,), as an exact sum."""
    highest = float(weights.max())
    return highest * (sum_all(weights / highest) / len(weights))


def _classes(targets: Floats) -> Indices:
    """Return the class of each row of targets; a single column is that of the second of two."""
    blocks = range(0, len(targets), _ROWS_PER_BLOCK)
    rows = (targets[start : start + _ROWS_PER_BLOCK] for start in blocks)
    if targets.shape[1] == 1:
        return np.concatenate([(block[:, 0] > 0.5).astype(np.int64) for block in rows])
    return np.concatenate([block.argmax(axis=1) for block in rows])


def _balance(classes: Indices, weights: Doubles, count: int) -> None:
    """Divide each weight, (n,), by the total of its class, which becomes 1, in place.

    A class whose weights are all 0 keeps them.

    Parameters
    ----------
    classes : (n,) integers in [0, count)
    """
    # Relative to the largest of its class: the weights of one class may be so much smaller than
    # those of another that they would be 0 on a common grid.
    largest = np.zeros(count)
    np.maximum.at(largest, classes, weights)
    largest[largest == 0] = 1
    weights /= largest[classes]
    on_grid = np.empty_like(weights)
    to_grid(weights, 1.0, sum_bits(len(weights)), on_grid)
    totals = np.bincount(classes, on_grid, minlength=count)
    totals[totals == 0] = 1
    weights /= totals[classes]


def _by_label(class_weight: Mapping[Label, float], labels: Labels) -> Doubles:
    """Return the weight of each class, (classes,); a file has the text of a label as its key."""
    keys = [label if label in class_weight else str(label) for label in labels]
    if unknown := [key for key in class_weight if key not in keys]:
        expected = f"weights of the classes {format_labels(labels)}"
        raise DataError(f"class_weight must hold {expected}, got {format_labels(unknown)}")
    return np.array([class_weight.get(key, 1.0) for key in keys])
