"""Type aliases of arrays and labels, and the matrix of numbers that a caller's values make."""

import math
from collections.abc import Iterable
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, DTypeLike, NDArray

from nncore.errors import DataError, python_number, require

Array = NDArray[Any]
Bytes = NDArray[np.uint8]
Floats = NDArray[np.floating[Any]]
Indices = NDArray[np.int64]
# The name of a class, and those of all classes in the order of the outputs.
Label = str | int | float
Labels = tuple[Label, ...]

_NUMBERS = "biuf"


def as_array(name: str, values: ArrayLike) -> Array:
    """Return `values`, lists or an array, as an array; a memory map stays one, as a plain array.

    Raises
    ------
    DataError
        The lists are no array; `name` is the argument's.
    """
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
        The values are no numbers, have one dimension alone, or other columns.
    """
    array = as_array(name, values)
    if array.dtype.kind not in _NUMBERS:
        raise DataError(f"{name} must be numbers, got {_describe(array)}")
    if array.ndim < 2 or 0 in array.shape[1:]:
        # Lists of no sample have no columns.
        if columns is not None and array.shape[:1] == (0,):
            return np.empty((0, columns), array.dtype)
        raise DataError(f"{name} must have a row for each sample, got shape {array.shape}")
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
    require_finite(name, floats, matrix)
    return floats


def require_finite(name: str, matrix: Array, original: Array | None = None) -> None:
    """Raise `DataError` unless all numbers of a matrix are finite; show the original one."""
    # NaN is both the least and the largest number. No array of bools is made.
    if matrix.size and not (np.isfinite(matrix.min()) and np.isfinite(matrix.max())):
        row, column = np.argwhere(~np.isfinite(matrix))[0]
        value = (matrix if original is None else original)[row, column]
        got = f"{value} in row {row}, column {column}"
        raise DataError(f"{name} must be finite in {matrix.dtype}, got {got}")


def as_labels(name: str, labels: Iterable[Label], count: int) -> Labels:
    """Return labels of `count` classes: numbers, booleans or strings that differ.

    Raises
    ------
    SettingsError
        They are others, or not so many.
    """
    is_list = isinstance(labels, Iterable) and not isinstance(labels, str)
    require(is_list, name, "a list of labels", labels)
    names = tuple(map(python_number, labels))
    are_labels = all(isinstance(label, int | float | str) for label in names)
    require(are_labels, name, "numbers or strings", names)
    require(len(names) == count, name, f"{count}, one for each class", len(names))
    require(len(set(names)) == count, name, "different from each other", names)
    return names


def _describe(array: Array) -> str:
    """Return what an array that holds no numbers holds."""
    if array.ndim == 0:
        return repr(array.item())
    return f"{type(array.flat[0]).__name__} values" if array.size else "none"
