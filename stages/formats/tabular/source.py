"""Reader of tables of columns: one file, or a folder with a file train and a file test."""

from collections.abc import Sequence
from pathlib import Path
from typing import Final

import numpy as np

from nncore.arrays import Indices
from nncore.config.architecture import ActivationName
from nncore.data.table_file import SUFFIXES, TableFile, open_table
from nncore.errors import MAX_VALUE_LENGTH, DataError, as_line
from stages.formats.dataset import FetchError
from stages.formats.splits import draw_test_rows
from stages.formats.tabular.raw_table import RawColumn, TablePart, write_raw_table
from stages.formats.tabular.survey import ColumnSurvey, fault_of_inputs, survey_columns
from stages.formats.tabular.targets import Targets, check_target, read_targets
from stages.shared.data_params import FetchSettings

# Names of columns in a message.
MAX_LISTED: Final = 12


def fetch_table(folder: Path, settings: FetchSettings, output: ActivationName) -> None:
    """Write the table in the file or folder `settings.path` to `folder`.

    Numbers are predicted if the target is numeric and the network's output the identity, else
    classes.

    Raises
    ------
    NncoreError
        A file is no table, the target can't be predicted, or a column can't be an input.
    OSError
        A file can't be opened.
    """
    train, test = open_files(Path(settings.path))
    options = settings.table
    target = _target_name(train, options.target)
    drop, categorical = options.drop or (), options.categorical or ()
    _check_inputs("drop", drop, train, target)
    _check_inputs("categorical", categorical, train, target)
    used = [name for name in train.names if name not in drop]
    try:
        train.require_readable([target, *used])
    except DataError as error:
        raise FetchError(f"{error}; flatten it, or add it to fetch.table.drop") from None
    surveys = survey_columns(dict.fromkeys([target, *used]), train.chunks())
    regression = output == "identity" and surveys[target].is_numeric
    check_target(train, target, surveys[target], regression=regression)
    inputs = {name: survey for name, survey in surveys.items() if name != target}
    columns = choose_columns(train.path, inputs, categorical)
    targets = read_targets(train, target, regression=regression)
    if test is None:
        rows, test_rows = _draw(targets, settings)
        parts = (TablePart(train, targets, rows), TablePart(train, targets, test_rows))
    else:
        check_test(test, train.path, target, [column.name for column in columns])
        test_targets = read_targets(
            test, target, regression=regression, class_names=targets.class_names
        )
        columns = _with_categories_of(columns, test)
        parts = (
            TablePart(train, targets, np.arange(len(targets.values))),
            TablePart(test, test_targets, np.arange(len(test_targets.values))),
        )
    write_raw_table(folder, columns, target, parts)


def open_files(path: Path) -> tuple[TableFile, TableFile | None]:
    """Return the table of the training rows, and that of the test rows or None.

    Raises
    ------
    FetchError
        A folder has no file train and no file test.
    """
    files = [_file_of(path, name) for name in ("train", "test")] if path.is_dir() else [path]
    tables = [open_table(file) for file in files]
    for table in tables:
        if table.note:
            print(table.note)
    return tables[0], tables[1] if len(tables) == 2 else None


def choose_columns(
    path: Path, surveys: dict[str, ColumnSurvey], categorical: Sequence[str]
) -> list[RawColumn]:
    """Return the columns that become inputs; print those that carry no information.

    Raises
    ------
    FetchError
        A column can't be an input, or none is left.
    """
    unused = [name for name, survey in surveys.items() if survey.is_constant or not name]
    if unused:
        print(
            as_line(f"{path}: {list_names(unused)} left out: one value in all rows, or no heading")
        )
    used = {name: survey for name, survey in surveys.items() if name not in unused}
    if counters := [name for name, survey in used.items() if survey.counts_rows]:
        print(
            as_line(
                f"{path}: {list_names(counters)} counts the rows; if it means nothing else, add it "
                "to fetch.table.drop"
            )
        )
    faults = {
        name: fault
        for name, survey in used.items()
        if (fault := fault_of_inputs(survey, categorical=name in categorical))
    }
    if faults:
        name, fault = next(iter(faults.items()))
        raise FetchError(
            as_line(
                f"{path}: the column {name!r} holds {fault}; or set fetch.table.drop to "
                f"[{', '.join(faults)}]"
            )
        )
    if not used:
        raise FetchError(f"{path}: expected a column beside the target, got none")
    return [
        RawColumn(name, None)
        if survey.is_numeric and name not in categorical
        else RawColumn(name, tuple(sorted(survey.texts or ())))
        for name, survey in used.items()
    ]


