"""Notes for the user on the values in a table, a line for each column."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from nncore.arrays import Doubles, Indices
from nncore.data.columns import UNSEEN, CategoricalColumn, Column, TableColumns
from nncore.errors import MAX_VALUE_LENGTH, as_line

# Names in a list of columns; the others are counted.
MAX_NAMES = 5


@dataclass
class _Occurrence:
    """Rows with a value, or a lack of one, that no training row has: their number, and the first.

    Attributes
    ----------
    rows : number of these rows
    first_row : number of the first one
    value : value of the first one
    """

    rows: int
    first_row: int
    value: object


class ColumnNotes:
    """Counts, over many rows, of values that no training row has.

    They are unseen categories, and missing values in a column whose training rows lack none.
    """

    def __init__(self, columns: TableColumns) -> None:
        self._columns = columns.columns
        self._unseen: dict[str, _Occurrence] = {}
        self._missing: dict[str, _Occurrence] = {}

    def add(self, values: Mapping[str, Sequence[object]], table: Doubles, first: int) -> None:
        """Count the rows of a chunk.

        Parameters
        ----------
        values : n values of each column
        table : (n, columns), the same as numbers
        first : number of the first row
        """
        for column, numbers in zip(self._columns, table.T, strict=True):
            if isinstance(column, CategoricalColumn):
                rows = np.flatnonzero(numbers == UNSEEN)
                _count(self._unseen, column.name, rows, first, values)
            if not column.has_missing:
                _count(self._missing, column.name, np.flatnonzero(np.isnan(numbers)), first, values)

    def lines(self) -> list[str]:
        """Return the lines, in the order of the columns."""
        return [
            as_line(line)
            for column in self._columns
            for line in (self._unseen_line(column), self._missing_line(column))
            if line
        ]

    def _unseen_line(self, column: Column) -> str:
        if not isinstance(column, CategoricalColumn):
            return ""
        if (unseen := self._unseen.get(column.name)) is None:
            return ""
        value = as_line(repr(unseen.value), MAX_VALUE_LENGTH)
        return (
            f"column {column.name!r}: {value} in row {unseen.first_row:,} is none of the "
            f"{len(column.categories):,} categories of the training rows; its inputs are 0"
            f"{_more(unseen)}"
        )

    def _missing_line(self, column: Column) -> str:
        if (missing := self._missing.get(column.name)) is None:
            return ""
        effect = "its inputs are 0"
        if not isinstance(column, CategoricalColumn):
            effect = f"it counts as their mean, {column.mean:g}"
        return (
            f"column {column.name!r}: row {missing.first_row:,} has no value, and all training "
            f"rows have one; {effect}{_more(missing)}"
        )


def name_list(names: list[str]) -> str:
    """Return names of columns as a list of bounded length."""
    texts = [repr(name) for name in names[:MAX_NAMES]]
    if (more := len(names) - MAX_NAMES) > 0:
        texts.append(f"{more:,} more")
    *first, last = texts
    return f"{', '.join(first)} and {last}" if first else last


def _count(
    occurrences: dict[str, _Occurrence],
    name: str,
    rows: Indices,
    first: int,
    values: Mapping[str, Sequence[object]],
) -> None:
    if not rows.size:
        return
    if name not in occurrences:
        row = int(rows[0])
        occurrences[name] = _Occurrence(0, first + row, values[name][row])
    occurrences[name].rows += rows.size


def _more(occurrence: _Occurrence) -> str:
    return f" ({occurrence.rows:,} such rows)" if occurrence.rows > 1 else ""
