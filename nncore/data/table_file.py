"""Files of tables: rows with named columns, as CSV, TSV or Parquet."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any, Final, TypeAlias

from nncore.data.delimited import DELIMITERS, find_delimiter, read_cells
from nncore.errors import MAX_VALUE_LENGTH, DataError, as_line

# Cells in a chunk.
CELLS_PER_CHUNK: Final = 1 << 16
SUFFIXES: Final = (".csv", ".tsv", ".tab", ".txt", ".parquet", ".pq")

# The values of each column: texts, or numbers, or None where missing.
Chunk: TypeAlias = dict[str, Sequence[Any]]


@dataclass(frozen=True)
class TableFile:
    """A table whose headings have been read.

    Attributes
    ----------
    path : the file
    names : headings of the columns, in order
    note : what a reader should know about the file, on one line; or empty
    """

    path: Path
    names: tuple[str, ...]
    chunks: Callable[[], Iterator[Chunk]]
    note: str = ""


def open_table(path: Path) -> TableFile:
    """Read the headings of a table.

    Raises
    ------
    DataError
        The file is empty, its headings are no different names, or it is no such file.
    OSError
        The file can't be opened.
    """
    if path.suffix.lower() in {".parquet", ".pq"}:
        # pyarrow is optional.
        from nncore.data.parquet import open_parquet  # noqa: PLC0415

        headings, chunks = open_parquet(path)
        return TableFile(path, _checked_names(path, headings), chunks)
    delimiter = find_delimiter(path)
    _, headings = next(read_cells(path, delimiter), (0, []))
    names = _checked_names(path, [heading.strip() for heading in headings])
    note = "" if delimiter == "," else f"{path}: {DELIMITERS[delimiter]} are between the cells"
    return TableFile(path, names, lambda: _cell_chunks(path, names, delimiter), note)


def _checked_names(path: Path, names: Sequence[str]) -> tuple[str, ...]:
    if not names:
        raise DataError(f"{path}: expected a row of headings, got an empty file")
    if len(set(names)) < len(names):
        twice = next(name for index, name in enumerate(names) if name in names[:index])
        got = (
            f"two columns {as_line(repr(twice), MAX_VALUE_LENGTH)}" if twice else "two without one"
        )
        raise DataError(f"{path}: expected columns with different headings, got {got}")
    return tuple(names)


def _cell_chunks(path: Path, names: tuple[str, ...], delimiter: str) -> Iterator[Chunk]:
    """Yield the rows below the headings, as columns of texts."""
    cells = read_cells(path, delimiter)
    next(cells)
    while rows := list(islice(cells, max(CELLS_PER_CHUNK // len(names), 1))):
        for line, row in rows:
            if len(row) != len(names):
                raise DataError(
                    f"{path}: expected {len(names)} cells as in the headings, got {len(row)} in "
                    f"line {line}"
                )
        columns = zip(*(row for _, row in rows), strict=True)
        yield dict(zip(names, columns, strict=True))
