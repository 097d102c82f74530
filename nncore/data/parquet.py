"""Parquet files, by pyarrow: columns of numbers and texts, a few rows at a time."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeAlias

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from nncore.errors import DataError, as_line
from nncore.files import open_file

ROWS_PER_BATCH = 1 << 13

Chunks: TypeAlias = Callable[[], Iterator[dict[str, Sequence[Any]]]]


def open_parquet(path: Path) -> tuple[list[str], dict[str, str], Chunks]:
    """Return the headings, the types of unreadable columns, and a function that yields chunks.

    Numbers are floats or integers. Booleans, dates and times become texts, dates as in ISO 8601.
    Columns of other types are unreadable, and the chunks lack them.

    Raises
    ------
    DataError
        The file is no Parquet file.
    OSError
        The file can't be opened.
    """
    with _reading(path) as file:
        schema = file.schema_arrow
    unreadable = {field.name: str(field.type) for field in schema if not _is_plain(field.type)}
    return schema.names, unreadable, lambda: _chunks(path)


def _chunks(path: Path) -> Iterator[dict[str, Sequence[Any]]]:
    with _reading(path) as file:
        plain = [field for field in file.schema_arrow if _is_plain(field.type)]
    names = [field.name for field in plain]
    # A file of some KB may repeat a long text so often that no memory holds the copies.
    texts = [field.name for field in plain if _is_text(field.type)]
    with _reading(path, texts) as file:
        for batch in file.iter_batches(ROWS_PER_BATCH, columns=names):
            # It raises for values that are none, such as an index beyond a damaged file's texts.
            batch.validate(full=True)
            # A name also selects columns that are nested in another one of this name.
            yield {name: _values(batch.column(name)) for name in names}


def _values(column: pa.Array) -> list[Any]:
    data_type = column.type
    if pa.types.is_dictionary(data_type):
        texts = _values(column.dictionary)
        return [None if index is None else texts[index] for index in column.indices.to_pylist()]
    if pa.types.is_boolean(data_type):
        # As in a data frame, and as pandas writes them to CSV.
        column = pc.if_else(column, "True", "False")
    elif pa.types.is_decimal(data_type):
        column = column.cast(pa.float64())
    elif not (
        pa.types.is_integer(data_type) or pa.types.is_floating(data_type) or _is_text(data_type)
    ):
        column = pc.cast(column, pa.large_string())
    values: list[Any] = column.to_pylist()
    return values


def _is_text(data_type: pa.DataType) -> bool:
    tests = (pa.types.is_string, pa.types.is_large_string, pa.types.is_string_view)
    return any(test(data_type) for test in tests)


def _is_plain(data_type: pa.DataType) -> bool:
    if pa.types.is_dictionary(data_type):
        return _is_plain(data_type.value_type)
    tests = (
        _is_text,
        *(pa.types.is_integer, pa.types.is_floating, pa.types.is_decimal, pa.types.is_boolean),
        *(pa.types.is_temporal, pa.types.is_null),
    )
    return any(test(data_type) for test in tests)


@contextmanager
def _reading(path: Path, dictionaries: Sequence[str] = ()) -> Iterator[Any]:
    """Open a file; an error of its content becomes a `DataError`.

    Parameters
    ----------
    dictionaries : columns of texts; each different text is stored once
    """
    with open_file(path) as stream:
        try:
            with pq.ParquetFile(stream, read_dictionary=list(dictionaries)) as file:
                yield file
        # OSError: the file is open, and a page is damaged.
        except (pa.ArrowException, OSError, ValueError) as error:
            fault = as_line(str(error) or type(error).__name__, 200)
            raise DataError(f"{path}: expected a Parquet file, got: {fault}") from None
