"""Files of tables: rows with named columns, as CSV, TSV or Parquet."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any, Final, TypeAlias

from nncore.data.delimited import DELIMITERS, find_delimiter, read_cells
from nncore.errors import MAX_VALUE_LENGTH, DataError, advise_install, as_line

# Cells in a chunk; a chunk of a table with many columns has more, so that it has some rows.
CELLS_PER_CHUNK: Final = 1 << 16
MIN_ROWS_PER_CHUNK: Final = 16
# Programs keep some facts about each column in memory.
MAX_COLUMNS: Final = 1 << 15
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
    chunks : returns an iterator of all rows, some at a time; without the unreadable columns
    unreadable : the type of each column that holds neither numbers nor texts
    note : a line about the file for its user; or empty
    """

    path: Path
    names: tuple[str, ...]
    chunks: Callable[[], Iterator[Chunk]]
    unreadable: Mapping[str, str] = field(default_factory=dict)
    note: str = ""

    def require_readable(self, names: Iterable[str]) -> None:
        """Raise `DataError` if one of these columns holds neither numbers nor texts."""
        if wrong := [name for name in names if name in self.unreadable]:
            name = as_line(repr(wrong[0]), MAX_VALUE_LENGTH)
            data_type = as_line(self.unreadable[wrong[0]], MAX_VALUE_LENGTH)
            expected = "columns of numbers or texts"
            raise DataError(f"{self.path}: expected {expected}, got {name} of the type {data_type}")


def open_table(path: Path) -> TableFile:
    """Read the headings of a table.

    Raises
    ------
    DataError
        The file is empty or no table, headings are equal, or the library that reads the format is
        not installed.
    OSError
        The file can't be opened.
    """
    if path.suffix.lower() in {".parquet", ".pq"}:
        try:
            from nncore.data.parquet import open_parquet  # noqa: PLC0415  pyarrow is optional
        except ModuleNotFoundError as missing:
            raise DataError(f"{path}: {advise_install(missing, 'pyarrow')}") from None
        headings, unreadable, chunks = open_parquet(path)
        return TableFile(path, _check_names(path, headings), chunks, unreadable)
    delimiter = find_delimiter(path)
    _, headings = next(read_cells(path, delimiter), (0, []))
    names = _check_names(path, [heading.strip() for heading in headings])
    note = "" if delimiter == "," else f"{path}: {DELIMITERS[delimiter]} are between the cells"
    return TableFile(path, names, lambda: _cell_chunks(path, names, delimiter), note=note)


def _check_names(path: Path, names: Sequence[str]) -> tuple[str, ...]:
    if not names:
        raise DataError(f"{path}: expected a row of headings, got an empty file")
    if len(names) > MAX_COLUMNS:
        raise DataError(f"{path}: expected at most {MAX_COLUMNS:,} columns, got {len(names):,}")
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
    count = max(CELLS_PER_CHUNK // len(names), MIN_ROWS_PER_CHUNK)
    while rows := list(islice(cells, count)):
        for line, row in rows:
            if len(row) != len(names):
                raise DataError(
                    f"{path}: expected {len(names)} cells as in the headings, got {len(row)} in "
                    f"line {line}"
                )
        columns = zip(*(row for _, row in rows), strict=True)
        yield dict(zip(names, columns, strict=True))
