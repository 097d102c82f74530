"""Atomic writes, and archives: arrays with JSON values in one .npz file.

An archive is uncompressed and holds no pickle; `numpy.load` opens it too. Equal content gives equal
bytes. The reader trusts nothing: it allocates at most a few times the file's size, whatever sizes
the file claims.
"""

import errno
import io
import json
import os
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from glob import escape
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

from nncore.arrays import Array
from nncore.errors import ArchiveError

_JSON_ENTRY = "specification.json"
# The smallest header before the content of an entry; the name of the entry comes on top.
_ENTRY_HEADER_BYTES = 30
_JSON_ENCODER = json.JSONEncoder(indent=2, sort_keys=True, ensure_ascii=False, allow_nan=False)

# zipfile, zlib, json and the code that reads the values raise these for malformed content; OSError
# for a seek to a negative offset.
_MALFORMED_CONTENT_ERRORS = (
    zipfile.BadZipFile,
    zipfile.LargeZipFile,
    ArithmeticError,
    AttributeError,
    EOFError,
    LookupError,
    NotImplementedError,
    OSError,
    RecursionError,
    RuntimeError,
    TypeError,
    ValueError,
    zlib.error,
)


@contextmanager
def atomic_path(path: Path) -> Iterator[Path]:
    """Yield a temporary name beside `path` that replaces it on success and disappears on failure.

    The data reach the disk before the name changes, so that a power cut leaves either the old file
    or the new one. Temporary files of earlier, killed processes are removed first. If such a
    process still runs, its write fails instead of replacing the newer file.

    Raises
    ------
    OSError
        The folder does not exist or can't be written; `filename` is `path`.
    """
    if not path.name:
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), str(path))
    for stale in path.parent.glob(f".{escape(path.name)}.*.tmp"):
        stale.unlink(missing_ok=True)
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        yield temporary
        with temporary.open("rb+") as file:
            os.fsync(file.fileno())
        temporary.replace(path)
        _sync_folder(path.parent)
    except OSError as error:
        if error.filename not in {temporary, str(temporary)}:
            raise
        fault = error.strerror
        if isinstance(error, FileNotFoundError) and path.parent.is_dir():
            fault = "its temporary file has disappeared; does another program write this file?"
        raise type(error)(error.errno, fault, str(path)) from None
    finally:
        # Windows keeps a file that is open or mapped. The next write removes it.
        with suppress(PermissionError):
            temporary.unlink(missing_ok=True)


def atomic_write(path: Path, content: bytes) -> None:
    """Write `content` to `path` atomically, through `atomic_path`."""
    with atomic_path(path) as temporary:
        temporary.write_bytes(content)


def _sync_folder(folder: Path) -> None:
    """Write a folder's entries to the disk, on systems that can open a folder."""
    if os.name == "posix":
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def open_file(path: Path) -> BinaryIO:
    """Open a file for reading.

    Raises
    ------
    OSError
        The file can't be opened, or is a device or a pipe: reading a device may never end, opening
        a pipe may wait forever.
    """
    if not (path.is_file() or path.is_dir()) and path.exists():
        raise OSError(errno.EINVAL, "expected a file, got a device or a pipe", str(path))
    return path.open("rb")


class Archive:
    """An archive that is open for reading.

    Attributes
    ----------
    values : the JSON values, of any type
    names : names of the arrays
    size : size of the file, in bytes
    """

    def __init__(self, archive: zipfile.ZipFile, size: int) -> None:
        entries = archive.infolist()
        if any(entry.compress_type != zipfile.ZIP_STORED for entry in entries):
            raise ValueError("compressed entries")
        # zipfile allocates compress_size bytes.
        if any(entry.compress_size != entry.file_size for entry in entries):
            raise ValueError("entries of two sizes")
        self._archive = archive
        self.size = size
        self.names = {name.removesuffix(".npy") for name in archive.namelist()} - {_JSON_ENTRY}
        self.values: Any = json.loads(archive.read(_JSON_ENTRY))
        # Refuse what the writer can't write: NaN, half a surrogate pair.
        for chunk in _JSON_ENCODER.iterencode(self.values):
            chunk.encode()

    def read(self, name: str, out: Array) -> None:
        """Fill `out` with the array `name`, which must have its shape and dtype and be in C order.

        The header is compared with the header that NumPy writes for `out`; it is never parsed.

        Raises
        ------
        KeyError, ValueError
            There is no such array, or it has another shape, dtype or order.
        """
        content = self._archive.read(f"{name}.npy")
        header = _npy_header(out)
        if not content.startswith(header) or len(content) != len(header) + out.nbytes:
            raise ValueError(f"{name} {_format_header(content)}, expected {_format_header(header)}")
        out[...] = np.frombuffer(content, _little_endian(out), offset=len(header)).reshape(
            out.shape
        )


