"""The first element in which two NumPy arrays differ, read from their `.npy` files without NumPy.

The format: https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html
"""

import ast
import struct
from collections.abc import Iterator
from itertools import zip_longest
from typing import IO, NamedTuple

MAGIC = b"\x93NUMPY"
# A header of NumPy's is far shorter.
MAX_HEADER = 1 << 16
# Elements that are read at once.
PART = 1 << 16
# The codes of `struct`, and digits that distinguish two neighbours.
CODES = {
    "b1": ("?", ""),
    "f2": ("e", ".5g"),
    "f4": ("f", ".9g"),
    "f8": ("d", ".17g"),
    **{f"i{size}": (code, "d") for size, code in ((1, "b"), (2, "h"), (4, "i"), (8, "q"))},
    **{f"u{size}": (code, "d") for size, code in ((1, "B"), (2, "H"), (4, "I"), (8, "Q"))},
}


class Header(NamedTuple):
    """The dtype, shape and order of an array."""

    dtype: str
    fortran: bool
    shape: tuple[int, ...]


def compare_npy(old: IO[bytes], new: IO[bytes]) -> str | None:
    """Return the first element that differs; None if not both are arrays of numbers."""
    a, b = read_header(old), read_header(new)
    if a is None or b is None:
        return None
    if a != b:
        return f"array of {a.dtype} {a.shape} | array of {b.dtype} {b.shape}" + (
            "; another order in memory" if a[::2] == b[::2] else ""
        )
    if a.dtype[1:] not in CODES:
        return None
    code, digits = CODES[a.dtype[1:]]
    size = struct.calcsize(code)
    number = 0
    for one, other in zip_longest(_parts(old, size), _parts(new, size), fillvalue=b""):
        if one == other:
            number += PART
            continue
        pairs = zip(_elements(one, size), _elements(other, size), strict=False)
        for x, y in pairs:
            if x != y:
                order = "<" if a.dtype[0] in "<|" else ">"
                values = (struct.unpack(f"{order}{code}", value)[0] for value in (x, y))
                shown = " | ".join(format(value, digits) for value in values)
                return f"element {_index(number, a)}: {shown}"
            number += 1
        return None
    return None


def read_header(stream: IO[bytes]) -> Header | None:
    """Return the header of an array, behind which the stream stands then; None if it has none."""
    stream.seek(0)
    if stream.read(len(MAGIC)) != MAGIC:
        return None
    try:
        major, _ = stream.read(2)
        length = int.from_bytes(stream.read(2 if major == 1 else 4), "little")
        fields = ast.literal_eval(stream.read(min(length, MAX_HEADER)).decode())
        header = Header(fields["descr"], fields["fortran_order"], tuple(fields["shape"]))
    except (ValueError, SyntaxError, TypeError, KeyError):
        return None
    return header if isinstance(header.dtype, str) else None


def _parts(stream: IO[bytes], size: int) -> Iterator[bytes]:
    while part := stream.read(PART * size):
        yield part


def _elements(part: bytes, size: int) -> Iterator[bytes]:
    return (part[start : start + size] for start in range(0, len(part) // size * size, size))


def _index(number: int, header: Header) -> list[int]:
    """Return the index of an element, of which a number of others stand before it in the file."""
    index = []
    for length in header.shape if header.fortran else reversed(header.shape):
        number, remainder = divmod(number, length)
        index.append(remainder)
    return index if header.fortran else index[::-1]
