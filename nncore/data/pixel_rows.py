"""Rows of pixels in text files, and their bytes."""

from collections.abc import Sequence
from pathlib import Path

from nncore.errors import DataError

# Characters around a cell that don't count.
_BLANKS = " \t"
_PIXELS = {str(value): value for value in range(256)}


def strip(cell: str) -> str:
    """Return a cell without the blanks around it."""
    return cell.strip(_BLANKS)


def is_header(cells: Sequence[str]) -> bool:
    """Return whether most cells of a first row can't be pixels.

    Columns may be numbered, and a row of pixels may have a fault, which no header hides.
    """
    return 2 * sum(strip(cell) in _PIXELS for cell in cells) < len(cells)


def parse_pixels(path: Path, line: int, cells: Sequence[str]) -> bytes:
    """Return the pixels of a row, one byte each.

    Raises
    ------
    DataError
        A pixel is no integer from 0 to 255; the message names the file and the line.
    """
    try:
        return bytes(map(_PIXELS.__getitem__, cells))
    except KeyError:
        # Spaces around a number are rare, so that only a row that has them is stripped.
        values = [_PIXELS.get(strip(cell)) for cell in cells]
    if None in values:
        column = values.index(None)
        raise DataError(
            f"{path}: expected integers from 0 to 255, got {cells[column][:40]!r} "
            f"in line {line}, pixel {column}"
        ) from None
    return bytes(value for value in values if value is not None)