def write_archive(path: Path, values: Mapping[str, Any], arrays: Mapping[str, Array]) -> None:
    """Write JSON values and arrays, little-endian and in C order."""
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(_zip_info(_JSON_ENTRY), _JSON_ENCODER.encode(values) + "\n")
        for name, array in arrays.items():
            content = np.ascontiguousarray(array, _little_endian(array)).tobytes()
            archive.writestr(_zip_info(f"{name}.npy"), _npy_header(array) + content)


@contextmanager
def open_archive(path: Path, expected: str) -> Iterator[Archive]:
    """Open an archive for reading; an error of the block about its content is an `ArchiveError`.

    Parameters
    ----------
    path : the file
    expected : name of the format, for the message

    Raises
    ------
    ArchiveError
        `path` is no archive or is damaged, or the block refuses its content.
    OSError
        The file can't be opened.
    """
    with open_zip(path, expected) as (archive, size):
        yield Archive(archive, size)


@contextmanager
def open_zip(path: Path, expected: str) -> Iterator[tuple[zipfile.ZipFile, int]]:
    """Open any zip file for reading and yield its size too; otherwise like `open_archive`."""
    with open_file(path) as file:
        size = path.stat().st_size
        try:
            with zipfile.ZipFile(file) as archive:
                _check_entries(archive, size)
                yield archive, size
        except _MALFORMED_CONTENT_ERRORS as error:
            # The text of a KeyError is in quotes.
            text = str(error.args[0]) if isinstance(error, KeyError) and error.args else str(error)
            reason = text or type(error).__name__
            raise ArchiveError(f"{path}: expected {expected}, got: {reason}") from error


def _check_entries(archive: zipfile.ZipFile, size: int) -> None:
    """Check that the entries fit into a file of `size` bytes one after the other, once each."""
    entries = archive.infolist()
    total = sum(entry.compress_size for entry in entries)
    if total > size:
        raise ValueError(f"entries of {total} bytes in a file of {size}")
    # zipfile warns of entries that overlap, or reads one as a part of another.
    end = archive.start_dir
    for entry in sorted(entries, key=lambda entry: -entry.header_offset):
        if entry.header_offset + _ENTRY_HEADER_BYTES + entry.compress_size > end:
            raise ValueError("entries that overlap")
        end = entry.header_offset
    if len(set(archive.namelist())) != len(entries):
        raise ValueError("an entry that occurs twice")


def _zip_info(name: str) -> zipfile.ZipInfo:
    """Return an entry whose bytes depend neither on the time nor on the system."""
    entry = zipfile.ZipInfo(name, date_time=(1980, 1, 1, 0, 0, 0))
    entry.create_system = 3
    entry.external_attr = 0o644 << 16
    return entry


def _npy_header(array: Array) -> bytes:
    stream = io.BytesIO()
    fields = {"descr": _little_endian(array).str, "fortran_order": False, "shape": array.shape}
    np.lib.format.write_array_header_1_0(stream, fields)
    return stream.getvalue()


def _format_header(content: bytes) -> str:
    """Return the text of a .npy header and the size of the entry."""
    # The header's text is one line that starts at byte 10.
    text = content[10:200].partition(b"\n")[0].strip().decode("ascii", "replace")
    return f"{text} in {len(content)} bytes"


def _little_endian(array: Array) -> np.dtype[Any]:
    return array.dtype.newbyteorder("<")
