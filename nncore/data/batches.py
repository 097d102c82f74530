"""Batches of the training set, in a new order each epoch.

A gather copies the samples of many batches at once, which is cheaper than one copy for each batch.
The logits and outputs of a gather are contiguous, so that loss and accuracy are computed once for
many steps. Augmentation distorts whole gathers. With several workers, threads prefetch the next
gathers during training.
"""

from collections.abc import Iterator, Sequence
from functools import partial
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from nncore.arrays import Floats
from nncore.data.augment import Augmenter
from nncore.data.dataset import Data
from nncore.parallel import Communicator, Prefetcher, rank_slice

# 1,024 images of 784 float32 values are 3 MiB, which fit into a processor's cache.
SAMPLES_PER_GATHER = 1024
# Training waits for the first gather of each epoch, which takes longer if it is distorted.
DISTORTED_PER_GATHER = 256
# Copying takes less time than training, so that one thread is always ahead.
MAX_BUFFERS_OF_COPIES = 2


class Batch(NamedTuple):
    """The input and output buffers of a step.

    Attributes
    ----------
    inputs : (rows, inputs)
    targets, logits, outputs : (rows, outputs)
    weights : (rows, 1) factors on the losses of the samples; None for 1
    """

    inputs: Floats
    targets: Floats
    logits: Floats
    outputs: Floats
    weights: Floats | None = None

    def slice(self, start: int, stop: int) -> "Batch":
        """Return views of the rows from `start` to `stop`."""
        return Batch._make(None if array is None else array[start:stop] for array in self)


class Batches:
    """Buffers for the batches of a training set; a gather overwrites an earlier gather.

    A rank gathers only its rows of each batch. The other rows of its buffers are undefined.
    """

    def __init__(
        self,
        data: Data,
        batch_size: int,
        augmenters: Sequence[Augmenter] = (),
        communicator: Communicator | None = None,
        *,
        shuffle: bool = True,
        workers: int = 1,
    ) -> None:
        """Allocate a buffer for each augmenter; without augmenters one, or two for several workers.

        While one buffer is in use, threads fill the others. Without `shuffle` the samples keep
        their order.
        """
        self._data = data
        self._shuffle = shuffle
        self._batch_size = min(batch_size, len(data.inputs))
        limit = DISTORTED_PER_GATHER if augmenters else SAMPLES_PER_GATHER
        rows = max(limit // self._batch_size, 1) * self._batch_size
        gathers = -(-len(data.inputs) // rows)
        shapes = [data.inputs.shape[1], *(data.targets.shape[1],) * 3]
        if data.weights is not None:
            shapes.append(1)
        self._augmenters = augmenters
        self._communicator = communicator
        self._buffers = [
            Batch(*(np.zeros((rows, n), data.inputs.dtype) for n in shapes))
            for _ in range(len(augmenters) or min(workers, MAX_BUFFERS_OF_COPIES, gathers))
        ]
        self._buffer_batches = [self._split(buffer) for buffer in self._buffers]
        self._prefetcher = Prefetcher(len(self._buffers) - 1)

    def shuffle(
        self, rng: "np.random.Generator", epoch: int = 0
    ) -> Iterator[tuple[Batch, list[Batch]]]:
        """Yield each gather and its batches, in the order of a random permutation of the samples.

        Every sample occurs once; only the last batch may be smaller. The distortions depend on
        `epoch`.
        """
        count = len(self._data.inputs)
        order = rng.permutation(count) if self._shuffle else np.arange(count)
        gather_rows = len(self._buffers[0].inputs)
        gathers = (
            partial(self._gather, order[start : start + gather_rows], epoch, start // gather_rows)
            for start in range(0, len(order), gather_rows)
        )
        yield from self._prefetcher.map(gathers)

    def rank_rows(self, count: int) -> list[slice]:
        """Return the rows that this rank gathers, of `count`: a slice of each batch.

        Without a communicator, one slice holds all rows.
        """
        if self._communicator is None:
            return [slice(0, count)]
        size, slices = self._batch_size, []
        for start in range(0, count, size):
            rows = rank_slice(self._communicator, min(size, count - start))
            slices.append(slice(start + rows.start, start + rows.stop))
        return slices

    def _gather(
        self, indices: NDArray[np.integer[Any]], epoch: int, gather: int
    ) -> tuple[Batch, list[Batch]]:
        """Copy the samples at `indices` to the next buffer and distort them."""
        turn = gather % len(self._buffers)
        buffer, batches = self._buffers[turn], self._buffer_batches[turn]
        if len(indices) < len(buffer.inputs):
            buffer = buffer.slice(0, len(indices))
            batches = self._split(buffer)
        rank_rows = self.rank_rows(len(indices))
        for rows in rank_rows:
            # mode="clip" saves NumPy a second buffer; all indices are in range.
            for source, target in (
                (self._data.inputs, buffer.inputs),
                (self._data.targets, buffer.targets),
                (self._data.weights, buffer.weights),
            ):
                if source is not None and target is not None:
                    source.take(indices[rows], axis=0, out=target[rows], mode="clip")
        if self._augmenters:
            augmenter = self._augmenters[turn]
            augmenter.distort(buffer.inputs, epoch=epoch, gather=gather, rows=rank_rows)
        return buffer, batches

    def _split(self, buffer: Batch) -> list[Batch]:
        """Return the batches of `buffer` as views."""
        size, count = self._batch_size, len(buffer.inputs)
        return [buffer.slice(start, min(start + size, count)) for start in range(0, count, size)]
