"""Labels of classes, and the one-hot rows that a network learns from."""

from collections.abc import Iterable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nncore.arrays import Array, Floats, Indices, Label, Labels
from nncore.errors import DataError

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


def label_array(values: Array) -> Array:
    """Return labels or numbers, (n,), as integers, booleans, strings or floats.

    Raises
    ------
    DataError
        A value is of another type, or not finite.
    """
    if values.ndim != 1:
        raise DataError(f"y must be labels, one for each row of X, got {values.item()!r}")
    if values.dtype.kind == "O" and all(isinstance(value, str) for value in values):
        return values.astype(str)
    if values.dtype.kind not in "biufU":
        got = type(values[0]).__name__ if len(values) else values.dtype
        raise DataError(f"y must be integers, strings or rows of numbers, got {got}")
    if values.dtype.kind == "f" and not np.isfinite(values).all():
        raise DataError(f"y must be finite, got {values[~np.isfinite(values)][0]}")
    return values


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
    (targets, labels) : (n, outputs) one-hot rows; with one output, the indices 0 and 1, or `values`
        if they are floats

    Raises
    ------
    DataError
        A label is not among `labels`, or there are not as many as classes.
    """
    if outputs == 1 and values.dtype.kind == "f":
        return values[:, np.newaxis], labels
    if values.dtype.kind == "f":
        values = _integers(name, values)
    count = max(outputs, 2)
    are_names = all(isinstance(label, str) for label in labels or ())
    if are_names and values.dtype.kind in "iu" and _are_indices(values, count):
        return _targets(values.astype(np.int64), outputs), labels
    distinct, positions = np.unique(values, return_inverse=True)
    found = distinct.tolist()
    if labels is None:
        if len(found) != count:
            raise DataError(
                f"{name} must have {count} different labels, one for each class, "
                f"got {len(found)}: {_listed(found)}"
            )
        labels = tuple(found)
    index_of = {label: index for index, label in enumerate(labels)}
    if unknown := [label for label in found if label not in index_of]:
        raise DataError(f"{name} must hold labels of {_listed(labels)}, got {_listed(unknown)}")
    indices = np.array([index_of[label] for label in found], np.int64)[positions]
    return _targets(indices, outputs), labels


def _are_indices(values: Array, count: int) -> bool:
    return not len(values) or bool(values.min() >= 0 and values.max() < count)


def _integers(name: str, values: Floats) -> Indices:
    """Return the integers that floats are, as labels from a text file often come."""
    fractions = values[values != np.rint(values)]
    if len(fractions):
        raise DataError(f"{name} must be labels of classes, got {fractions[0]}")
    return values.astype(np.int64)


def _targets(indices: Indices, outputs: int) -> Floats:
    if outputs == 1:
        return indices[:, np.newaxis].astype(np.float32)
    return one_hot(indices, outputs)


def _listed(labels: Iterable[Label]) -> str:
    names = list(map(repr, labels))
    more = ", …" if len(names) > MAX_LISTED else ""
    return ", ".join(names[:MAX_LISTED]) + more
