"""Preprocessing of tables: standardised numbers, one-hot categories, and targets."""

from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path

import numpy as np

from nncore.arrays import Array, Doubles
from nncore.data.column_statistics import fit_columns, mean_and_deviation, reindex
from nncore.data.columns import TableColumns
from nncore.data.frames import EncodedRows
from nncore.data.target import Target
from nncore.errors import DataError, PreprocessingError
from stages.preprocessing.arrays import write_description, write_header, write_one_hot
from stages.preprocessing.rows import split_rows
from stages.shared.data_params import PreprocessSettings
from stages.shared.file_names import write_names
from stages.shared.files import output_path
from stages.shared.raw_tables import RawTable, table_file, targets_file
from stages.shared.table_report import TableSplit, write_table_report


def preprocess_table(
    table: RawTable, raw: Path, processed: Path, reports: Path, settings: PreprocessSettings
) -> None:
    """Scale the columns, hold out the validation set, write arrays and a report on the data.

    Means, deviations and categories are those of the training rows.

    Raises
    ------
    PreprocessingError, DataError
        The settings are those of images, too few rows are left, or a number is too far from those
        of the training rows.
    """
    _check_settings(settings)
    targets = {split: _load(raw / targets_file(split)) for split in ("train", "test")}
    # Numbers are of no class, or all of one.
    labels = targets["train"]
    if table.class_names is None:
        labels = np.zeros(len(labels), np.uint8)
    train_rows, validation_rows = split_rows(labels, settings)
    test_rows = np.arange(len(targets["test"]))
    splits = {
        "train": TableSplit(raw / table_file("train"), targets["train"], train_rows),
        "validation": TableSplit(raw / table_file("train"), targets["train"], validation_rows),
        "test": TableSplit(raw / table_file("test"), targets["test"], test_rows),
    }
    columns, indices = fit_columns(table.columns, splits["train"].blocks)
    target = Target(name=table.target)
    if table.class_names is None:
        mean, std = mean_and_deviation(targets["train"][train_rows])
        target = Target(name=table.target, mean=mean, std=std)
    for name, split in splits.items():
        blocks = (reindex(block, indices) for block in split.blocks())
        try:
            _write_inputs(processed / f"{name}_images.npy", columns, blocks, len(split.rows))
        except DataError as error:
            raise DataError(f"{raw}, {name} rows: {error}") from None
        path, values = processed / f"{name}_labels.npy", split.targets[split.rows]
        if table.class_names is None:
            _write_numbers(path, values)
        else:
            write_one_hot(path, values, len(table.class_names))
        print(f"{name:<12}{len(split.rows):>10,} rows")
    description = {
        "class_names": table.class_names,
        "columns": columns.to_json(),
        "target": asdict(target),
    }
    write_description(processed, description)
    print(f"{'columns':<12}{len(columns.columns):>10,}")
    print(f"{'inputs':<12}{columns.input_count:>10,}")
    # A table has one file for all rows.
    write_names(processed, {})
    for line in write_table_report(reports / "data.json", splits, table):
        print(f"warning: {line}")


def _check_settings(settings: PreprocessSettings) -> None:
    expected = {"scaling": "standard", "dtype": "float32"}
    for key, value in expected.items():
        if (got := getattr(settings, key)) != value:
            raise PreprocessingError(
                f"preprocess.{key}: expected {value} for a table, got {got}; python -m "
                "stages.adopt writes settings that suit a table"
            )


def _write_inputs(path: Path, columns: TableColumns, blocks: Iterator[Doubles], rows: int) -> None:
    """Write the inputs of the rows, (rows, inputs) float32."""
    with output_path(path) as temporary, temporary.open("wb") as file:
        write_header(file, "<f4", (rows, columns.input_count))
        start = 0
        for block in blocks:
            file.write(EncodedRows(columns, block, np.float32, start)[:].data)
            start += len(block)


def _write_numbers(path: Path, values: Doubles) -> None:
    """Write the targets of a regression in their unit, (rows, 1) float64."""
    with output_path(path) as temporary, temporary.open("wb") as file:
        write_header(file, "<f8", (len(values), 1))
        file.write(np.ascontiguousarray(values).data)


def _load(path: Path) -> Array:
    values: Array = np.load(path, allow_pickle=False)
    return values
