"""Images and targets, as training and evaluation take them."""

from typing import NamedTuple, TypeAlias

import numpy as np

from nncore.arrays import Floats
from nncore.errors import NncoreError
from nncore.network import Network
from nncore.pixels import ScaledPixels

# Of as many rows as there are images, each of a value for each input.
Images: TypeAlias = Floats | ScaledPixels


class DataError(NncoreError):
    """Data that don't fit the network or the settings."""


class Data(NamedTuple):
    """Images (n, inputs) and one-hot targets (n, classes), of the same float dtype.

    Memory-mapped arrays will do: only the rows of a few batches are copied at a time. So will
    bytes that read as floats.
    """

    images: Images
    targets: Floats

    def plain(self) -> "Data":
        """Return views without what memory maps add to arrays: their own indexing is slow."""
        images, targets = self
        if not isinstance(images, ScaledPixels):
            images = np.asarray(images)
        return Data(images, np.asarray(targets))

    def check(self, name: str, network: Network) -> None:
        """Raise `DataError` unless there are images, of the shapes and dtype of `network`."""
        dtype = network.parameters.dtype
        widths = (network.inputs, network.outputs)
        for part, array, width in zip(self._fields, self, widths, strict=True):
            if array.ndim != 2 or array.shape[1] != width or not len(array):
                raise DataError(
                    f"{name} {part} must have shape (n, {width}), n at least 1, got {array.shape}"
                )
            if array.dtype != dtype:
                raise DataError(f"{name} {part} must be {dtype}, got {array.dtype}")
        if len(self.images) != len(self.targets):
            raise DataError(
                f"{name} images and targets must be equally many, "
                f"got {len(self.images)} and {len(self.targets)}"
            )
