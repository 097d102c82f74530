"""Tables of text: aligned columns for a terminal, and Markdown."""

from collections.abc import Sequence

from nncore.errors import escape_unprintable

Rows = Sequence[Sequence[str]]


def format_table(rows: Rows, align: str) -> str:
    """Return aligned columns with two spaces between them.

    Parameters
    ----------
    rows : of equally many cells
    align : < (left) or > (right) for each column; the last character holds for all further columns
    """
    return "\n".join("  ".join(row).rstrip() for row in _padded(_printable(rows), align))


def format_markdown_table(rows: Rows, align: str, *, compact: bool = False) -> str:
    """Return a Markdown table, whose header is the first row.

    Parameters
    ----------
    rows, align : as in `format_table`
    compact : leave cells unpadded and let the rule below the header carry the alignment
    """
    cells = [[cell.replace("|", r"\|") for cell in row] for row in _printable(rows)]
    if compact:
        rule = "|".join("--:" if side == ">" else "---" for side in _sides(cells, align))
    else:
        cells = _padded(cells, align)
        rule = "|".join(f" {'-' * len(cell)} " for cell in cells[0])
    header, *lines = [f"| {' | '.join(row)} |" for row in cells]
    return "\n".join([header, f"|{rule}|", *lines])


def _printable(rows: Rows) -> list[list[str]]:
    return [[escape_unprintable(cell) for cell in row] for row in rows]


def _padded(rows: Rows, align: str) -> list[list[str]]:
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    formats = [f"{side}{width}" for side, width in zip(_sides(rows, align), widths, strict=True)]
    return [list(map(format, row, formats)) for row in rows]


def _sides(rows: Rows, align: str) -> str:
    columns = len(rows[0])
    return align[:columns].ljust(columns, align[-1])
