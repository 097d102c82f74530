"""The writer of a table in data/raw: arrays of numbers and of targets, and dataset.json."""

from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import BinaryIO, NamedTuple

import numpy as np

from nncore.arrays import Array, Doubles, Indices
from nncore.data.columns import CategoricalColumn, NumericColumn, TableColumns
from nncore.data.table_file import Chunk, TableFile
from nncore.errors import DataError
from stages.formats.dataset import FetchError
from stages.formats.tabular.targets import Targets
from stages.shared.datasets import DATASET_FILE
from stages.shared.files import output_path, write_json
from stages.shared.raw_tables import FORMAT, SPLITS, table_file, targets_file


class RawColumn(NamedTuple):
    """A column of data/raw; the categories are those of all rows, or None for numbers."""

    name: str
    categories: tuple[str, ...] | None


class TablePart(NamedTuple):
    """The rows of a table that train or test.

    Attributes
    ----------
    table, targets : all rows of a file
    rows : (·,) ascending, among the rows with a target
    """

    table: TableFile
    targets: Targets
    rows: Indices


def write_raw_table(
    folder: Path, columns: Sequence[RawColumn], target: str, parts: Sequence[TablePart]
) -> None:
    """Write the training and the test part, batch by batch.

    Raises
    ------
    DataError
        A value of a numeric column is no number.
    """
    readers = TableColumns(
        tuple(
            NumericColumn(name=name)
            if categories is None
            else CategoricalColumn(name=name, categories=categories)
            for name, categories in columns
        )
    )
    with ExitStack() as stack:
        for split, part in zip(SPLITS, parts, strict=True):
            if not len(part.rows):
                raise FetchError(f"{part.table.path}: expected {split} rows, got none")
            values = part.targets.values[part.rows]
            path = stack.enter_context(output_path(folder / targets_file(split)))
            with path.open("wb") as file:
                np.save(file, values, allow_pickle=False)
            path = stack.enter_context(output_path(folder / table_file(split)))
            with path.open("wb") as file:
                _write_rows(file, readers, part)
        write_json(
            folder / DATASET_FILE,
            {
                "format": FORMAT,
                "columns": [
                    {"name": name, "categories": categories} for name, categories in columns
                ],
                "target": target,
                "class_names": parts[0].targets.class_names,
            },
        )
    # Both parts may be of one file.
    masks = {part.table.path: part.targets.has_target for part in parts}
    if left_out := sum(len(mask) - int(mask.sum()) for mask in masks.values()):
        print(f"{left_out:,} rows left out: the target {target!r} is missing")
    train, test = (f"{len(part.rows):,}" for part in parts)
    names = parts[0].targets.class_names
    kind = "numbers to predict" if names is None else f"{len(names)} classes"
    print(f"{train} training and {test} test rows, {len(columns)} columns, {kind}")


def _write_rows(file: BinaryIO, readers: TableColumns, part: TablePart) -> None:
    shape = (len(part.rows), len(readers.columns))
    header = {"descr": "<f8", "fortran_order": False, "shape": shape}
    np.lib.format.write_array_header_1_0(file, header)
    # The rows of the file: those of the part count only rows with a target.
    rows = np.flatnonzero(part.targets.has_target)[part.rows]
    for start, chunk in _numbered_chunks(part.table):
        count = len(next(iter(chunk.values())))
        first, last = np.searchsorted(rows, (start, start + count))
        if first == last:
            continue
        try:
            table: Doubles = readers.parse(chunk, first_row=start + 1)
        except DataError as error:
            raise DataError(f"{part.table.path}: {error}") from None
        chosen: Array = table[rows[first:last] - start]
        file.write(np.ascontiguousarray(chosen).data)


def _numbered_chunks(table: TableFile) -> Iterator[tuple[int, Chunk]]:
    start = 0
    for chunk in table.chunks():
        yield start, chunk
        start += len(next(iter(chunk.values())))
