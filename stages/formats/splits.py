"""Training and test images of sources whose images can be read in order again and again."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

import numpy as np

from nncore.arrays import Bytes, Indices
from nncore.data.preprocessing import stratified_test_split
from nncore.errors import PreprocessingError
from stages.formats.dataset import RawSplit
from stages.shared.data_params import FetchSettings


@dataclass(frozen=True)
class LabelledImages:
    """Images with their labels.

    Attributes
    ----------
    shape : (rows, columns) or (rows, columns, 3)
    labels : (n,) uint8
    images : returns an iterator of all images, in arrays of shape (·, *shape) uint8
    """

    shape: tuple[int, ...]
    labels: Bytes
    images: Callable[[], Iterable[Bytes]]

    def split(self, rows: Indices | None = None) -> RawSplit:
        """Return the images at ascending `rows`, or all."""
        return RawSplit(
            self.shape, self._batches(np.arange(len(self.labels)) if rows is None else rows)
        )

    def _batches(self, rows: Indices) -> Iterator[tuple[Bytes, Bytes]]:
        start = 0
        for images in self.images():
            first, last = np.searchsorted(rows, (start, start + len(images)))
            if first < last:
                batch = rows[first:last]
                yield images[batch - start], self.labels[batch]
            start += len(images)


def train_and_test(
    train: LabelledImages, test: LabelledImages | None, settings: FetchSettings
) -> tuple[RawSplit, RawSplit]:
    """Return both splits; without `test`, draw it from each class of `train` in proportion.

    Raises
    ------
    PreprocessingError
        `settings.test_size` leaves no training image of some class.
    """
    if test is not None:
        return train.split(), test.split()
    try:
        train_rows, test_rows = stratified_test_split(
            train.labels, settings.test_size, settings.seed
        )
    except PreprocessingError as error:
        raise PreprocessingError(f"fetch.{error}") from None
    print(
        f"{settings.path}: {len(test_rows):,} of {len(train.labels):,} images, drawn with "
        "fetch.seed, are the test images"
    )
    return train.split(train_rows), train.split(test_rows)
