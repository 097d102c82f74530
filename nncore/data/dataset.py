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
    require_finite,
)
from nncore.data.labels import encode, label_array
from nncore.data.preprocessing import apply_lookup
from nncore.errors import DataError, format_shape


class Uint8Images:
    """A matrix of bytes that converts its rows to floats when they are read.

    It has the methods of an array that training and evaluation use, so they accept both.

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
        """
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


class Data:
    """The samples of a training or evaluation and their targets.

    Attributes
    ----------
    inputs : (n, inputs), numbers of any type; or `Uint8Images`
    targets : (n,) labels, or (n, outputs) numbers
    """

    def __init__(self, X: ArrayLike | Uint8Images, y: ArrayLike) -> None:  # noqa: N803  the field's name
        """Keep samples and targets; `fit` converts them to the network's dtype.

        Arrays are not copied. A memory map stays on the disk: only the rows of a gather are read at
        a time, and none before the training.

        Parameters
        ----------
        X : (n, inputs) or (n, …), lists or an array of numbers of any type
        y : (n,) labels: integers, strings or booleans; or (n, outputs) numbers, for instance
            one-hot rows

        Raises
        ------
        DataError
            `X` or `y` has another shape or type, or a number is not finite.
        """
        self.inputs: Images = X if isinstance(X, Uint8Images) else _numbers("X", X)
        targets = as_array("y", y)
        self.targets = _numbers("y", y) if targets.ndim > 1 else label_array(targets)
        if len(self.targets) != len(self.inputs):
            expected = f"{len(self.inputs)} rows, one for each of X"
            raise DataError(f"y must have {expected}, got {len(self.targets)}")

    def __repr__(self) -> str:
        return f"Data({format_shape(self.inputs.shape)} inputs, {self.targets.dtype} targets)"

    def for_network(
        self,
        name: str,
        *,
        inputs: int,
        outputs: int,
        dtype: DTypeLike,
        labels: Labels | None = None,
    ) -> tuple["Data", Labels | None]:
        """Return the data as a network takes them, (n, inputs) and (n, outputs), and their labels.

        What has this form already is not copied.

        Parameters
        ----------
        name : name of the data, for messages
        inputs, outputs, dtype : those of the network
        labels : labels of the classes in the order of the outputs, if they are known

        Raises
        ------
        DataError
            The data are empty or don't fit the network.
        """
        got = self.inputs.shape
        if not got[0] or got[1] != inputs:
            raise DataError(f"{name} X must have shape (n, {inputs}), n at least 1, got {got}")
        targets = self.targets
        if targets.ndim == 1:
            targets, labels = encode(f"{name} y", targets, outputs, labels)
        if targets.shape[1] != outputs:
            raise DataError(
                f"{name} y must be labels or have shape (n, {outputs}), got {targets.shape}"
            )
        data = copy(self)
        data.inputs = _convert(f"{name} X", self.inputs, dtype)
        data.targets = _convert(f"{name} y", targets, dtype)
        return data, labels


def _numbers(name: str, values: ArrayLike) -> Array:
    """Return a matrix of numbers; those of a memory map are not read."""
    matrix = as_matrix(name, values)
    if matrix.dtype.kind == "f" and not isinstance(values, np.memmap):
        require_finite(name, matrix)
    return matrix


def _convert(name: str, values: Any, dtype: DTypeLike) -> Any:  # noqa: ANN401  an array or Uint8Images
    if isinstance(values, Uint8Images):
        if values.dtype == dtype:
            return values
        raise DataError(f"{name} must be read as {np.dtype(dtype)}, got a table of {values.dtype}")
    # Nothing is read of data that are as they must be: they may lie on the disk.
    is_ready = values.dtype == dtype and values.flags.c_contiguous
    return values if is_ready else as_floats(name, values, dtype)
