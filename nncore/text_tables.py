"""Tables of text: aligned columns for a terminal, and Markdown."""

import unicodedata
from collections.abc import Sequence

from nncore.errors import escape_unprintable

Rows = Sequence[Sequence[str]]

# Columns of a terminal beyond which lines are hard to read.
MAX_TABLE_WIDTH = 100
_SPACE = "  "
# Unicode's marks, which stand on another character.
_MARKS = {"Mn", "Me", "Cf"}


def format_number(value: float) -> str:
    """Return a number with four significant digits, or with all before the decimal point."""
    is_plain = value == int(value) or abs(value) >= 1e4
    return f"{value:,.0f}" if is_plain and abs(value) < 1e15 else f"{value:.4g}"


def format_table(rows: Rows, align: str) -> str:
    """Return aligned columns with two spaces between them.

    Parameters
    ----------
    rows : of equally many cells
    align : < (left) or > (right) for each column; the last character holds for all further columns
    """
    return "\n".join(_SPACE.join(row).rstrip() for row in _pad_rows(_escape_rows(rows), align))


def table_width(rows: Rows) -> int:
    """Return the columns of a terminal that `format_table` of the rows takes."""
    return sum(_column_widths(_escape_rows(rows))) + len(_SPACE) * (len(rows[0]) - 1)


def text_width(text: str) -> int:
    """Return the columns of a terminal that a text takes: two for each wide character, as in 猫."""
    if text.isascii():
        return len(text)
    return sum(map(_character_width, text))


def shorten(text: str, width: int) -> str:
    """Return a text with its middle replaced by … if it takes more than `width` columns.

    A third of the remaining text is from the beginning: the end of a path matters more.
    """
    if text_width(text) <= width:
        return text
    start, end = 0, len(text)
    room = width - 1
    while end and (used := _character_width(text[end - 1])) <= room - width // 3:
        end, room = end - 1, room - used
    while (used := _character_width(text[start])) <= room:
        start, room = start + 1, room - used
    return f"{text[:start]}…{text[end:]}"


def format_markdown_table(rows: Rows, align: str, *, compact: bool = False) -> str:
    """Return a Markdown table, whose header is the first row.

    Parameters
    ----------
    rows, align : as in `format_table`
    compact : leave cells unpadded and let the rule below the header carry the alignment
    """
    cells = [[cell.replace("|", r"\|") for cell in row] for row in _escape_rows(rows)]
    if compact:
        rule = "|".join("--:" if side == ">" else "---" for side in _sides(cells, align))
    else:
        cells = _pad_rows(cells, align)
        rule = "|".join(f" {'-' * len(cell)} " for cell in cells[0])
    header, *lines = [f"| {' | '.join(row)} |" for row in cells]
    return "\n".join([header, f"|{rule}|", *lines])


def _escape_rows(rows: Rows) -> list[list[str]]:
    return [[escape_unprintable(cell) for cell in row] for row in rows]


def _pad_rows(rows: Rows, align: str) -> list[list[str]]:
    widths, sides = _column_widths(rows), _sides(rows, align)
    return [list(map(_pad, row, widths, sides)) for row in rows]


def _pad(cell: str, width: int, side: str) -> str:
    spaces = " " * (width - text_width(cell))
    return f"{spaces}{cell}" if side == ">" else f"{cell}{spaces}"


def _column_widths(rows: Rows) -> list[int]:
    return [max(map(text_width, column)) for column in zip(*rows, strict=True)]


def _character_width(character: str) -> int:
    if unicodedata.category(character) in _MARKS:
        return 0
    return 2 if unicodedata.east_asian_width(character) in {"W", "F"} else 1


def _sides(rows: Rows, align: str) -> str:
    columns = len(rows[0])
    return align[:columns].ljust(columns, align[-1])
