"""The samples and targets of a training or evaluation; images may be stored as bytes."""

from copy import copy
from typing import Any, Literal, TypeAlias

import numpy as np
from numpy.typing import ArrayLike, DTypeLike, NDArray

from nncore.arrays import (
    Array,
    Bytes,
    Floats,
    Labels,
    as_array,
    as_floats,
    as_matrix,
    require_finite_matrix,
)
from nncore.data.labels import are_among, encode, label_array
from nncore.data.preprocessing import apply_lookup
from nncore.errors import DataError, format_shape, python_value


class Uint8Images:
    """A matrix of bytes that converts its rows to floats when they are read.

    It has those methods of an array that training and evaluation call, so both accept it.

    Attributes
    ----------
    shape, ndim : shape of the matrix, (n, inputs), and its number of dimensions
    dtype : dtype of the floats
    """

    ndim = 2

    def __init__(self, pixels: Bytes, table: Floats) -> None:
        """Store the pixels and the table without copying them.

        Parameters
        ----------
        pixels : (n, inputs) uint8; may be a memory map
        table : (256,), the float of each byte

        Raises
        ------
        DataError
            An argument has another shape or dtype.
        """
        if not isinstance(pixels, np.ndarray) or pixels.dtype != np.uint8 or pixels.ndim != 2:
            raise DataError(f"pixels must be (n, inputs) uint8, got {_describe(pixels)}")
        if not isinstance(table, np.ndarray) or table.dtype.kind != "f" or table.shape != (256,):
            raise DataError(f"table must be (256,) floats, got {_describe(table)}")
        # A view of a memory map as a plain array, because indexing np.memmap is slow.
        self._pixels = np.asarray(pixels)
        self._table = table
        self.shape: tuple[int, ...] = pixels.shape
        self.dtype = table.dtype

    def __len__(self) -> int:
        """Return the number of images."""
        return len(self._pixels)

    def __getitem__(self, rows: slice) -> Floats:
        """Return the images in `rows` as a new array, (rows, inputs)."""
        pixels = self._pixels[rows]
        images = np.empty(pixels.shape, self.dtype)
        apply_lookup(pixels, self._table, images)
        return images

    def take(
        self,
        indices: NDArray[np.integer[Any]],
        axis: Literal[0],
        out: Floats,
        mode: Literal["clip"],
    ) -> None:
        """Write the images at `indices` to `out`, (len(indices), inputs), like `ndarray.take`."""
        apply_lookup(self._pixels.take(indices, axis, mode=mode), self._table, out)


# Shape (n, inputs): a row for each image.
Images: TypeAlias = Floats | Uint8Images
# Largest difference from 1 of the sum of a row of probabilities, which may have been rounded.
MAX_SUM_ERROR = 1e-3


