"""Tables in memory: data frames, mappings from names to values, and rows of values."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Protocol, TypeGuard

import numpy as np
from numpy.typing import ArrayLike, DTypeLike

from nncore.arrays import Doubles, Floats
from nncore.data.columns import TableColumns
from nncore.errors import DataError, as_line, python_value


class DataFrame(Protocol):
    """A table of pandas or Polars, or one with their interface.

    Arrow's `columns` are no names; its tables have the names as `column_names`.
    """

    @property
    def columns(self) -> Any:  # noqa: ANN401  an index of pandas, a list of Polars
        """The names of the columns."""

    def __getitem__(self, name: Any, /) -> Any:  # noqa: ANN401  a series
        """Return the values of a column."""


Table = Mapping[str, Sequence[Any]] | DataFrame


def is_table(frame: object) -> TypeGuard[Table]:
    """Return whether the columns of a frame have names."""
    return isinstance(frame, Mapping) or hasattr(frame, "columns")


class _Columns(Mapping[str, list[Any]]):
    """The columns of a data frame or a mapping, as lists of Python's values."""

    def __init__(self, frame: Table) -> None:
        self._frame = frame
        names = frame if isinstance(frame, Mapping) else frame.columns
        self._names = Counter(list(getattr(frame, "column_names", names)))

    def __getitem__(self, name: str) -> list[Any]:
        if (count := self._names[name]) > 1:
            raise DataError(as_line(f"X must have one column {name!r}, got {count}"))
        values = self._frame[name]
        if hasattr(values, "to_pylist"):
            values = values.to_pylist()
        is_scalar = isinstance(values, str | bytes) or not hasattr(values, "__iter__")
        dimensions = getattr(values, "ndim", 1)
        if is_scalar or dimensions != 1:
            got = "a single value" if is_scalar else f"{dimensions} dimensions"
            expected = f"a value for each row in column {name!r}"
            raise DataError(as_line(f"X must have {expected}, got {got}"))
        return list(python_value(values))

    def __contains__(self, name: object) -> bool:
        return name in self._names

    def __iter__(self) -> Iterator[str]:
        return iter(self._names)

    def __len__(self) -> int:
        return len(self._names)


def parse_table(columns: TableColumns, frame: ArrayLike | Table) -> Doubles:
    """Return a table, (n, columns) float64, as `nncore.data.columns` describes it.

    Parameters
    ----------
    columns : columns of the table
    frame : a data frame or a mapping from names to n values each, in any order and among others; or
        (n, columns) values in the order of the columns

    Raises
    ------
    DataError
        A column is absent, the frame has another shape, or a value of a numeric column is no
        number.
    """
    if is_table(frame):
        return columns.parse(_Columns(frame))
    # As objects, because NumPy would convert numbers beside texts to texts.
    rows = np.asarray(frame, None if hasattr(frame, "dtype") else object)
    if rows.size == 0 and rows.ndim == 1:
        rows = rows.reshape(0, len(columns.names))
    if rows.ndim != 2 or rows.shape[1] != len(columns.names):
        raise DataError(
            f"X must be a data frame, a mapping, or {len(columns.names)} values in each row, "
            f"got shape {rows.shape}"
        )
    return columns.parse(_Columns(dict(zip(columns.names, rows.T, strict=True))))


class EncodedRows:
    """The inputs of a network for the rows of a table, which are computed when they are read.

    Parameters
    ----------
    columns : columns of the table
    table : (n, columns) float64
    dtype : dtype of the inputs; their values are rounded to float32
    first_row : number of the first row, for messages
    """

    def __init__(
        self, columns: TableColumns, table: Doubles, dtype: DTypeLike, first_row: int = 0
    ) -> None:
        self._columns, self._table, self._dtype = columns, table, dtype
        self._first_row = first_row

    def __len__(self) -> int:
        return len(self._table)

    def __getitem__(self, rows: slice) -> Floats:
        """Return the inputs of some rows, (rows, inputs).

        Raises
        ------
        DataError
            A number is so far from its column's mean that float32 can't hold the input.
        """
        table = self._table[rows]
        with np.errstate(over="ignore"):
            inputs = self._columns.encode(table)
        if not np.isfinite(inputs).all():
            row, number = np.argwhere(~np.isfinite(inputs))[0]
            spans = enumerate(self._columns.input_slices)
            index = next(index for index, span in spans if number < span.stop)
            got = f"{table[row, index]:g} in row {row + (rows.start or 0) + self._first_row}"
            raise DataError(
                as_line(
                    f"column {self._columns.names[index]!r}: expected numbers nearer to the "
                    f"training rows', got {got}"
                )
            )
        return inputs.astype(self._dtype, copy=False)
