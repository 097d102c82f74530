"""IDX files that differ from MNIST's: images on their side, labels from 1, labels in a table.

Each function takes the content of a file as `nncore.data.idx.contents` yields it, the header first,
and yields the content of the plain file.
"""

import math
import struct
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import numpy as np

from nncore.errors import IdxError

# An image is in memory as a whole.
MAX_IMAGE_BYTES: Final = 1 << 26


def transposed_images(content: Iterator[bytes], path: Path) -> Iterator[bytes]:
    """Exchange the rows and columns of images of one or more channels, as EMNIST's files need.

    Raises
    ------
    IdxError
        An image has more than `MAX_IMAGE_BYTES`.
    """
    header = next(content)
    _, rows, columns, *channels = _dimensions(header)
    size = math.prod((rows, columns, *channels))
    if size > MAX_IMAGE_BYTES:
        raise IdxError(path, f"images of at most {MAX_IMAGE_BYTES:,} bytes", f"{size:,}")
    yield header[:8] + struct.pack(">2I", columns, rows) + header[16:]
    shape = (-1, rows, columns, *channels)
    for images in _whole_items(content, size):
        yield np.frombuffer(images, np.uint8).reshape(shape).swapaxes(1, 2).tobytes()


def class_column(content: Iterator[bytes], path: Path) -> Iterator[bytes]:
    """Return the first column of a table of 32-bit integers, as QMNIST's files of labels are.

    Raises
    ------
    IdxError
        A class is no byte, when the iterator reaches it.

    References
    ----------
    Yadav, Bottou, "Cold Case: The Lost MNIST Digits" (2019); README.md of their repository
    facebookresearch/qmnist, section 2.2.
    """
    count, columns = _dimensions(next(content))
    yield struct.pack(">HBBI", 0, 8, 1, count)
    first = 0
    for rows in _whole_items(content, 4 * columns):
        labels = np.frombuffer(rows, ">i4")[::columns]
        wrong = np.flatnonzero((labels < 0) | (labels > 255))
        if len(wrong):
            got = f"{labels[wrong[0]]} for image {first + wrong[0]}"
            raise IdxError(path, "classes from 0 to 255 in the first column", got)
        first += len(labels)
        yield labels.astype(np.uint8).tobytes()


def labels_from_zero(content: Iterator[bytes], path: Path, first_label: int) -> Iterator[bytes]:
    """Subtract `first_label` from labels.

    Raises
    ------
    IdxError
        A label is below `first_label`, when the iterator reaches it.
    """
    yield next(content)
    first = 0
    for chunk in content:
        labels = np.frombuffer(chunk, np.uint8)
        lowest = int(labels.argmin())
        if labels[lowest] < first_label:
            got = f"{labels[lowest]} for image {first + lowest}"
            raise IdxError(path, f"labels that start at {first_label}", got)
        first += len(labels)
        yield (labels - np.uint8(first_label)).tobytes()


def _dimensions(header: bytes) -> tuple[int, ...]:
    return struct.unpack_from(f">{header[3]}I", header, 4)


def _whole_items(chunks: Iterator[bytes], size: int) -> Iterator[bytes]:
    """Yield the bytes of `chunks` in chunks that hold whole items of `size` bytes."""
    rest = bytearray()
    for chunk in chunks:
        rest += chunk
        if whole := len(rest) // size * size:
            yield bytes(rest[:whole])
            del rest[:whole]
