"""Labels of classes, and the one-hot rows that a network learns from."""

from collections.abc import Iterable
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from nncore.arrays import Array, Floats, Indices, Label, Labels, as_array
from nncore.errors import DataError, python_value

MAX_LISTED = 10


def one_hot(labels: NDArray[np.integer[Any]], classes: int) -> Floats:
    """Return the one-hot rows of `labels`.

    Parameters
    ----------
    labels : (n,), each at least 0 and below `classes`

    Returns
    -------
    (n, classes) float32
    """
    rows = np.zeros((len(labels), classes), np.float32)
    rows[np.arange(len(labels)), labels] = 1
    return rows


def label_array(values: ArrayLike) -> Array:
    """Return labels or numbers, (n,), as integers, booleans, strings or floats.

    Raises
    ------
    DataError
        A value is of another type than the first, or not finite.
    """
    labels = as_array("y", values)
    if labels.ndim != 1:
        raise DataError(f"y must be labels, one for each row of X, got shape {labels.shape}")
    if labels.dtype.kind in "OTU":
        # NumPy converts values beside strings to strings.
        return _of_one_type(np.asarray(values, object))
    if labels.dtype.kind not in "biuf":
        raise DataError(f"y must be integers, strings or rows of numbers, got {labels.dtype}")
    if labels.dtype.kind == "f" and not np.isfinite(labels).all():
        raise DataError(f"y must be finite, got {labels[~np.isfinite(labels)][0]}")
    return labels


def _of_one_type(objects: Array) -> Array:
    """Return (n,) objects as an array of strings, booleans or integers, the type of the first."""
    values = list(map(python_value, objects))
    first_type = type(values[0]) if values and type(values[0]) in {bool, int} else str
    if wrong := [value for value in values if type(value) is not first_type]:
        raise DataError(f"y must be all integers or all strings, got {wrong[0]!r} among them")
    try:
        return np.array(values, first_type)
    except OverflowError:
        raise DataError("y must be integers of 64 bits or strings, got a larger one") from None


def are_among(values: Array, labels: Labels) -> bool:
    """Return whether labels, (n,), are among `labels`, or numbers of classes that `labels` name."""
    if _are_numbers(values, labels, len(labels)):
        return True
    return set(np.unique(values).tolist()) <= set(labels)


def encode(
    name: str, values: Array, outputs: int, labels: Labels | None
) -> tuple[Array, Labels | None]:
    """Return a row of targets for each label, and the labels in the order of the outputs.

    Integers from 0 to the number of classes, exclusive, are the indices of the outputs, unless
    `labels` holds numbers. If there are no `labels` yet, other values are sorted and become them.
    A network with one output has two classes, and a single column of targets.

    Parameters
    ----------
    name : name of the data, for messages
    values : (n,) labels
    outputs : number of outputs of the network

    Returns
    -------
    (targets, labels) : (n, outputs) one-hot rows; with one output, the indices 0 and 1

    Raises
    ------
    DataError
        A label is not among `labels`, or the number of labels is not that of the classes.
    """
    if values.dtype.kind == "f":
        values = _integers(name, values)
    count = max(outputs, 2)
    if _are_numbers(values, labels or (), count):
        return _targets(values.astype(np.int64), outputs), labels
    unique, positions = np.unique(values, return_inverse=True)
    distinct = unique.tolist()
    if labels is None:
        if len(distinct) != count:
            raise DataError(
                f"{name} must have {count} different labels, one for each class, "
                f"got {len(distinct)}: {format_labels(distinct)}"
            )
        labels = tuple(distinct)
    index_of = {label: index for index, label in enumerate(labels)}
    if unknown := [label for label in distinct if label not in index_of]:
        raise DataError(
            f"{name} must hold labels of {format_labels(labels)}, got {format_labels(unknown)}"
        )
    indices = np.array([index_of[label] for label in distinct], np.int64)[positions]
    return _targets(indices, outputs), labels


def _are_numbers(values: Array, labels: Labels, count: int) -> bool:
    """Return whether labels are the numbers of `count` classes, to which `labels` give names."""
    if values.dtype.kind not in "iu" or not all(isinstance(label, str) for label in labels):
        return False
    return not len(values) or bool(values.min() >= 0 and values.max() < count)


def _integers(name: str, values: Floats) -> Indices:
    """Return floats that are integers as such; labels from a text file are often floats."""
    # From 2^53 on, a float may stand for another integer.
    wrong = values[(values != np.rint(values)) | (np.abs(values) >= 2**53)]
    if len(wrong):
        raise DataError(f"{name} must be labels of classes, got {wrong[0]}")
    return values.astype(np.int64)


def _targets(indices: Indices, outputs: int) -> Floats:
    if outputs == 1:
        return indices[:, np.newaxis].astype(np.float32)
    return one_hot(indices, outputs)


def format_labels(labels: Iterable[Label]) -> str:
    """Return labels as a list on one line, at most the first `MAX_LISTED`."""
    names = list(map(repr, labels))
    more = ", …" if len(names) > MAX_LISTED else ""
    return ", ".join(names[:MAX_LISTED]) + more
