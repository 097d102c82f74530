"""Tables of pixels in text: rows of cells, and the bytes of a row of pixels.

Nothing holds more than one line of a file in memory.
"""

import csv
from collections.abc import Iterator, Sequence
from io import TextIOWrapper
from itertools import count
from pathlib import Path
from typing import Final, TextIO

from nncore.errors import DataError
from nncore.files import open_file

# Enough for an image of 2048 x 2048 pixels.
MAX_LINE_LENGTH: Final = 1 << 24

# Around a cell.
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


def read_rows(path: Path) -> Iterator[tuple[int, list[str]]]:
    """Yield the rows that are not blank, with the number of the line.

    Raises
    ------
    DataError
        The file is no UTF-8, or no table with commas between the cells; or a line is too long.
    OSError
        The file can't be opened.
    """
    with open_file(path) as file, TextIOWrapper(file, "utf-8-sig", newline="") as text:
        reader = csv.reader(_lines(path, text), strict=True)
        try:
            for row in reader:
                if row:
                    yield reader.line_num, row
        except UnicodeDecodeError:
            raise DataError(
                f"{path}: expected text in UTF-8, got another encoding after line "
                f"{reader.line_num}; save it as UTF-8"
            ) from None
        except csv.Error as error:
            raise DataError(
                f"{path}: expected cells with commas between them, got “{error}” in line "
                f"{reader.line_num}"
            ) from None


def _lines(path: Path, text: TextIO) -> Iterator[str]:
    """Yield the lines; refuse one that would need much memory, or that is no whole row."""
    for number in count(1):
        line = text.readline(MAX_LINE_LENGTH + 1)
        if not line:
            return
        if len(line) > MAX_LINE_LENGTH:
            raise DataError(
                f"{path}: expected lines of at most {MAX_LINE_LENGTH:,} characters, got a longer "
                f"one, line {number}"
            )
        # NumPy drops it from the end of a label.
        if "\0" in line:
            raise DataError(f"{path}: expected text, got a byte 0 in line {number}")
        # A quoted cell could otherwise go on to the end of the file.
        if line.count('"') % 2:
            raise DataError(
                f"{path}: expected quotes in pairs in each line, got one in line {number}"
            )
        yield line
