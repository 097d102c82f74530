"""What every reader returns: batches of images and labels, the names of the classes."""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from nncore.arrays import Bytes
from nncore.config.pictures import Pictures
from nncore.errors import NncoreError

# Bytes of images that a reader holds at a time.
BYTES_PER_BATCH = 1 << 22


class FetchError(NncoreError):
    """A source does not hold the data that the settings describe, or no source serves them."""


@dataclass(frozen=True)
class RawSplit:
    """The training or the test images.

    Attributes
    ----------
    shape : (rows, columns) of grey images, (rows, columns, 3) of colour images
    batches : pairs of images, (m, *shape) uint8, and their labels, (m,) uint8; they are iterated
        once and in order, and an array may be overwritten by the next one
    """

    shape: tuple[int, ...]
    batches: Iterable[tuple[Bytes, Bytes]]


@dataclass(frozen=True)
class RawDataset:
    """The images of a source before preprocessing.

    Attributes
    ----------
    train, test : the splits, with images of one shape
    class_names : the names of the labels 0, 1, …; None if they are the numbers from 0 to the
        highest training label
    pictures : how `nncore predict` makes an image of a picture
    files : for train and test, the name of the file of each image, once the batches have been
        iterated; None if images have no files of their own
    summary : a line with the numbers of images and classes, which `fetch` prints; empty for the
        named data sets
    """

    train: RawSplit
    test: RawSplit
    class_names: tuple[str, ...] | None = None
    pictures: Pictures = "as-is"
    files: Mapping[str, Sequence[str]] | None = None
    summary: str = ""


def images_per_batch(shape: tuple[int, ...]) -> int:
    """Return how many images of this shape fit into `BYTES_PER_BATCH`, at least one."""
    return max(1, BYTES_PER_BATCH // math.prod(shape))
