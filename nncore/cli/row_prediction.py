"""The command predict for rows: files of tables for a model of columns, and .npy files of numbers.

With --output, the memory does not grow with the number of rows.
"""

import argparse
import csv
import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

from nncore.cli.npy_file import read_array
from nncore.cli.output import format_error
from nncore.cli.row_notes import ColumnNotes, name_list
from nncore.cli.rows import (
    Predictions,
    Summary,
    csv_header,
    csv_rows,
    json_rows,
    text_header,
    text_rows,
)
from nncore.data.columns import TableColumns
from nncore.data.frames import EncodedRows
from nncore.data.table_file import open_table
from nncore.errors import DataError, NncoreError, as_line, escape_unprintable
from nncore.files import atomic_path
from nncore.model import Model
from nncore.network.inference import forward_all
from nncore.network.prediction import Prediction
from nncore.text_tables import format_table

# Rows of an .npy file that are predicted at once.
ROWS_PER_CHUNK = 5000


def predict_rows(model: Model, options: argparse.Namespace) -> int:
    """Print or write the predictions for the rows of files; return 1 if a file can't be read."""
    _check_output(options)
    entries: list[str] = []
    failures = 0
    with _open_output(options.output) as stream:
        if stream:
            csv.writer(stream, lineterminator="\n").writerow(["file", *csv_header(model)])
        for file in options.images:
            file_rows = _FileRows(model, file, stream, as_json=options.json)
            start = stream.tell() if stream else 0
            fault = _read(model, file, file_rows)
            if fault:
                print(f"nncore: {fault}", file=sys.stderr)
                failures += 1
                if stream:
                    # A file has all its rows in the output, or none.
                    stream.seek(start)
                    stream.truncate()
            else:
                entries += file_rows.entries(titled=len(options.images) > 1)
    if options.json:
        print("[" + ",\n ".join(entries) + "]")
    elif entries:
        print("\n\n".join(entries))
    return int(failures > 0)


def _check_output(options: argparse.Namespace) -> None:
    """Refuse to write over a table that is read."""
    output = options.output
    for file in options.images if output and output.exists() else ():
        if file.exists() and output.samefile(file):
            raise DataError(f"{output}: expected an output other than the tables, got one of them")


class _FileRows:
    """The predicted rows of a file: to print at its end, and to the output as they come."""

    def __init__(self, model: Model, file: Path, stream: TextIO | None, *, as_json: bool) -> None:
        self._model, self._file, self._as_json = model, file, as_json
        self._writer = csv.writer(stream, lineterminator="\n") if stream else None
        self._summary = Summary(model)
        self._json: list[str] = []
        self._text = [text_header(model)]

    def add(self, predictions: Predictions, first: int) -> None:
        """Add rows; the first has the number `first`."""
        model, file = self._model, str(self._file)
        if self._writer:
            rows = csv_rows(model, predictions, first)
            self._writer.writerows([file, *row] for row in rows)
            self._summary.add(predictions)
        if self._as_json:
            values = json_rows(model, predictions, first)
            self._json += [json.dumps({"file": file} | value) for value in values]
        elif not self._writer:
            self._text += text_rows(model, predictions, first)

    def entries(self, *, titled: bool) -> list[str]:
        """Return JSON values, or a table: of the rows, or a summary of those in the output."""
        if self._as_json:
            return self._json
        align = "><>" if not self._model.is_regression else ">"
        table = self._summary.text() if self._writer else format_table(self._text, align)
        return [f"{escape_unprintable(str(self._file))}:\n{table}" if titled else table]


def _read(model: Model, file: Path, file_rows: _FileRows) -> str:
    """Add the predictions for a file to its rows; return its fault, or an empty text."""
    chunks = _predictions(model, file)
    rows = 0
    while True:
        try:
            predictions = next(chunks, None)
        except (NncoreError, OSError) as error:
            return format_error(error)
        if predictions is None:
            return "" if rows else f"{file}: expected at least one row, got none"
        file_rows.add(predictions, rows + 1)
        rows += len(predictions[0] if isinstance(predictions, Prediction) else predictions)


def _predictions(model: Model, file: Path) -> Iterator[Predictions]:
    """Yield the predictions for some rows of a file at a time."""
    if model.columns is not None:
        yield from _table_predictions(model, model.columns, file)
        return
    array = read_array(file)
    for start in range(0, len(array), ROWS_PER_CHUNK):
        with _naming(file):
            numbers = model.predict(array[start : start + ROWS_PER_CHUNK])
        yield numbers


def _table_predictions(model: Model, columns: TableColumns, file: Path) -> Iterator[Predictions]:
    """Yield the predictions for some rows of a table at a time; then print notes on its columns."""
    if file.is_dir():
        raise DataError(f"{file}: expected a table in a CSV, TSV or Parquet file, got a folder")
    rows = open_table(file)
    if absent := [name for name in columns.names if name not in rows.names]:
        raise DataError(
            f"{file}: expected {_columns(absent)}, got only {_columns(list(rows.names))}"
        )
    rows.require_readable(columns.names)
    notes, first = ColumnNotes(columns), 1
    for values in rows.chunks():
        with _naming(file):
            table = columns.parse(values, first)
            inputs = EncodedRows(columns, table, model.network.parameters.dtype, first)
            outputs = forward_all(model.network, inputs)
            numbers = model.numbers(outputs) if model.is_regression else None
        yield Prediction.from_outputs(outputs) if numbers is None else numbers
        notes.add(values, table, first)
        first += len(table)
    lines = notes.lines()
    if extra := [name for name in rows.names if name not in columns.names]:
        lines.append(_ignored_note(extra, model.target.name if model.target else None))
    for line in ([rows.note] if rows.note else []) + [f"{file}: {line}" for line in lines]:
        print(f"nncore: {as_line(line)}", file=sys.stderr)


def _ignored_note(names: list[str], target: str | None) -> str:
    if names == [target]:
        return f"the target {target!r} is ignored"
    note = f"; {target!r} is the target" if target in names else ""
    return f"{_columns(names)} {'is' if len(names) == 1 else 'are'} ignored{note}"


def _columns(names: list[str]) -> str:
    return f"the column{'s' * (len(names) != 1)} {name_list(names)}"


@contextmanager
def _naming(file: Path) -> Iterator[None]:
    """Prefix the message of a `DataError` with the file."""
    try:
        yield
    except DataError as error:
        raise DataError(f"{file}: {error}") from None


@contextmanager
def _open_output(path: Path | None) -> Iterator[TextIO | None]:
    """Open a file that appears when the block is done; None without a path."""
    if path is None:
        yield None
        return
    with (
        atomic_path(path) as temporary,
        # The name of a file may hold bytes that are no UTF-8.
        temporary.open("w", encoding="utf-8", errors="backslashreplace", newline="") as stream,
    ):
        yield stream
