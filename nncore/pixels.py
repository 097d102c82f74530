"""Images that stay bytes until they are read: a quarter of the room, and the same floats."""

from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from nncore.arrays import Bytes, Floats
from nncore.preprocessing import scale


class ScaledPixels:
    """A matrix of bytes that reads as the floats which a table has for them.

    It has what training and evaluation use of an array, so that they take one or the other.

    Attributes
    ----------
    shape, ndim : of the bytes
    dtype : of the table
    """

    ndim = 2

    def __init__(self, pixels: Bytes, table: Floats) -> None:
        """Keep `pixels`, (n, inputs) uint8, perhaps mapped, and `table`, a float for each byte."""
        # A plain view of a memory map: np.memmap's own indexing is slow.
        self._pixels = np.asarray(pixels)
        self._table = table
        self.shape: tuple[int, ...] = pixels.shape
        self.dtype = table.dtype

    def __len__(self) -> int:
        """Return the number of images."""
        return len(self._pixels)

    def __getitem__(self, rows: slice) -> Floats:
        """Return some images, (rows, inputs), in an array of their own."""
        pixels = self._pixels[rows]
        scaled = np.empty(pixels.shape, self.dtype)
        scale(pixels, self._table, scaled)
        return scaled

    def take(
        self,
        indices: NDArray[np.integer[Any]],
        axis: Literal[0],
        out: Floats,
        mode: Literal["clip"],
    ) -> None:
        """Write the images at `indices` to `out`, (len(indices), inputs), as an array's `take`."""
        scale(self._pixels.take(indices, axis, mode=mode), self._table, out)
