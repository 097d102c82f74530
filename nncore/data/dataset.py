"""Images and targets of a training or evaluation; images may be stored as bytes."""

from typing import Any, Literal, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import DTypeLike, NDArray

from nncore.arrays import Bytes, Floats
from nncore.data.preprocessing import apply_lookup
from nncore.errors import DataError


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


class Data(NamedTuple):
    """Images (n, inputs) and one-hot targets (n, classes), of the same float dtype.

    Both may be memory maps: only the rows of a gather are copied at a time. Images may be
    `Uint8Images`.
    """

    images: Images
    targets: Floats

    def without_memmap(self) -> "Data":
        """Return views of memory maps as plain arrays, because indexing np.memmap is slow."""
        images, targets = self
        if not isinstance(images, Uint8Images):
            images = np.asarray(images)
        return Data(images, np.asarray(targets))

    def check(self, name: str, inputs: int, outputs: int, dtype: DTypeLike) -> None:
        """Raise `DataError` unless the data are not empty and fit a network.

        Parameters
        ----------
        name : name of the data, for the message
        inputs, outputs, dtype : those of the network
        """
        dtype = np.dtype(dtype)
        for field, array, width in zip(self._fields, self, (inputs, outputs), strict=True):
            if array.ndim != 2 or array.shape[1] != width or not len(array):
                raise DataError(
                    f"{name} {field} must have shape (n, {width}), n at least 1, got {array.shape}"
                )
            if array.dtype != dtype:
                raise DataError(f"{name} {field} must be {dtype}, got {array.dtype}")
        if len(self.images) != len(self.targets):
            raise DataError(
                f"{name} images and targets must be equally many, "
                f"got {len(self.images)} and {len(self.targets)}"
            )
