"""Training and test images of sources whose images can be read in order again and again."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

import numpy as np

from nncore.arrays import Bytes, Indices
from nncore.data.splits import stratified_test_split
from nncore.errors import PreprocessingError, format_shape
from stages.formats.dataset import RawDataset, RawSplit
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

    def split(self, rows: Indices) -> RawSplit:
        """Return the images at `rows`, ascending."""
        return RawSplit(self.shape, self._batches(rows))

    def _batches(self, rows: Indices) -> Iterator[tuple[Bytes, Bytes]]:
        start = 0
        for images in self.images():
            first, last = np.searchsorted(rows, (start, start + len(images)))
            if first < last:
                batch = rows[first:last]
                yield images[batch - start], self.labels[batch]
            start += len(images)


def make_dataset(
    train: LabelledImages,
    test: LabelledImages | None,
    class_names: tuple[str, ...],
    settings: FetchSettings,
) -> RawDataset:
    """Return a data set; without `test`, draw it from each class of `train` in proportion.

    Raises
    ------
    PreprocessingError
        `settings.test_size` leaves no training image of some class.
    """
    if test is None:
        print(f"{settings.path}: no test images; fetch.test_size of the images become test images")
        train_rows, test_rows = draw_test_rows(train.labels, settings)
        test = train
    else:
        train_rows, test_rows = np.arange(len(train.labels)), np.arange(len(test.labels))
    summary = (
        f"{len(train_rows):,} training and {len(test_rows):,} test images in {len(class_names)} "
        f"classes, {format_shape(train.shape)}"
    )
    return RawDataset(train.split(train_rows), test.split(test_rows), class_names, summary=summary)


def draw_test_rows(labels: Bytes, settings: FetchSettings) -> tuple[Indices, Indices]:
    """Return the rows of the training and of the test samples, both ascending.

    Parameters
    ----------
    labels : (n,) uint8, from whose classes the test samples are drawn in proportion

    Raises
    ------
    PreprocessingError
        `fetch.test_size` does not fit the labels.
    """
    try:
        return stratified_test_split(labels, settings.test_size, settings.seed)
    except PreprocessingError as error:
        raise PreprocessingError(f"fetch.{error}") from None
