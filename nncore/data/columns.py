"""Columns of a table, and their encoding as inputs of a network.

A table is (n, columns) float64: the numbers of a numeric column, and the index of the category of a
categorical one. NaN is a missing value. `UNSEEN` is a category that no training row has.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import accumulate, pairwise
from typing import Any, TypeAlias

import numpy as np

from nncore.arrays import Doubles, Floats
from nncore.data.table_values import as_category, as_numbers, is_missing
from nncore.errors import (
    MAX_VALUE_LENGTH,
    DataError,
    as_line,
    require,
    require_above_zero,
    require_finite,
    require_text,
    require_type,
    to_python,
)

UNSEEN = -1.0


@dataclass(frozen=True, kw_only=True)
class NumericColumn:
    """A column of numbers: a standardised input, and one that is 1 where the number is missing.

    A missing number becomes the mean, which is 0 after standardising.

    Attributes
    ----------
    name : heading of the column
    mean, std : mean and standard deviation of the training rows, without missing numbers
    has_missing : whether a training row lacks the number; else there is no second input
    """

    name: str
    mean: float = 0.0
    std: float = 1.0
    has_missing: bool = False

    def __post_init__(self) -> None:
        to_python(self)
        require_text("name", self.name)
        require_finite("mean", self.mean)
        require_above_zero("std", self.std)
        for name in ("mean", "std"):
            object.__setattr__(self, name, float(getattr(self, name)))
        require_type("has_missing", self.has_missing, bool)

    @property
    def input_names(self) -> tuple[str, ...]:
        """The names of the inputs."""
        return (self.name, f"{self.name} is missing") if self.has_missing else (self.name,)

    @property
    def input_count(self) -> int:
        """The number of the inputs."""
        return 1 + self.has_missing

    def write_inputs(self, values: Doubles, out: Floats) -> None:
        """Write the inputs of (n,) values to `out`, (n, inputs) floats."""
        missing = np.isnan(values)
        out[:, 0] = np.where(missing, 0.0, (values - self.mean) / self.std)
        if self.has_missing:
            out[:, 1] = missing

    def parse(self, values: Sequence[Any], first_row: int = 0) -> Doubles:
        """Return (n,) values of a table from numbers, texts of numbers, or None where missing.

        Raises
        ------
        DataError
            A value is no number; the message counts its row from `first_row`.
        """
        numbers = as_numbers(values)
        if numbers is None:
            row = next(row for row, value in enumerate(values) if as_numbers([value]) is None)
            got = f"{as_line(repr(values[row]), MAX_VALUE_LENGTH)} in row {row + first_row}"
            raise DataError(as_line(f"column {self.name!r}: expected numbers, got {got}"))
        return numbers


@dataclass(frozen=True, kw_only=True)
class CategoricalColumn:
    """A column of categories: an input for each of them, 1 in the rows that have it.

    In a row with another category all these inputs are 0.

    Attributes
    ----------
    name : heading of the column
    categories : those of the training rows, in the order of their code points
    has_missing : whether a training row lacks a category; then a last input is 1 in such rows
    """

    name: str
    categories: tuple[str, ...] = ()
    has_missing: bool = False

    def __post_init__(self) -> None:
        to_python(self)
        require_text("name", self.name)
        require_type("categories", self.categories, list, tuple)
        object.__setattr__(self, "categories", tuple(self.categories))
        for category in self.categories:
            require_text("categories", category)
        differ = len(set(self.categories)) == len(self.categories)
        require(differ, "categories", "different from each other", self.categories)
        require_type("has_missing", self.has_missing, bool)

    @property
    def input_names(self) -> tuple[str, ...]:
        """The names of the inputs."""
        names = tuple(f"{self.name} = {category}" for category in self.categories)
        return (*names, f"{self.name} is missing") if self.has_missing else names

    @property
    def input_count(self) -> int:
        """The number of the inputs."""
        return len(self.categories) + self.has_missing

    def write_inputs(self, values: Doubles, out: Floats) -> None:
        """Write the inputs of (n,) values to `out`, (n, inputs) floats."""
        out[:] = 0
        missing = np.isnan(values)
        rows = np.flatnonzero(~missing & (values != UNSEEN))
        out[rows, values[rows].astype(np.int64)] = 1
        if self.has_missing:
            out[missing, -1] = 1

    def parse(self, values: Sequence[Any], first_row: int = 0) -> Doubles:  # noqa: ARG002
        """Return (n,) values of a table from texts, or None where missing."""
        index_of = {category: float(index) for index, category in enumerate(self.categories)}
        return np.array(
            [
                math.nan if is_missing(value) else index_of.get(as_category(value), UNSEEN)
                for value in values
            ],
            np.float64,
        )


Column: TypeAlias = NumericColumn | CategoricalColumn
_TYPES: Mapping[str, type[Column]] = {"numeric": NumericColumn, "categorical": CategoricalColumn}


@dataclass(frozen=True)
class TableColumns:
    """The columns that a network reads, in the order of its inputs.

    Attributes
    ----------
    columns : with different names
    """

    columns: tuple[Column, ...]

    def __post_init__(self) -> None:
        object.__setattr__(self, "columns", tuple(self.columns))
        require(bool(self.columns), "columns", "at least one", self.columns)
        require(len(set(self.names)) == len(self.names), "columns", "different names", self.names)

    @property
    def names(self) -> tuple[str, ...]:
        """The headings of the columns."""
        return tuple(column.name for column in self.columns)

    @property
    def input_names(self) -> tuple[str, ...]:
        """The names of the network's inputs, in order."""
        return tuple(name for column in self.columns for name in column.input_names)

    @property
    def input_count(self) -> int:
        """The number of the network's inputs."""
        return sum(column.input_count for column in self.columns)

    @property
    def input_slices(self) -> list[slice]:
        """The network's inputs of each column, in order."""
        ends = accumulate(column.input_count for column in self.columns)
        return [slice(*pair) for pair in pairwise([0, *ends])]

    def encode(self, table: Doubles) -> Floats:
        """Return the network's inputs for the rows of a table.

        Parameters
        ----------
        table : (n, columns) float64, as the module describes it

        Returns
        -------
        (n, inputs) float32
        """
        inputs = np.zeros((len(table), self.input_count), np.float32)
        for values, column, span in zip(table.T, self.columns, self.input_slices, strict=True):
            column.write_inputs(values, inputs[:, span])
        return inputs

    def parse(self, values: Mapping[str, Sequence[Any]], first_row: int = 0) -> Doubles:
        """Return a table, (n, columns) float64, from the values of its columns by name.

        Parameters
        ----------
        values : numbers or texts as people write them, for instance a data frame; other columns
            are ignored
        first_row : number of the first row, for messages

        Raises
        ------
        DataError
            A column is absent, its length differs, or a value is no number.
        """
        for name in self.names:
            if name not in values:
                raise DataError(as_line(f"the table: expected a column {name!r}, got none"))
        arrays = [column.parse(list(values[column.name]), first_row) for column in self.columns]
        if len(lengths := {len(array) for array in arrays}) > 1:
            got = f"{min(lengths):,} to {max(lengths):,} values"
            raise DataError(f"the table: expected columns of one length, got {got}")
        return np.stack(arrays, axis=1)

    def to_json(self) -> list[dict[str, Any]]:
        """Return the columns as JSON values."""
        kinds = {column: kind for kind, column in _TYPES.items()}
        return [{"kind": kinds[type(column)], **asdict(column)} for column in self.columns]

    @classmethod
    def from_json(cls, values: Sequence[Mapping[str, Any]]) -> "TableColumns":
        """Return the columns that `to_json` described.

        Raises
        ------
        KeyError, TypeError, ValueError, SettingsError
            The values are malformed.
        """
        columns = []
        for value in values:
            settings = dict(value)
            columns.append(_TYPES[settings.pop("kind")](**settings))
        return cls(tuple(columns))
