"""Settings that suit a table, each with its reason."""

import re
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Final, NamedTuple

import numpy as np

from nncore.data.delimited import find_delimiter, read_cells
from nncore.data.table_file import SUFFIXES, TableFile
from nncore.data.table_values import as_category, is_missing
from nncore.errors import as_line
from stages.formats.dataset import FetchError
from stages.formats.splits import draw_test_rows
from stages.formats.tabular.source import check_test, list_names, open_files
from stages.formats.tabular.survey import ColumnSurvey, fault_of_inputs, survey_columns
from stages.formats.tabular.targets import check_target
from stages.shared.data_params import FetchSettings
from stages.shared.data_warnings import MAX_CLASS_RATIO
from stages.shared.table_defaults import Choice, table_choices

# In lower case: headings of a column that is the target unless --target names another.
TARGETS: Final = ("target", "label", "class", "y")
# With more different numbers, the target is no class.
MAX_NUMERIC_CLASSES: Final = 20
# With fewer columns, integers from 0 to 255 are hardly the pixels of an image.
MIN_PIXELS: Final = 49

# Reasons that adopt prints for the columns to leave out.
MAX_REASONS: Final = 3

_PIXEL: Final = re.compile(r"(pixel|px)?[ _-]?\d+(x\d+)?", re.IGNORECASE)
# Suffixes that only tables have.
_TABLES: Final = (".tsv", ".tab", ".parquet", ".pq")


class TableSurvey(NamedTuple):
    """What a table holds.

    Attributes
    ----------
    table : the training rows, or all of them
    test_rows : rows of a file of test rows; None without such a file
    target : heading of the target
    is_regression : whether the target is a number
    surveys : of all columns
    class_counts : rows of each class; empty for numbers
    """

    table: TableFile
    test_rows: int | None
    target: str
    is_regression: bool
    surveys: dict[str, ColumnSurvey]
    class_counts: dict[str, int]


def is_table(path: Path) -> bool:
    """Return whether a source is a table of columns, and not pictures, arrays or rows of pixels."""
    if path.is_dir():
        files = [path / f"train{suffix}" for suffix in SUFFIXES]
        return any(file.is_file() and is_table(file) for file in files)
    suffix = path.suffix.lower()
    is_csv = suffix == ".csv" and path.is_file()
    return (suffix in _TABLES and path.is_file()) or (is_csv and not _has_pixels(path))


def survey_table(path: Path, target: str | None) -> TableSurvey:
    """Look at every row of a table.

    Raises
    ------
    NncoreError
        It is no table, no column is, or can be, the target, or the test rows lack a column.
    """
    table, test = open_files(path)
    name = _target(table, target)
    table.require_readable([name])
    readable = [heading for heading in table.names if heading not in table.unreadable]
    surveys = survey_columns(readable, table.chunks())
    survey = surveys[name]
    distinct = None if survey.texts is None else len(survey.texts)
    is_whole = all(text.lstrip("-").isdigit() for text in survey.texts or ())
    is_regression = survey.is_numeric and (
        distinct is None or not is_whole or distinct > MAX_NUMERIC_CLASSES
    )
    check_target(table, name, survey, regression=is_regression)
    found = TableSurvey(table, None, name, is_regression, surveys, {})
    useless = dict(_useless(found))
    inputs = [
        heading
        for heading, column in surveys.items()
        if heading not in {"", name, *useless} and not column.is_constant
    ]
    if not inputs:
        reasons = [f"the column {column!r} holds {reason}" for column, reason in useless.items()]
        raise FetchError(
            as_line(
                f"{table.path}: expected columns of numbers or categories beside the target, got "
                f"none{': ' if reasons else ''}{''.join(reasons[:1])}; if the table names "
                "pictures, sort them into class folders"
            )
        )
    counts: dict[str, int] = {}
    if not is_regression:
        for chunk in table.chunks():
            for value in chunk[name]:
                if not is_missing(value):
                    text = as_category(value)
                    counts[text] = counts.get(text, 0) + 1
    test_rows = None
    if test is not None:
        check_test(test, table.path, name, inputs)
        test_rows = sum(len(next(iter(chunk.values()), ())) for chunk in test.chunks())
    return found._replace(test_rows=test_rows, class_counts=counts)


