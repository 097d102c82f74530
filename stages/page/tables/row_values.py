"""The values of rows of a table, as the page shows them."""

from collections.abc import Sequence

from nncore.arrays import Floats
from nncore.data.column_values import column_values
from nncore.data.columns import NumericColumn, TableColumns
from stages.page.numbers import typeset

# Characters of a heading or value in a table.
MAX_CELL = 24


def row_values(columns: TableColumns, inputs: Floats) -> list[Sequence[str]]:
    """Return the values of each row as texts, in the order of the columns; numbers are typeset.

    Parameters
    ----------
    inputs : (n, inputs) as `TableColumns.encode` returns them
    """
    is_number = [isinstance(column, NumericColumn) for column in columns.columns]
    return [
        [typeset(text) if number else text for text, number in zip(row, is_number, strict=True)]
        for row in column_values(columns, inputs)
    ]


def column_sides(columns: TableColumns) -> str:
    """Return > for each column of numbers and < for each of categories, as `table` reads them."""
    return "".join(">" if isinstance(column, NumericColumn) else "<" for column in columns.columns)
