"""Type aliases of arrays and labels, and the conversion of a caller's values to a matrix."""

import math
from collections.abc import Iterable
from numbers import Number
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, DTypeLike, NDArray

from nncore.errors import DataError, python_value, require

Array = NDArray[Any]
Bytes = NDArray[np.uint8]
Floats = NDArray[np.floating[Any]]
Doubles = NDArray[np.float64]
Indices = NDArray[np.int64]
# The name of a class, and those of all classes in the order of the outputs.
Label = str | int | float
Labels = tuple[Label, ...]

_NUMBERS = "biuf"
# Characters of a string, so that an array of many labels stays small.
MAX_LABEL_LENGTH = 1000


def as_array(name: str, values: ArrayLike) -> Array:
    """Return `values`, lists or an array, as an array; the numbers of a memory map are not read.

    Parameters
    ----------
    name : name of the argument, for the message

    Raises
    ------
    DataError
        The rows have different lengths, or values are masked.
    """
    # A masked array, without the import of its module, which takes as long as that of this package.
    mask = getattr(values, "mask", False) if isinstance(values, np.ndarray) else False
    if np.any(mask):
        raise DataError(f"{name} must have no masked values, got {np.count_nonzero(mask)}")
    try:
        # A plain view of a memory map, because indexing np.memmap is slow.
        return np.asarray(values)
    except (TypeError, ValueError):
        raise DataError(f"{name} must be an array, got rows of different lengths") from None


def as_matrix(name: str, values: ArrayLike, columns: int | None = None) -> Array:
    """Return `values`, (n, …) numbers of any type, as a matrix with a row for each sample.

    Parameters
    ----------
    name : name of the argument, for the message
    columns : number of columns that the matrix must have; None for any

    Raises
    ------
    DataError
        The values are no numbers, or have one dimension or another number of columns.
    """
    array = as_array(name, values)
    if array.dtype.kind == "O":
        array = _numbers(name, array)
    if array.dtype.kind not in _NUMBERS:
        raise DataError(f"{name} must be numbers, got {array.dtype.name} values")
    if array.ndim < 2 or 0 in array.shape[1:]:
        # Lists of no sample have no columns.
        if columns is not None and array.shape[:1] == (0,):
            return np.empty((0, columns), array.dtype)
        raise DataError(
            f"{name} must have two dimensions or more, a row for each sample, got shape "
            f"{array.shape}"
        )
    matrix = array.reshape(len(array), math.prod(array.shape[1:]))
    if columns is not None and matrix.shape[1] != columns:
        raise DataError(
            f"{name} must have {columns} columns, one for each input, got shape {array.shape}"
        )
    return matrix


def as_floats(name: str, matrix: Array, dtype: DTypeLike) -> Floats:
    """Return a matrix as floats in C order, without a copy if it is that already.

    The last bits of a matrix product depend on the order.

    Raises
    ------
    DataError
        A number is too large for `dtype`, infinite or not a number.
    """
    with np.errstate(over="ignore"):
        floats = matrix.astype(dtype, order="C", copy=False)
    require_finite_matrix(name, floats, matrix)
    return floats


def require_finite_matrix(name: str, matrix: Array, original: Array | None = None) -> None:
    """Raise `DataError` unless all numbers of a matrix are finite; show the original one."""
    # NaN is both the least and the largest number. No array of bools is made.
    if matrix.size and not (np.isfinite(matrix.min()) and np.isfinite(matrix.max())):
        row, column = np.argwhere(~np.isfinite(matrix))[0]
        value = (matrix if original is None else original)[row, column]
        got = f"{value} in row {row}, column {column}"
        raise DataError(f"{name} must be finite in {matrix.dtype}, got {got}")


def as_class_labels(name: str, labels: Iterable[Label], count: int) -> Labels:
    """Return labels of `count` classes, which are different numbers, booleans or strings.

    Raises
    ------
    SettingsError
        The labels have several types, are equal, or are not `count`.
    """
    labels = python_value(labels)
    require(isinstance(labels, list | tuple), name, "a list of labels", labels)
    names = tuple(map(python_value, labels))
    require(all(map(_is_label, names)), name, "finite numbers or short strings", names)
    require(len({type(label) for label in names}) <= 1, name, "of one type", names)
    require(len(names) == count, name, f"{count}, one for each class", len(names))
    require(len(set(names)) == count, name, "different from each other", names)
    return names


def _is_label(label: object) -> bool:
    """Return whether an array and a file can hold a label."""
    if isinstance(label, str):
        # NumPy drops zeros at the end, and UTF-8 has no half of a surrogate pair.
        is_text = not label.endswith("\0") and label.encode(errors="ignore").decode() == label
        return is_text and len(label) <= MAX_LABEL_LENGTH
    if isinstance(label, float):
        return math.isfinite(label)
    return isinstance(label, int) and abs(label) < 2**63


def _numbers(name: str, array: Array) -> Floats:
    """Return objects that are numbers, as in a data frame of several types, as float64."""
    wrong = [value for value in array.flat if not isinstance(value, Number | np.bool_)]
    if wrong:
        is_short = wrong[0] is None or isinstance(wrong[0], str)
        got = repr(wrong[0]) if is_short else f"type {type(wrong[0]).__name__}"
        raise DataError(f"{name} must be numbers, got {got}")
    try:
        return array.astype(np.float64)
    except (OverflowError, TypeError):
        raise DataError(f"{name} must be real numbers that float64 holds, got others") from None
