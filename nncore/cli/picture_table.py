"""The table of the predictions for pictures, which fits the width of a terminal."""

from collections.abc import Sequence

from nncore.errors import escape_unprintable
from nncore.text_tables import MAX_TABLE_WIDTH, format_table, shorten, table_width, text_width

# Columns of a class name, and of the name of a picture, in a table that would be too wide.
MAX_NAME_WIDTH = 12
MIN_PICTURE_WIDTH = 20

_HEADER = ("image", "class", "confidence", "second", "", "third", "")


def picture_table(rows: Sequence[Sequence[str]]) -> str:
    """Return a table of at most `MAX_TABLE_WIDTH` columns; long names lose their middle.

    Parameters
    ----------
    rows : equally many cells each: a picture, then names of classes and their probabilities in
        turns, the most probable first
    """
    # A model may have fewer classes than the header has columns.
    table = [list(_HEADER[: len(rows[0])]), *([escape_unprintable(c) for c in row] for row in rows)]
    if table_width(table) > MAX_TABLE_WIDTH:
        table = [
            [shorten(cell, MAX_NAME_WIDTH) if index % 2 else cell for index, cell in enumerate(row)]
            for row in table
        ]
        widest = max(text_width(row[0]) for row in table)
        room = MAX_TABLE_WIDTH - (table_width(table) - widest)
        for row in table:
            row[0] = shorten(row[0], max(room, MIN_PICTURE_WIDTH))
    return format_table(table, "<<><><>")
