"""Arrays and a JSON text in one file: an uncompressed .npz, never pickle.

`numpy.load` opens it too. The same content always gives the same bytes. Reading trusts nothing: it
allocates no more than a few times the file's size, whatever the file claims.
"""

import io
import json
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from nncore.arrays import Array
from nncore.errors import NncoreError

_TEXT = "specification.json"
_JSON = json.JSONEncoder(indent=2, sort_keys=True, ensure_ascii=False, allow_nan=False)

# All that zipfile and json raise for bytes that are not what they seem, and the readers of values
# for values of another type; OSError: a seek to a place that no file has.
_MALFORMED = (
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
)


class ArchiveError(NncoreError):
    """A file that is not a whole and sound archive of the expected kind."""


class Archive:
    """An open archive.

    Attributes
    ----------
    values : the JSON text's values, of any type
    names : of the arrays
    size : of the whole file, in bytes
    """

    def __init__(self, archive: zipfile.ZipFile, size: int) -> None:
        entries = archive.infolist()
        if any(entry.compress_type != zipfile.ZIP_STORED for entry in entries):
            raise ValueError("compressed entries")
        # zipfile asks for as many bytes as the first says.
        if any(entry.compress_size != entry.file_size for entry in entries):
            raise ValueError("entries of two sizes")
        total = sum(entry.file_size for entry in entries)
        if total > size:
            raise ValueError(f"entries of {total} bytes in a file of {size}")
        if len(set(archive.namelist())) != len(entries):
            raise ValueError("an entry that stands there twice")
        self._archive = archive
        self.size = size
        self.names = {name.removesuffix(".npy") for name in archive.namelist()} - {_TEXT}
        self.values: Any = json.loads(archive.read(_TEXT))
        # What could not be written has no business here: NaN, half a surrogate pair.
        for piece in _JSON.iterencode(self.values):
            piece.encode()

    def read(self, name: str, out: Array) -> None:
        """Fill `out` from the array called `name`, in C order: its equal in shape and dtype.

        Its header is compared with the one that NumPy would write, so that none is ever parsed.
        """
        content = self._archive.read(f"{name}.npy")
        header = _header(out)
        if not content.startswith(header) or len(content) != len(header) + out.nbytes:
            raise ValueError(f"{name} {_described(content)}, expected {_described(header)}")
        out[...] = np.frombuffer(content, _little(out), offset=len(header)).reshape(out.shape)


def write_archive(path: Path, values: Mapping[str, Any], arrays: Mapping[str, Array]) -> None:
    """Write JSON values and arrays, little-endian and in C order."""
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(_entry(_TEXT), _JSON.encode(values) + "\n")
        for name, array in arrays.items():
            content = np.ascontiguousarray(array, _little(array)).tobytes()
            archive.writestr(_entry(f"{name}.npy"), _header(array) + content)


@contextmanager
def opened(path: Path, kind: str) -> Iterator[Archive]:
    """Open an archive to read; whatever does not fit inside the block becomes an `ArchiveError`.

    Raises
    ------
    ArchiveError
        `path` is no archive, damaged, or not what the block takes it for.
    OSError
        The file can't be opened.
    """
    with path.open("rb") as file:
        size = path.stat().st_size
        try:
            with zipfile.ZipFile(file) as archive:
                yield Archive(archive, size)
        except _MALFORMED as error:
            reason = str(error) or type(error).__name__
            raise ArchiveError(f"{path}: expected {kind}, got: {reason}") from error


def _entry(name: str) -> zipfile.ZipInfo:
    """Return an archive entry whose bytes tell nothing of the time or the system."""
    entry = zipfile.ZipInfo(name, date_time=(1980, 1, 1, 0, 0, 0))
    entry.create_system = 3
    entry.external_attr = 0o644 << 16
    return entry


def _header(array: Array) -> bytes:
    stream = io.BytesIO()
    described = {"descr": _little(array).str, "fortran_order": False, "shape": array.shape}
    np.lib.format.write_array_header_1_0(stream, described)
    return stream.getvalue()


def _described(content: bytes) -> str:
    """Return the text of a .npy header, which begins behind ten bytes and ends with its line."""
    text = content[10:200].partition(b"\n")[0].strip().decode("ascii", "replace")
    return f"{text} in {len(content)} bytes"


def _little(array: Array) -> np.dtype[Any]:
    return array.dtype.newbyteorder("<")
