"""The training set in a new order each epoch, gathered many batches at a time.

One gather for many batches costs less than one for each, and the logits and outputs of all of
them stand together, so that loss and accuracy are taken once for many steps.
"""

from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from nncore.arrays import Floats
from nncore.data import Data

# 1,024 images of 784 float32 values are 3 MiB: little enough to stay in a processor's cache.
GATHERED = 1024


class Batch(NamedTuple):
    """What goes into one step and what comes out: (rows, inputs) images, (rows, classes) others."""

    images: Floats
    targets: Floats
    logits: Floats
    outputs: Floats

    def part(self, start: int, stop: int) -> "Batch":
        """Return the rows from `start` to `stop` as views."""
        return Batch(*(array[start:stop] for array in self))


class Batches:
    """Buffers for the batches of a training set; the next gather overwrites the last."""

    def __init__(self, data: Data, batch_size: int) -> None:
        # A plain view of a memory map: np.memmap's own indexing is slow.
        self._data = Data(*map(np.asarray, data))
        self._batch_size = min(batch_size, len(data.images))
        rows = max(GATHERED // self._batch_size, 1) * self._batch_size
        shapes = (data.images.shape[1], *(data.targets.shape[1],) * 3)
        self._gathered = Batch(*(np.empty((rows, n), data.images.dtype) for n in shapes))
        self._parts = self._split(self._gathered)

    def shuffled(self, rng: np.random.Generator) -> Iterator[tuple[Batch, list[Batch]]]:
        """Yield gathered images and their split into batches, every image once.

        The order is a true permutation of the whole set; only the last batch may be short.
        """
        order = rng.permutation(len(self._data.images))
        full = len(self._gathered.images)
        for start in range(0, len(order), full):
            rows = order[start : start + full]
            gathered = self._gathered.part(0, len(rows))
            self._gather(rows, gathered)
            yield gathered, self._parts if len(rows) == full else self._split(gathered)

    def _gather(self, rows: NDArray[np.integer[Any]], to: Batch) -> None:
        # mode="clip" spares NumPy a second buffer; a permutation has nothing to clip.
        np.take(self._data.images, rows, axis=0, out=to.images, mode="clip")
        np.take(self._data.targets, rows, axis=0, out=to.targets, mode="clip")

    def _split(self, gathered: Batch) -> list[Batch]:
        size = self._batch_size
        return [
            gathered.part(start, min(start + size, len(gathered.images)))
            for start in range(0, len(gathered.images), size)
        ]
