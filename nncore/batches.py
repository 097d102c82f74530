"""The training set in a new order each epoch, gathered many batches at a time.

One gather for many batches costs less than one for each, and the logits and outputs of all of
them stand together, so that loss and accuracy are taken once for many steps. Where images are
distorted, it is all that are gathered at once, and the next ones while these are trained on.
"""

from collections.abc import Iterator, Sequence
from functools import partial
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from nncore.ahead import Ahead
from nncore.arrays import Floats
from nncore.augment import Distorter
from nncore.data import Data
from nncore.team import Team, own

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
    """Buffers for the batches of a training set; a gather overwrites an earlier one.

    In a team a rank gathers its own rows of each batch; the others in its buffers mean nothing.
    """

    def __init__(
        self,
        data: Data,
        batch_size: int,
        distorters: Sequence[Distorter] = (),
        team: Team | None = None,
    ) -> None:
        """Make a buffer for each distorter, in which it distorts what is gathered, or else one.

        With more than one, the others are filled on threads while one is in use.
        """
        self._data = data.plain()
        self._batch_size = min(batch_size, len(data.images))
        rows = max(GATHERED // self._batch_size, 1) * self._batch_size
        shapes = (data.images.shape[1], *(data.targets.shape[1],) * 3)
        self._distorters = distorters
        self._team = team
        self._gathered = [
            Batch(*(np.zeros((rows, n), data.images.dtype) for n in shapes))
            for _ in range(max(len(distorters), 1))
        ]
        self._parts = [self._split(gathered) for gathered in self._gathered]
        self._ahead = Ahead(len(self._gathered) - 1)

    def shuffled(
        self, rng: np.random.Generator, epoch: int = 0
    ) -> Iterator[tuple[Batch, list[Batch]]]:
        """Yield gathered images and their split into batches, every image once.

        The order is a true permutation of the whole set; only the last batch may be short. The
        distortions, where there are any, are those of the `epoch`.
        """
        order = rng.permutation(len(self._data.images))
        full = len(self._gathered[0].images)
        gathers = (
            partial(self._gather, order[start : start + full], epoch, start // full)
            for start in range(0, len(order), full)
        )
        yield from self._ahead.results(gathers)

    def own(self, count: int) -> list[slice]:
        """Return which of `count` gathered rows are this rank's, in runs; without a team all."""
        if self._team is None:
            return [slice(0, count)]
        size, runs = self._batch_size, []
        for start in range(0, count, size):
            part = own(self._team, min(size, count - start))
            runs.append(slice(start + part.start, start + part.stop))
        return runs

    def _gather(
        self, rows: NDArray[np.integer[Any]], epoch: int, part: int
    ) -> tuple[Batch, list[Batch]]:
        """Fill the buffer whose turn it is."""
        buffer = part % len(self._gathered)
        gathered, batches = self._gathered[buffer], self._parts[buffer]
        if len(rows) < len(gathered.images):
            gathered = gathered.part(0, len(rows))
            batches = self._split(gathered)
        mine = self.own(len(rows))
        for run in mine:
            for source, target in zip(self._data, gathered, strict=False):
                # mode="clip" spares NumPy a second buffer; a permutation has nothing to clip.
                source.take(rows[run], axis=0, out=target[run], mode="clip")
        if self._distorters:
            self._distorters[buffer].distort(gathered.images, epoch=epoch, part=part, mine=mine)
        return gathered, batches

    def _split(self, gathered: Batch) -> list[Batch]:
        size = self._batch_size
        return [
            gathered.part(start, min(start + size, len(gathered.images)))
            for start in range(0, len(gathered.images), size)
        ]