class Data:
    """The samples of a training or evaluation and their targets.

    Attributes
    ----------
    inputs : (n, inputs), numbers of any type; or `Uint8Images`
    targets : (n,) labels or numbers, or (n, outputs) numbers
    weights : (n, 1) factors on the losses, which a training sets; None for 1
    """

    weights: Floats | None = None

    def __init__(self, X: ArrayLike | Uint8Images, y: ArrayLike) -> None:  # noqa: N803  the field's name
        """Store samples and targets; `fit` converts them to the network's dtype.

        Arrays are not copied. A memory map of the network's dtype, in C order, stays on the disk:
        only the rows of a gather are read at a time, and none before the training. `fit` converts
        a memory map of another dtype as a whole.

        Parameters
        ----------
        X : (n, inputs) or (n, …), lists or an array of numbers of any type
        y : (n,) labels: integers, strings or booleans; or (n, outputs) numbers, for instance
            one-hot rows. Integers from 0 to the number of classes, exclusive, are the numbers of
            the outputs; other labels are sorted, and must be as many as the classes. For a
            regression, (n,) or (n, outputs) numbers of any type

        Raises
        ------
        DataError
            `X` or `y` has another shape or type, or a number is not finite.
        """
        self.inputs: Images = X if isinstance(X, Uint8Images) else _matrix("X", X)
        targets = as_array("y", y)
        if targets.ndim == 2 and targets.shape[1] == 1 and targets.dtype.kind in "TU":
            # A column of labels, such as a data frame has.
            self.targets = label_array(np.asarray(y, object).ravel())
        else:
            self.targets = _matrix("y", y) if targets.ndim > 1 else label_array(y)
        if len(self.targets) != len(self.inputs):
            expected = f"{len(self.inputs)} rows, one for each of X"
            raise DataError(f"y must have {expected}, got {len(self.targets)}")
        self._is_mapped = isinstance(y, np.memmap)

    def __repr__(self) -> str:
        return f"Data({format_shape(self.inputs.shape)} inputs, {self.targets.dtype} targets)"

    def has_labels(self, labels: Labels) -> bool:
        """Return whether the targets are rows of numbers, or labels that are among `labels`."""
        return self.targets.ndim > 1 or are_among(self.targets, labels)

    def require_probabilities(self, name: str, *, sum_to_1: bool) -> None:
        """Raise `DataError` unless targets are in [0, 1] and, with `sum_to_1`, rows sum to 1.

        Labels and memory maps are not read. `name` is the name of the data, for the message.
        """
        if self._is_mapped or self.targets.ndim == 1 or not self.targets.size:
            return
        low, high = self.targets.min(), self.targets.max()
        if low < 0 or high > 1:
            raise DataError(f"{name} y must be from 0 to 1 for cross-entropy, got {low} to {high}")
        if sum_to_1:
            sums = self.targets.sum(axis=1, dtype=np.float64)
            if len(wrong := sums[np.abs(sums - 1) > MAX_SUM_ERROR]):
                expected = "rows that sum to 1 for cross_entropy"
                raise DataError(f"{name} y must be labels or {expected}, got a sum of {wrong[0]:g}")

    def for_network(
        self,
        name: str,
        *,
        inputs: int,
        outputs: int,
        dtype: DTypeLike,
        labels: Labels | None = None,
        regression: bool = False,
    ) -> tuple["Data", Labels | None]:
        """Return the data as a network takes them, (n, inputs) and (n, outputs), and their labels.

        Arrays that have this form already are not copied.

        Parameters
        ----------
        name : name of the data, for messages
        inputs, outputs, dtype : those of the network
        labels : labels of the classes in the order of the outputs, if they are known
        regression : whether the targets are numbers to predict, and not classes

        Raises
        ------
        DataError
            The data are empty or don't fit the network.
        """
        got = self.inputs.shape
        if not got[0] or got[1] != inputs:
            raise DataError(f"{name} X must have shape (n, {inputs}), n at least 1, got {got}")
        targets = self.targets
        if regression and targets.dtype.kind not in "biuf":
            raise DataError(
                f"{name} y must be numbers with output identity, got {python_value(targets[0])!r}"
            )
        if regression and targets.ndim == 1:
            targets = targets[:, np.newaxis]
        if targets.ndim == 1:
            targets, labels = encode(f"{name} y", targets, outputs, labels)
        if targets.shape[1] != outputs:
            expected = "" if regression else "be labels or "
            raise DataError(
                f"{name} y must {expected}have shape (n, {outputs}), got {self.targets.shape}"
            )
        data = copy(self)
        data.inputs = _convert(f"{name} X", self.inputs, dtype)
        data.targets = _convert(f"{name} y", targets, dtype)
        return data, labels


def _describe(value: object) -> str:
    if isinstance(value, np.ndarray):
        return f"{value.shape} {value.dtype}"
    return type(value).__name__


def _matrix(name: str, values: ArrayLike) -> Array:
    """Return a matrix of numbers; those of a memory map are not read."""
    matrix = as_matrix(name, values)
    if matrix.dtype.kind == "f" and not isinstance(values, np.memmap):
        require_finite_matrix(name, matrix)
    return matrix


def _convert(name: str, values: Any, dtype: DTypeLike) -> Any:  # noqa: ANN401  an array or Uint8Images
    if isinstance(values, Uint8Images):
        if values.dtype == dtype:
            return values
        raise DataError(f"{name} must be read as {np.dtype(dtype)}, got a table of {values.dtype}")
    # Arrays of the right form are not read, because they may be on the disk.
    is_ready = values.dtype == dtype and values.flags.c_contiguous
    return values if is_ready else as_floats(name, values, dtype)
