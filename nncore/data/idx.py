"""Strict reader of IDX, the format of MNIST's files.

A file holds two zero bytes, a type byte, the number of dimensions, each dimension as a big-endian
32-bit integer, then the values in C order. A gzipped file is recognised by its first bytes. A file
with a fault anywhere is refused.

References
----------
LeCun, Cortes, Burges, "The MNIST database of handwritten digits", section "The IDX file format".
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

import numpy as np

from nncore.arrays import Bytes
from nncore.errors import IdxError, format_shape

# Bounds the memory for a file whose header claims terabytes.
BYTES_PER_READ = 1 << 20
# (images, rows, columns) or (images, rows, columns, 3), and (labels,).
IMAGE_DIMENSIONS, LABEL_DIMENSIONS = (3, 4), (1,)
COLOUR_CHANNELS = 3

_GZIP_MAGIC = b"\x1f\x8b"
_UNSIGNED_BYTE_TYPE = 0x08


def read_images(path: Path) -> Bytes:
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
    return _read(path, IMAGE_DIMENSIONS)


def read_labels(path: Path) -> Bytes:
    """Return the labels in `path`: (labels,) uint8, otherwise like `read_images`."""
    return _read(path, LABEL_DIMENSIONS)


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
        header, shape = _header(path, file, size, dimensions)
        yield header
        yield from _values(path, file, shape)


def idx_header(shape: tuple[int, ...]) -> bytes:
    """Return the bytes of an IDX file before its values, of type uint8."""
    fields = (_UNSIGNED_BYTE_TYPE, len(shape), *shape)
    return struct.pack(f">HBB{len(shape)}I", 0, *fields)


def _read(path: Path, dimensions: tuple[int, ...]) -> Bytes:
    with _open(path) as (file, size):
        header, shape = _header(path, file, size, dimensions)
        if size is not None:
            return np.asarray(np.memmap(path, np.uint8, "r", offset=len(header), shape=shape))
        # Grows with the chunks, because the size in the header may be false.
        content = bytearray()
        for chunk in _values(path, file, shape):
            content += chunk
    array = np.frombuffer(content, np.uint8).reshape(shape)
    array.flags.writeable = False
    return array


@contextmanager
def _open(path: Path) -> Iterator[tuple[BufferedIOBase, int | None]]:
    """Yield the decompressed content of `path` and its size, None if the file is gzipped."""
    try:
        with path.open("rb") as raw:
            is_gzip = raw.read(2) == _GZIP_MAGIC
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
) -> tuple[bytes, tuple[int, ...]]:
    """Return the header and its dimensions, checked against `size` unless it is None."""
    header = file.read(4)
    if not b"\0\0".startswith(header[:2]):
        raise IdxError(path, "an IDX file, which starts with 00 00", header[:2].hex(" "))
    if len(header) > 2 and header[2] != _UNSIGNED_BYTE_TYPE:
        raise IdxError(path, "values of type 08 (unsigned bytes)", f"{header[2]:02x}")
    number = header[3] if len(header) > 3 else dimensions[0]
    if number not in dimensions:
        is_images = dimensions == IMAGE_DIMENSIONS
        expected = "3 dimensions (images)" if is_images else "1 dimension (labels)"
        raise IdxError(path, expected, str(number))
    header_size = 4 + 4 * number
    header += file.read(header_size - len(header))
    if len(header) < header_size:
        raise IdxError(path, f"a header of {header_size} bytes", str(len(header)))
    shape = struct.unpack_from(f">{number}I", header, 4)
    if number == 4 and shape[3] != COLOUR_CHANNELS:
        raise IdxError(path, "3 channels (red, green, blue)", str(shape[3]))
    if 0 in shape:
        raise IdxError(path, "dimensions of at least 1", format_shape(shape))
    if size is not None and size - header_size != math.prod(shape):
        raise IdxError(path, _format_size(shape), str(size - header_size))
    return header, shape


def _values(path: Path, file: BufferedIOBase, shape: tuple[int, ...]) -> Iterator[bytes]:
    """Yield the values after the header, exactly as many as `shape` requires."""
    size = remaining = math.prod(shape)
    while remaining:
        chunk = file.read(min(BYTES_PER_READ, remaining))
        if not chunk:
            raise IdxError(path, _format_size(shape), str(size - remaining))
        remaining -= len(chunk)
        yield chunk
    # In a gzipped file this read also verifies the checksum and the end of the stream.
    if file.read(1):
        raise IdxError(path, _format_size(shape), "more")


def _format_size(shape: tuple[int, ...]) -> str:
    return f"{math.prod(shape)} bytes for {format_shape(shape)} values"
