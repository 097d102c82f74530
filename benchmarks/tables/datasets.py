"""The tables of the board: those that scikit-learn brings, and any CSV file."""

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from sklearn import datasets

from nncore.arrays import Array
from nncore.data.delimited import find_delimiter
from nncore.errors import DataError, as_line

BUNDLED: dict[str, Callable[..., Any]] = {
    "digits": datasets.load_digits,
    "wine": datasets.load_wine,
    "breast cancer": datasets.load_breast_cancer,
    "iris": datasets.load_iris,
    "diabetes": datasets.load_diabetes,
}
REGRESSIONS = {"diabetes"}


class Table(NamedTuple):
    """A table and the column to predict.

    Attributes
    ----------
    columns : (rows, columns) numbers and texts, with headings
    target : (rows,) labels, or float64 numbers of a regression
    """

    name: str
    columns: pd.DataFrame
    target: Array
    is_regression: bool

    @property
    def classes(self) -> int | None:
        """The number of classes; None of a regression."""
        return None if self.is_regression else len(np.unique(self.target))


def bundled_tables() -> Iterable[Table]:
    """Yield the tables of scikit-learn, in their units."""
    for name, load in BUNDLED.items():
        is_regression = name in REGRESSIONS
        arguments = {"scaled": False} if name == "diabetes" else {}
        bunch = load(as_frame=True, **arguments)
        target = bunch.target.to_numpy(np.float64 if is_regression else None)
        yield Table(name, bunch.data, target, is_regression)


def read_csv(path: Path, target: str, *, is_regression: bool) -> Table:
    """Return the table in a CSV file, without the rows whose target is missing.

    The headings show the delimiter: a comma, a semicolon, a tab or a bar.

    Parameters
    ----------
    target : heading of the column to predict
    is_regression : whether it holds numbers to predict, else classes

    Raises
    ------
    DataError
        The file is no table, or has no such column, or the column is unfit.
    """
    try:
        delimiter = find_delimiter(path)
        frame = pd.read_csv(path, encoding="utf-8-sig", sep=delimiter, compression=None)
    except (UnicodeDecodeError, ValueError) as error:
        raise DataError(
            as_line(f"{path}: expected CSV in UTF-8 with a header, got: {error}")
        ) from None
    if target not in frame:
        names = ", ".join(map(str, frame.columns))
        raise DataError(as_line(f"{path}: expected a column {target!r}, got {names}"))
    frame = frame[frame[target].notna()]
    values = frame.pop(target)
    if not len(frame.columns):
        raise DataError(f"{path}: expected a column beside the target, got none")
    if not len(values):
        raise DataError(as_line(f"{path}: expected values in the column {target!r}, got none"))
    frame = pd.DataFrame({name: _values(path, frame[name]) for name in frame})
    if not is_regression:
        labels = values.astype(str).to_numpy(object)
        if len(set(labels)) < 2:
            text = f"{path}: expected several classes in the column {target!r}, got {labels[0]!r}"
            raise DataError(as_line(text))
        return Table(path.stem, frame, labels, is_regression)
    if not pd.api.types.is_numeric_dtype(values):
        raise DataError(as_line(f"{path}: expected numbers in the column {target!r}, got texts"))
    numbers = _values(path, values).to_numpy(np.float64)
    return Table(path.stem, frame, numbers, is_regression)


def _values(path: Path, column: pd.Series) -> pd.Series:
    """Return a column of finite numbers as it is, and any other as texts; both may have gaps."""
    if not pd.api.types.is_numeric_dtype(column) or pd.api.types.is_bool_dtype(column):
        return column.map(str, na_action="ignore")
    infinite = column[np.isinf(column)]
    if len(infinite):
        expected = f"expected finite numbers in the column {column.name!r}"
        raise DataError(as_line(f"{path}: {expected}, got {infinite.iloc[0]}"))
    return column
