"""Columns fitted to the training rows of a table: means, deviations, categories."""

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import compress

import numpy as np

from nncore.arrays import Doubles, Indices
from nncore.data.columns import UNSEEN, CategoricalColumn, Column, NumericColumn, TableColumns

# Returns an iterator of all rows of a table, in blocks of (·, columns) float64.
Blocks = Callable[[], Iterator[Doubles]]


def fit_columns(
    categories: Mapping[str, Sequence[str] | None], blocks: Blocks
) -> tuple[TableColumns, list[Indices | None]]:
    """Return the columns of the training rows.

    Means and standard deviations come from correctly rounded sums of the blocks, in their order. A
    column without deviation in the training rows has std 1: its inputs are its values less the
    mean.

    Parameters
    ----------
    categories : by the heading of each column of the blocks: the categories that its numbers
        index, or None for a column of numbers
    blocks : the training rows

    Returns
    -------
    (columns, indices) : for each column of categories, (categories,) the index in its
        `CategoricalColumn`, or `UNSEEN` of a category that no training row has; None for numbers
    """
    names = list(categories)
    numeric = [index for index, name in enumerate(names) if categories[name] is None]
    means, deviations = _moments(blocks, numeric)
    missing = np.zeros(len(names), bool)
    counts = [np.zeros(len(texts or ()), np.int64) for texts in categories.values()]
    for block in blocks():
        absent = np.isnan(block)
        missing |= absent.any(axis=0)
        for column, count in enumerate(counts):
            if len(count):
                values = block[~absent[:, column], column].astype(np.int64)
                np.add(count, np.bincount(values, minlength=len(count)), out=count)
    columns: list[Column] = []
    indices: list[Indices | None] = []
    for index, (name, category_names) in enumerate(categories.items()):
        has_missing = bool(missing[index])
        if category_names is None:
            mean, std = means[index], deviations[index]
            columns.append(NumericColumn(name=name, mean=mean, std=std, has_missing=has_missing))
            indices.append(None)
            continue
        present = counts[index] > 0
        occurring = tuple(compress(category_names, present))
        columns.append(CategoricalColumn(name=name, categories=occurring, has_missing=has_missing))
        indices.append(np.where(present, np.cumsum(present) - 1, int(UNSEEN)))
    return TableColumns(tuple(columns)), indices


def reindex(table: Doubles, indices: Sequence[Indices | None]) -> Doubles:
    """Return a copy of rows, (n, columns), whose categories have the indices of `fit_columns`.

    Parameters
    ----------
    indices : the second result of `fit_columns`
    """
    result = table.copy()
    for values, index in zip(result.T, indices, strict=True):
        if index is not None:
            present = ~np.isnan(values)
            values[present] = index[values[present].astype(np.int64)]
    return result


def mean_and_deviation(values: Doubles) -> tuple[float, float]:
    """Return mean and standard deviation of (n,) numbers; 1 in place of a deviation of 0."""
    means, deviations = _moments(lambda: iter([values[:, np.newaxis]]), [0])
    return means[0], deviations[0]


def _moments(blocks: Blocks, columns: Sequence[int]) -> tuple[dict[int, float], dict[int, float]]:
    """Return mean and deviation of some columns, by their index; NaN does not count."""
    means, deviations = {}, {}
    counts = dict.fromkeys(columns, 0)
    parts: dict[int, list[float]] = {column: [] for column in columns}
    for block in blocks():
        for column in columns:
            values = _present(block[:, column])
            counts[column] += len(values)
            parts[column].append(math.fsum(values.tolist()))
    for column in columns:
        means[column] = math.fsum(parts[column]) / max(counts[column], 1)
    parts = {column: [] for column in columns}
    for block in blocks():
        for column in columns:
            squares = np.square(_present(block[:, column]) - means[column])
            parts[column].append(math.fsum(squares.tolist()))
    for column in columns:
        deviation = math.sqrt(math.fsum(parts[column]) / max(counts[column], 1))
        # The mean of equal numbers may be rounded.
        is_deviation = deviation > 1e-12 * abs(means[column])
        deviations[column] = deviation if is_deviation else 1.0
    return means, deviations


def _present(values: Doubles) -> Doubles:
    return values[~np.isnan(values)]
