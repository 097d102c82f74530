"""Text files of rows: cells with commas, semicolons, tabs or bars between them.

The reader holds a few rows in memory, whatever the file's size. It never evaluates a cell.
"""

import csv
from collections.abc import Iterator
from functools import partial
from io import TextIOWrapper
from itertools import count
from pathlib import Path
from typing import Final, TextIO

from nncore.errors import DataError
from nncore.files import open_file

# Characters: enough for an image of 2048 x 2048 pixels.
MAX_FILE_LINE_LENGTH: Final = 1 << 24
DELIMITERS: Final = {",": "commas", ";": "semicolons", "\t": "tabs", "|": "bars"}


def read_cells(path: Path, delimiter: str = ",") -> Iterator[tuple[int, list[str]]]:
    """Yield the rows that are not blank, with the number of the line, from 1.

    Raises
    ------
    DataError
        The file is not UTF-8, or has a byte 0, an unpaired quote in a line, or a line of more than
        `MAX_FILE_LINE_LENGTH` characters.
    OSError
        The file can't be opened.
    """
    with open_file(path) as file, TextIOWrapper(file, "utf-8-sig", newline="") as text:
        reader = csv.reader(_lines(path, text), strict=True, delimiter=delimiter)
        try:
            for row in reader:
                if row:
                    yield reader.line_num, row
        except UnicodeDecodeError:
            raise DataError(
                f"{path}: expected text in UTF-8, got another encoding in line "
                f"{_first_line_of_another_encoding(path)}; save it as CSV in UTF-8"
            ) from None
        except csv.Error as error:
            raise DataError(
                f"{path}: expected cells with {DELIMITERS[delimiter]} between them, got “{error}” "
                f"in line {reader.line_num}"
            ) from None


def find_delimiter(path: Path) -> str:
    """Return the character between the headings: the most frequent one in the first line.

    Headings in quotes do not count. A file with one column has a comma.
    """
    if path.suffix.lower() in {".tsv", ".tab"}:
        return "\t"
    with open_file(path) as file, TextIOWrapper(file, "utf-8-sig", errors="replace") as text:
        # Every second piece is in quotes.
        line = "".join(text.readline(MAX_FILE_LINE_LENGTH).split('"')[::2])
    return max(DELIMITERS, key=line.count)


def _first_line_of_another_encoding(path: Path) -> int:
    """Return the number of the first line that is not UTF-8; the decoder has read lines ahead."""
    with open_file(path) as file:
        lines = iter(partial(file.readline, MAX_FILE_LINE_LENGTH), b"")
        return next(number for number, line in enumerate(lines, 1) if not _is_utf8(line))


def _is_utf8(line: bytes) -> bool:
    try:
        line.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def _lines(path: Path, text: TextIO) -> Iterator[str]:
    """Yield the lines; refuse a line that would take much memory, or is no whole row."""
    for number in count(1):
        line = text.readline(MAX_FILE_LINE_LENGTH + 1)
        if not line:
            return
        if len(line) > MAX_FILE_LINE_LENGTH:
            raise DataError(
                f"{path}: expected lines of at most {MAX_FILE_LINE_LENGTH:,} characters, got a "
                f"longer one, line {number}"
            )
        # NumPy drops a byte 0 from the end of a label.
        if "\0" in line:
            raise DataError(f"{path}: expected text, got a byte 0 in line {number}")
        # A quoted cell could otherwise go on to the end of the file.
        if line.count('"') % 2:
            raise DataError(
                f"{path}: expected quotes in pairs in each line, got one in line {number}; write "
                "spaces for line breaks in cells"
            )
        yield line
