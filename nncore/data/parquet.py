"""Parquet files, by pyarrow: columns of numbers and texts, a few rows at a time."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from nncore.errors import MAX_VALUE_LENGTH, DataError, as_line
from nncore.files import open_file

ROWS_PER_BATCH = 1 << 13


def open_parquet(path: Path) -> tuple[list[str], Callable[[], Iterator[dict[str, Sequence[Any]]]]]:
    """Return the headings, and a function that yields chunks of the columns.

    Numbers are floats or integers. Truth values, dates and times are texts; dates as in ISO 8601.

    Raises
    ------
    DataError
        The file is no Parquet, or a column is neither of numbers nor of texts.
    OSError
        The file can't be opened.
    """
    with _reading(path) as file:
        schema = file.schema_arrow
    for field in schema:
        if not _is_plain(field.type):
            name = as_line(repr(field.name), MAX_VALUE_LENGTH)
            raise DataError(
                f"{path}: expected columns of numbers or texts, got {name} of the type "
                f"{as_line(str(field.type), MAX_VALUE_LENGTH)}; leave it out or flatten it"
            )
    return schema.names, lambda: _chunks(path)


def _chunks(path: Path) -> Iterator[dict[str, Sequence[Any]]]:
    with _reading(path) as file:
        for batch in file.iter_batches(ROWS_PER_BATCH):
            columns = zip(batch.schema.names, batch.columns, strict=True)
            yield {name: _values(column) for name, column in columns}


def _values(column: pa.Array) -> list[Any]:
    kind = column.type
    if pa.types.is_dictionary(kind):
        return _values(column.dictionary_decode())
    if pa.types.is_boolean(kind):
        # As a data frame has them, and as pandas writes them to CSV.
        column = pc.if_else(column, "True", "False")
    elif pa.types.is_decimal(kind):
        column = column.cast(pa.float64())
    elif not (pa.types.is_integer(kind) or pa.types.is_floating(kind)):
        column = pc.cast(column, pa.large_string())
    values: list[Any] = column.to_pylist()
    return values


def _is_plain(kind: pa.DataType) -> bool:
    if pa.types.is_dictionary(kind):
        return _is_plain(kind.value_type)
    tests = (
        *(pa.types.is_integer, pa.types.is_floating, pa.types.is_decimal, pa.types.is_boolean),
        *(pa.types.is_string, pa.types.is_large_string, pa.types.is_temporal, pa.types.is_null),
    )
    return any(test(kind) for test in tests)


@contextmanager
def _reading(path: Path) -> Iterator[Any]:
    """Open a file; an error of its content is a `DataError`."""
    with open_file(path) as stream:
        try:
            with pq.ParquetFile(stream) as file:
                yield file
        # OSError: the file is open, and a page is damaged.
        except (pa.ArrowException, OSError, ValueError) as error:
            fault = as_line(str(error) or type(error).__name__, 200)
            raise DataError(f"{path}: expected a Parquet file, got: {fault}") from None
