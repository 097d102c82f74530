"""The arrays of any NumPy .npz file, read in chunks; no code in the file runs.

`numpy.load` holds a whole array in memory. This reader holds a few chunks. It refuses a file that
claims more than its bytes can hold, before it allocates anything.

References
----------
NumPy's documentation, `numpy.lib.format`, "Format Version 1.0" and "2.0".
zlib's documentation, "zlib Technical Details", section "Maximum Compression Factor".
"""

import io
import math
import warnings
import zipfile
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, Final, NamedTuple

import numpy as np

from nncore.arrays import Array
from nncore.errors import format_shape
from nncore.files import open_zip

CHUNK_BYTES: Final = 1 << 20
# NumPy's own limit for a header that it evaluates as literals.
MAX_HEADER_BYTES: Final = 10_000
# No deflated data grow more when they are decompressed.
MAX_EXPANSION: Final = 1032

_FORMAT = "a NumPy .npz file"
_SUFFIX = ".npy"


class _Version(NamedTuple):
    """A version of the .npy format: the bytes of the header's length, and the header's reader."""

    length_bytes: int
    read_header: Callable[[IO[bytes]], tuple[tuple[int, ...], bool, np.dtype[Any]]]


# By the first eight bytes. Version 3.0 is that of records, which are no images.
_VERSIONS = {
    b"\x93NUMPY\x01\x00": _Version(2, np.lib.format.read_array_header_1_0),
    b"\x93NUMPY\x02\x00": _Version(4, np.lib.format.read_array_header_2_0),
}


@dataclass(frozen=True)
class NpzArray:
    """An array in an .npz file.

    Attributes
    ----------
    path : the .npz file
    name : name of the array, without the suffix .npy
    dtype : any type of fixed size, without Python objects
    shape : each dimension at least 1
    """

    path: Path
    name: str
    dtype: np.dtype[Any]
    shape: tuple[int, ...]

    def __str__(self) -> str:
        return f"{self.path}: {self.name}"

    def chunks(self) -> Iterator[Array]:
        """Yield the rows along the first axis, in order, in chunks of `CHUNK_BYTES` or one row.

        Yields
        ------
        (rows, *shape[1:]) arrays of `dtype`, read-only

        Raises
        ------
        ArchiveError
            The data are damaged, when the iterator reaches the fault.
        """
        row_bytes = self.dtype.itemsize * math.prod(self.shape[1:])
        step = max(1, CHUNK_BYTES // row_bytes)
        with open_zip(self.path, _FORMAT) as (archive, _):
            entry = archive.getinfo(self.name + _SUFFIX)
            with archive.open(entry) as file:
                if _read_header(file, entry) != (self.dtype, self.shape):
                    raise ValueError(f"{self.name} with another header than before")
                for start in range(0, self.shape[0], step):
                    rows = min(step, self.shape[0] - start)
                    # zipfile compares the checksum when it reaches the last byte.
                    content = file.read(rows * row_bytes)
                    if len(content) < rows * row_bytes:
                        raise ValueError(f"{self.name} that ends in row {start}")
                    yield np.frombuffer(content, self.dtype).reshape(rows, *self.shape[1:])


def list_arrays(path: Path, names: Collection[str]) -> tuple[dict[str, NpzArray], list[str]]:
    """Return those arrays of an .npz file that have one of `names`, and the other entries' names.

    Raises
    ------
    ArchiveError
        The file is no .npz file or is damaged; an array of `names` holds Python objects, is empty
        or in Fortran order, or claims more bytes than the file can hold.
    OSError
        The file can't be opened.
    """
    arrays, others = {}, []
    with open_zip(path, _FORMAT) as (archive, _):
        for entry in archive.infolist():
            name = entry.filename.removesuffix(_SUFFIX)
            if name not in names or name == entry.filename:
                others.append(name)
                continue
            _check_entry(entry)
            with archive.open(entry) as file:
                arrays[name] = NpzArray(path, name, *_read_header(file, entry))
    return arrays, others


def _check_entry(entry: zipfile.ZipInfo) -> None:
    """Raise ValueError unless the entry is one that `numpy.savez` or `savez_compressed` writes."""
    expansion = {zipfile.ZIP_STORED: 1, zipfile.ZIP_DEFLATED: MAX_EXPANSION}
    if entry.compress_type not in expansion or entry.flag_bits & 1:
        raise ValueError(
            f"{entry.filename} that is encrypted or compressed in another way than "
            "numpy.savez_compressed does"
        )
    if entry.file_size > entry.compress_size * expansion[entry.compress_type]:
        raise ValueError(
            f"{entry.filename} that claims {entry.file_size} bytes in {entry.compress_size}"
        )


def _read_header(file: IO[bytes], entry: zipfile.ZipInfo) -> tuple[np.dtype[Any], tuple[int, ...]]:
    """Return dtype and shape of an array; `file` is at its data afterwards.

    Raises
    ------
    ValueError
        The header is malformed or contradicts the entry's size, or the array can't be streamed.
    """
    name = entry.filename.removesuffix(_SUFFIX)
    start = file.read(8)
    version = _VERSIONS.get(start)
    if version is None:
        raise ValueError(f"{entry.filename} without an array of format 1.0 or 2.0")
    length_field = file.read(version.length_bytes)
    length = int.from_bytes(length_field, "little")
    if length > MAX_HEADER_BYTES:
        raise ValueError(f"{name} with a header of {length} bytes")
    header = io.BytesIO(length_field + file.read(length))
    with warnings.catch_warnings():
        # NumPy warns of headers that Python 2 wrote, and reads them.
        warnings.simplefilter("ignore")
        try:
            shape, is_fortran, dtype = version.read_header(header)
        except Exception:  # noqa: BLE001  ValueError, or anything that Python's tokenizer raises
            raise ValueError(f"{name} with a malformed header") from None
    if dtype.hasobject:
        raise ValueError(
            f"{name} of Python objects, which only code can restore; save it as numbers or text"
        )
    values = f"{dtype} of shape {format_shape(shape)}"
    size = 8 + len(length_field) + length + dtype.itemsize * math.prod(shape)
    if not dtype.itemsize or any(side < 1 for side in shape):
        raise ValueError(f"{name} without values: {values}")
    if size != entry.file_size:
        raise ValueError(f"{name} in {entry.file_size} bytes, but {values} takes {size}")
    if is_fortran:
        raise ValueError(f"{name} in Fortran order; save numpy.ascontiguousarray({name})")
    return dtype, shape
