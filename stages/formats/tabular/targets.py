"""The column to predict: classes or numbers, one for each row."""

from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from nncore.arrays import Array
from nncore.data.table_file import TableFile
from nncore.data.table_values import as_category, as_numbers, is_missing
from nncore.errors import DataError, as_line
from stages.formats.class_labels import collect_labels
from stages.formats.tabular.survey import (
    FEW_TEXTS,
    MAX_MAGNITUDE,
    MAX_TEXT_LENGTH,
    ColumnSurvey,
)
from stages.shared.class_names import MAX_CLASSES

# Rows of a class on average, in a column of more than `FEW_TEXTS` classes.
MIN_CLASS_ROWS: Final = 5


class Targets(NamedTuple):
    """The targets of a table.

    Attributes
    ----------
    values : (rows with a target,) uint8 numbers of classes, or float64
    has_target : (rows,) whether a row has a target
    class_names : names of the classes; None for numbers
    """

    values: Array
    has_target: NDArray[np.bool_]
    class_names: tuple[str, ...] | None


def check_target(table: TableFile, name: str, survey: ColumnSurvey, *, regression: bool) -> None:
    """Raise `DataError` unless a column can be the target."""
    column = f"{table.path}: the target {as_line(repr(name), 80)}"
    if not survey.present:
        raise DataError(f"{column}: expected a value in each row, got none")
    if regression:
        if survey.low == survey.high:
            raise DataError(f"{column}: expected different numbers, got {survey.low:g} everywhere")
        return
    if survey.is_long:
        raise DataError(
            f"{column}: expected texts of at most {MAX_TEXT_LENGTH} characters, got a longer one"
        )
    count = None if survey.texts is None else len(survey.texts)
    remedy = "set model.output to identity to predict numbers" if survey.is_numeric else ""
    remedy = remedy or "choose another column as fetch.table.target"
    if count is None or count > MAX_CLASSES:
        got = "more" if count is None else f"{count:,}"
        raise DataError(f"{column}: expected at most {MAX_CLASSES} classes, got {got}; {remedy}")
    if count == 1:
        raise DataError(f"{column}: expected at least 2 classes, got one in all rows")
    if FEW_TEXTS < count > survey.present / MIN_CLASS_ROWS:
        got = f"{count:,} different values in {survey.present:,} rows"
        raise DataError(f"{column}: expected classes of several rows, got {got}; {remedy}")


def read_targets(
    table: TableFile,
    name: str,
    *,
    regression: bool,
    class_names: Sequence[str] | None = None,
) -> Targets:
    """Return the targets of all rows that have one.

    Parameters
    ----------
    regression : whether the targets are numbers
    class_names : those of the training rows, for a file of test rows

    Raises
    ------
    DataError
        A target is no number, or no class of the training rows, or can't name a class.
    """
    masks: list[NDArray[np.bool_]] = []
    source = f"{table.path}: the column {as_line(repr(name), 80)}"

    def present() -> Iterator[list[object]]:
        for chunk in table.chunks():
            mask = np.array([not is_missing(value) for value in chunk[name]], np.bool_)
            masks.append(mask)
            yield [value for value, is_there in zip(chunk[name], mask, strict=True) if is_there]

    if regression:
        parts = []
        for values in present():
            numbers = as_numbers(values)
            if numbers is None:
                wrong = next(value for value in values if as_numbers([value]) is None)
                raise DataError(f"{source}: expected numbers, got {as_line(repr(wrong), 80)}")
            largest = np.abs(numbers).max(initial=0)
            if largest > MAX_MAGNITUDE:
                raise DataError(
                    f"{source}: expected numbers up to {MAX_MAGNITUDE:g}, got {largest:g}"
                )
            parts.append(numbers)
        return Targets(np.concatenate(parts), np.concatenate(masks), None)
    texts = (_texts(source, values) for values in present() if values)

    def row_number(index: int) -> int:
        # Rows count from 1, with those that have no target.
        return int(np.flatnonzero(np.concatenate(masks))[index]) + 1

    names, labels = collect_labels(
        texts, source, class_names, sample="row", sample_number=row_number
    )
    return Targets(labels, np.concatenate(masks), names)


def _texts(source: str, values: Sequence[object]) -> Array:
    """Return the names of classes, (n,) texts."""
    texts = list(map(as_category, values))
    # The array gives each text the length of the longest one.
    if (longest := max(map(len, texts))) > MAX_TEXT_LENGTH:
        raise DataError(
            f"{source}: expected texts of at most {MAX_TEXT_LENGTH} characters, got one of "
            f"{longest:,}"
        )
    return np.array(texts)
