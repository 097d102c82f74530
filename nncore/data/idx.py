"""Strict reader of IDX, the format of MNIST's files.

A file holds two zero bytes, a type byte, the number of dimensions, each dimension as a big-endian
32-bit integer, then the values in C order. A gzipped file is recognised by its first bytes. A file
with any fault is refused. QMNIST's labels are a table of 32-bit integers, whose first column holds
the classes.

References
----------
LeCun, Cortes, Burges, "The MNIST database of handwritten digits", section "The IDX file format".
Yadav, Bottou, "Cold Case: The Lost MNIST Digits" (2019), and section 2.2 of the README.md of their
repository facebookresearch/qmnist.
"""

import gzip
import math
import os
import struct
import zlib
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from io import BufferedIOBase
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from nncore.arrays import Array, Bytes
from nncore.errors import IdxError, format_shape

# Bounds the memory for a file whose header claims terabytes.
BYTES_PER_READ = 1 << 20
# (images, rows, columns) or (images, rows, columns, 3), and (labels,).
IMAGE_DIMENSIONS, LABEL_DIMENSIONS = (3, 4), (1,)
COLOUR_CHANNELS = 3

GZIP_MAGIC = b"\x1f\x8b"
_UNSIGNED_BYTE_TYPE = 0x08
_LABEL_TABLE_START = b"\0\0\x0c\x02"


class _Header(NamedTuple):
    """The header of a file, and the shape and type of the values after it."""

    content: bytes
    shape: tuple[int, ...]
    dtype: np.dtype[Any]

    @property
    def value_bytes(self) -> int:
        return self.dtype.itemsize * math.prod(self.shape)

    def describe(self) -> str:
        return f"{self.value_bytes} bytes for {format_shape(self.shape)} values"


def read_images(path: str | Path) -> Bytes:
    """Return the images in `path`.

    Returns
    -------
    (images, rows, columns) or, in colour, (images, rows, columns, 3)
        uint8, read-only, each dimension at least 1
        A memory map of a raw file, an array in memory for a gzipped file.

    Raises
    ------
    IdxError
        The file is unreadable or damaged, has another format, or its size contradicts its header.
    """
    return _read(Path(path), IMAGE_DIMENSIONS)


def read_labels(path: str | Path) -> Bytes:
    """Return the labels in `path`, or the classes in QMNIST's table: (labels,) uint8, read-only.

    Otherwise like `read_images`.
    """
    path = Path(path)
    labels = _read(path, LABEL_DIMENSIONS)
    if labels.ndim == 1:
        return labels
    classes = labels[:, 0]
    wrong = np.flatnonzero((classes < 0) | (classes > 255))
    if len(wrong):
        got = f"{classes[wrong[0]]} for image {wrong[0]}"
        raise IdxError(path, "classes from 0 to 255 in the first column", got)
    labels = classes.astype(np.uint8)
    labels.flags.writeable = False
    return labels


def contents(path: Path, dimensions: tuple[int, ...]) -> Iterator[bytes]:
    """Yield the decompressed header of `path`, then chunks of at most `BYTES_PER_READ` bytes.

    The chunks never exceed the size in the header. When the iterator ends without an error, the
    file is an intact IDX file with one of these numbers of dimensions.

    Raises
    ------
    IdxError
        As `read_images`, when the iterator reaches the fault.
    """
    with _open(path) as (file, size):
        header = _header(path, file, size, dimensions)
        yield header.content
        yield from _values(path, file, header)


def idx_header(shape: tuple[int, ...]) -> bytes:
    """Return the bytes of an IDX file before its values, of type uint8."""
    fields = (_UNSIGNED_BYTE_TYPE, len(shape), *shape)
    return struct.pack(f">HBB{len(shape)}I", 0, *fields)


def _read(path: Path, dimensions: tuple[int, ...]) -> Array:
    with _open(path) as (file, size):
        header = _header(path, file, size, dimensions)
        if size is not None:
            offset = len(header.content)
            return np.asarray(np.memmap(path, header.dtype, "r", offset, header.shape))
        # Grows with the chunks, because the size in the header may be false.
        content = bytearray()
        for chunk in _values(path, file, header):
            content += chunk
    array = np.frombuffer(content, header.dtype).reshape(header.shape)
    array.flags.writeable = False
    return array


@contextmanager
def _open(path: Path) -> Iterator[tuple[BufferedIOBase, int | None]]:
    """Yield the decompressed content of `path` and its size, None if the file is gzipped."""
    try:
        with path.open("rb") as raw:
            is_gzip = raw.read(2) == GZIP_MAGIC
            raw.seek(0)
            size = None if is_gzip else os.fstat(raw.fileno()).st_size
            with gzip.GzipFile(fileobj=raw) if is_gzip else nullcontext(raw) as file:
                yield file, size
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise IdxError(path, "intact gzip data", f"“{error}”") from None
    except OSError as error:
        raise IdxError(path, "a readable file", f"“{error.strerror}”") from None


def _header(
    path: Path, file: BufferedIOBase, size: int | None, dimensions: tuple[int, ...]
) -> _Header:
    """Return the header, checked against `size` unless it is None."""
    start = file.read(4)
    dtype: np.dtype[Any] = np.dtype(np.uint8)
    if dimensions == LABEL_DIMENSIONS and start == _LABEL_TABLE_START:
        dimensions, dtype = (2,), np.dtype(">i4")
    if not b"\0\0".startswith(start[:2]):
        raise IdxError(path, "an IDX file, which starts with 00 00", start[:2].hex(" "))
    if len(start) > 2 and start[2] != _UNSIGNED_BYTE_TYPE and dtype == np.uint8:
        raise IdxError(path, "values of type 08 (unsigned bytes)", f"{start[2]:02x}")
    number = start[3] if len(start) > 3 else dimensions[0]
    if number not in dimensions:
        is_images = dimensions == IMAGE_DIMENSIONS
        expected = "3 dimensions (images)" if is_images else "1 dimension (labels)"
        raise IdxError(path, expected, str(number))
    header_size = 4 + 4 * number
    content = start + file.read(header_size - len(start))
    if len(content) < header_size:
        raise IdxError(path, f"a header of {header_size} bytes", str(len(content)))
    header = _Header(content, struct.unpack_from(f">{number}I", content, 4), dtype)
    if number == 4 and header.shape[3] != COLOUR_CHANNELS:
        raise IdxError(path, "3 channels (red, green, blue)", str(header.shape[3]))
    if 0 in header.shape:
        raise IdxError(path, "dimensions of at least 1", format_shape(header.shape))
    if size is not None and size - header_size != header.value_bytes:
        raise IdxError(path, header.describe(), str(size - header_size))
    return header


def _values(path: Path, file: BufferedIOBase, header: _Header) -> Iterator[bytes]:
    """Yield the values after the header, exactly as many as it requires."""
    remaining = header.value_bytes
    while remaining:
        chunk = file.read(min(BYTES_PER_READ, remaining))
        if not chunk:
            raise IdxError(path, header.describe(), str(header.value_bytes - remaining))
        remaining -= len(chunk)
        yield chunk
    # In a gzipped file this read also verifies the checksum and the end of the stream.
    if file.read(1):
        raise IdxError(path, header.describe(), "more")