def _with_categories_of(columns: list[RawColumn], test: TableFile) -> list[RawColumn]:
    """Return the columns with the categories of the test rows too."""
    names = [column.name for column in columns if column.categories is not None]
    surveys = survey_columns(names, test.chunks())
    for name, survey in surveys.items():
        if survey.texts is None:
            fault = fault_of_inputs(survey, categorical=True)
            raise FetchError(as_line(f"{test.path}: the column {name!r} holds {fault}"))
    return [
        column
        if column.categories is None
        else RawColumn(
            column.name,
            tuple(sorted({*column.categories, *(surveys[column.name].texts or ())})),
        )
        for column in columns
    ]


def _check_inputs(key: str, names: Sequence[str], table: TableFile, target: str) -> None:
    """Refuse settings of columns that are no inputs, which would change nothing."""
    inputs = [name for name in table.names if name != target]
    for name in names:
        if name not in inputs:
            got = f"{as_line(repr(name), MAX_VALUE_LENGTH)}{', the target' * (name == target)}"
            raise FetchError(
                as_line(
                    f"fetch.table.{key}: expected headings of {table.path} beside the target, "
                    f"got {got}; it has {list_names(inputs)}"
                )
            )


def _target_name(table: TableFile, name: str | None) -> str:
    if name is None or name not in table.names:
        got = "none" if name is None else repr(name)
        raise FetchError(
            as_line(
                f"fetch.table.target: expected the heading of the column to predict, got {got}; "
                f"{table.path} has {list_names(table.names)}"
            )
        )
    return name


def check_test(test: TableFile, train: Path, target: str, inputs: Sequence[str]) -> None:
    """Raise `NncoreError` unless a file of test rows has the target and the inputs.

    Parameters
    ----------
    train : file of the training rows
    """
    for name in (target, *inputs):
        if name not in test.names:
            # The test rows of a competition have no target.
            remedy = (
                f"; use {train} alone, part of which becomes the test rows, and nncore predict "
                "for this file"
            )
            raise FetchError(
                f"{test.path}: expected a column {as_line(repr(name), MAX_VALUE_LENGTH)} as in "
                f"training, got {list_names(test.names)}{remedy if name == target else ''}"
            )
    test.require_readable((target, *inputs))


def _draw(targets: Targets, settings: FetchSettings) -> tuple[Indices, Indices]:
    """Return the rows of the training and of the test part, ascending."""
    print(f"{settings.path}: no test file; fetch.test_size of the rows become test rows")
    # Numbers are of no class, or all of one.
    labels = targets.values
    if targets.class_names is None:
        labels = np.zeros(len(labels), np.uint8)
    return draw_test_rows(labels, settings)


def _file_of(folder: Path, name: str) -> Path:
    for suffix in SUFFIXES:
        if (file := folder / f"{name}{suffix}").exists():
            return file
    raise FetchError(
        f"{folder}: expected train.csv and test.csv in this folder, got no {name}.csv; fetch.path "
        "may also name a file, part of which becomes the test rows"
    )


def list_names(names: Sequence[str]) -> str:
    """Return headings as text, of many the first ones."""
    shown = ", ".join(repr(name) for name in names[:MAX_LISTED])
    return as_line(shown + (", …" if len(names) > MAX_LISTED else ""))
