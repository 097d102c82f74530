"""IDX, the format of MNIST's files, read strictly: a file is right from end to end or refused.

A file holds two zero bytes, a type byte, the number of dimensions, each dimension as a big-endian
32-bit integer, then the values in C order. It may be gzipped, which its content tells.

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
from nncore.errors import NncoreError

# What is asked of a file at once: a header that promises terabytes costs no more than this.
PIECE = 1 << 20

_GZIP = b"\x1f\x8b"
_UNSIGNED_BYTES = 0x08


class IdxError(NncoreError):
    """A file that is no IDX file of the wanted kind.

    Attributes
    ----------
    fault : what was expected and got, without the file's name
    """

    def __init__(self, path: Path, expected: str, got: str) -> None:
        super().__init__(path, expected, got)
        self.path = path
        self.fault = f"expected {expected}, got {got}"

    def __str__(self) -> str:
        return f"{self.path}: {self.fault}"


def read_images(path: Path) -> Bytes:
    """Return the images in `path`.

    Returns
    -------
    (images, rows, columns) uint8, read-only, none of the three 0
        A memory map of a raw file, an array in memory of a gzipped one.

    Raises
    ------
    IdxError
        The file is unreadable, damaged, of another kind, or shorter or longer than it says.
    """
    return _read(path, 3)


def read_labels(path: Path) -> Bytes:
    """Return the labels in `path`: (labels,) uint8, otherwise like `read_images`."""
    return _read(path, 1)


def contents(path: Path, dimensions: int) -> Iterator[bytes]:
    """Yield the decompressed bytes of `path`: the header, then pieces of at most `PIECE` bytes.

    Once the iterator is exhausted, the file was an intact IDX file of `dimensions` dimensions.
    Nothing is yielded beyond what the header promises.

    Raises
    ------
    IdxError
        As `read_images`, where the fault is met.
    """
    with _opened(path) as (file, size):
        header, shape = _header(path, file, size, dimensions)
        yield header
        yield from _values(path, file, shape)


def _read(path: Path, dimensions: int) -> Bytes:
    with _opened(path) as (file, size):
        header, shape = _header(path, file, size, dimensions)
        if size is not None:
            return np.asarray(np.memmap(path, np.uint8, "r", offset=len(header), shape=shape))
        # Grown by what arrives, because the promise of the header may be a lie.
        content = bytearray()
        for piece in _values(path, file, shape):
            content += piece
    array = np.frombuffer(content, np.uint8).reshape(shape)
    array.flags.writeable = False
    return array


@contextmanager
def _opened(path: Path) -> Iterator[tuple[BufferedIOBase, int | None]]:
    """Open `path` for its decompressed content, whose size is known unless it is gzipped."""
    try:
        with path.open("rb") as raw:
            zipped = raw.read(2) == _GZIP
            raw.seek(0)
            size = None if zipped else os.fstat(raw.fileno()).st_size
            with gzip.GzipFile(fileobj=raw) if zipped else nullcontext(raw) as file:
                yield file, size
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise IdxError(path, "intact gzip data", f"“{error}”") from None
    except OSError as error:
        raise IdxError(path, "a readable file", f"“{error.strerror}”") from None


def _header(
    path: Path, file: BufferedIOBase, size: int | None, dimensions: int
) -> tuple[bytes, tuple[int, ...]]:
    """Return the header and the dimensions in it, which agree with the file's size if known."""
    whole = 4 + 4 * dimensions
    header = file.read(whole)
    if not b"\0\0".startswith(header[:2]):
        raise IdxError(path, "an IDX file, which starts with 00 00", header[:2].hex(" "))
    if len(header) > 2 and header[2] != _UNSIGNED_BYTES:
        raise IdxError(path, "values of type 08 (unsigned bytes)", f"{header[2]:02x}")
    if len(header) > 3 and header[3] != dimensions:
        wanted = "3 dimensions (images)" if dimensions == 3 else "1 dimension (labels)"
        raise IdxError(path, wanted, str(header[3]))
    if len(header) < whole:
        raise IdxError(path, f"a header of {whole} bytes", str(len(header)))
    shape = struct.unpack_from(f">{dimensions}I", header, 4)
    if 0 in shape:
        raise IdxError(path, "dimensions of at least 1", _times(shape))
    if size is not None and size - whole != math.prod(shape):
        raise IdxError(path, _promise(shape), str(size - whole))
    return header, shape


def _values(path: Path, file: BufferedIOBase, shape: tuple[int, ...]) -> Iterator[bytes]:
    """Yield what follows the header, which must end where the dimensions say."""
    promised = left = math.prod(shape)
    while left:
        piece = file.read(min(PIECE, left))
        if not piece:
            raise IdxError(path, _promise(shape), str(promised - left))
        left -= len(piece)
        yield piece
    # In a gzipped file this also meets the checksum and whatever follows it.
    if file.read(1):
        raise IdxError(path, _promise(shape), "more")


def _promise(shape: tuple[int, ...]) -> str:
    return f"{math.prod(shape)} bytes for {_times(shape)} values"


def _times(shape: tuple[int, ...]) -> str:
    return " x ".join(map(str, shape))