def training_counts(survey: TableSurvey, settings: FetchSettings) -> list[int]:
    """Return the number of training rows of each class, or of all rows with numbers to predict.

    Raises
    ------
    PreprocessingError
        `settings.test_size` does not fit the rows.
    """
    counts = list(survey.class_counts.values()) or [survey.surveys[survey.target].present]
    if survey.test_rows is not None:
        return counts
    labels = np.repeat(np.arange(len(counts), dtype=np.uint8), counts)
    train, _ = draw_test_rows(labels, settings)
    rows: list[int] = np.bincount(labels[train], minlength=len(counts)).tolist()
    return rows


def table_settings(path: Path, survey: TableSurvey, rows: int) -> Iterator[Choice]:
    """Yield the settings for a table of so many training rows."""
    yield "fetch.dataset", "table", "columns with headings"
    yield "fetch.path", path.as_posix(), "DVC runs fetch again when its content changes"
    target = survey.surveys[survey.target]
    distinct = "many" if target.texts is None else f"{len(target.texts):,}"
    kind = "a number" if survey.is_regression else "a class"
    yield "fetch.table.target", survey.target, f"{kind}: {distinct} different values"
    dropped = dict(_useless(survey))
    reasons = [f"{name}: {reason}" for name, reason in dropped.items()]
    why = "; ".join([*reasons[:MAX_REASONS], *["…"][: len(reasons) > MAX_REASONS]])
    yield "fetch.table.drop", list(dropped) or None, why or "all columns can be inputs"
    yield "fetch.table.categorical", None, "for columns of numbers that are names: postal codes"
    yield from table_choices(rows, is_regression=survey.is_regression)
    yield "preprocess.dtype", "float32", "inputs of a table are floats"
    yield "preprocess.train_size", None, "all rows"
    yield from no_distortion("rows of a table are not distorted")
    if survey.is_regression:
        yield "sweep.objective", "validation_loss", "numbers have no accuracy"
    else:
        yield class_weight(survey.class_counts.values(), "rows")


def no_distortion(why: str) -> Iterator[Choice]:
    """Yield the settings that distort no sample, the first one with the reason."""
    for name in ("rotation", "scale", "shear", "shift", "alpha"):
        yield f"train.augment.{name}", 0.0, why
        why = ""


def class_weight(counts: Collection[int], samples: str) -> Choice:
    """Return the setting of the weights for classes of so many samples, images or rows."""
    ratio = max(counts) / max(min(counts), 1)
    why = f"the largest class has {ratio:.1f} times the {samples} of the smallest one"
    if min(counts) == max(counts):
        why = f"all classes have equally many {samples}"
    return "train.class_weight", "balanced" if ratio >= MAX_CLASS_RATIO else None, why


def _useless(survey: TableSurvey) -> Iterator[tuple[str, str]]:
    """Yield the columns that can't or should not be inputs, each with the reason."""
    for name, kind in survey.table.unreadable.items():
        yield name, f"values of the type {kind}"
    for name, column in survey.surveys.items():
        if name == survey.target or not name or column.is_constant:
            # fetch leaves out the others by itself.
            continue
        if fault := fault_of_inputs(column, categorical=False):
            yield name, fault
        elif column.counts_rows:
            yield name, "numbers that count the rows"


def _target(table: TableFile, target: str | None) -> str:
    names = [name for name in table.names if name.casefold() in TARGETS]
    if target is None and len(names) == 1:
        return names[0]
    if target in table.names:
        return str(target)
    got = repr(target) if target else "none"
    raise FetchError(
        as_line(
            f"{table.path}: expected the column to predict, got {got}; add --target and one of "
            f"{list_names(table.names)}"
        )
    )


def _has_pixels(path: Path) -> bool:
    """Return whether rows are images: integers from 0 to 255, which are many or called pixels."""
    rows = read_cells(path, find_delimiter(path))
    _, headings = next(rows, (0, []))
    _, row = next(rows, (0, headings))
    cells = [cell.strip() for cell in row]
    pixels = sum(cell.isascii() and cell.isdigit() and int(cell) < 256 for cell in cells)
    # Without a header, the headings are pixels themselves.
    called = sum(bool(_PIXEL.fullmatch(heading.strip())) for heading in headings)
    # All but the label.
    others = len(cells) - 1
    return others > 0 and pixels >= others and (called >= others or others > MIN_PIXELS)
