"""Partial dependence: a model's mean prediction as a function of the value of one column."""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from nncore.arrays import Doubles, Floats
from nncore.data.columns import Column, NumericColumn
from nncore.errors import require_count
from nncore.functions.exact import sum_rows


class PartialDependence(NamedTuple):
    """The predictions at each value of a column.

    Attributes
    ----------
    mean : (points, outputs), over all rows
    individual : (points, rows, outputs), of each row
    """

    mean: Doubles
    individual: Doubles


def partial_dependence(
    predict: Callable[[Floats], Floats], inputs: Floats, column: slice, points: Floats
) -> PartialDependence:
    """Return a model's predictions if all rows have the same value in one column.

    The mean is the partial dependence of Friedman, Greedy function approximation: a gradient
    boosting machine (2001), section 8.2. The curves of single rows are the individual conditional
    expectations of Goldstein, Kapelner, Bleich, Pitkin, Peeking inside the black box (2015).

    Parameters
    ----------
    predict : takes inputs, (n, inputs); returns predictions, (n, outputs)
    inputs : (n, inputs) floats, n at least 1
    column : the inputs of the column
    points : (points, inputs of the column), the values of the column, at least one
    """
    changed = np.array(inputs)
    predictions = []
    for point in points:
        changed[:, column] = point
        predictions.append(predict(changed).astype(np.float64))
    individual = np.stack(predictions)
    mean = np.stack([sum_rows(prediction.T) for prediction in predictions]) / len(inputs)
    return PartialDependence(mean, individual)


def column_points(column: Column, inputs: Floats, count: int) -> Floats:
    """Return values of a column as its inputs, (points, inputs of the column).

    A column of at most `count` different numbers has all of them as points, in order. For more
    numbers, the points are quantiles at equal distances from 5 % to 95 %, without repetitions,
    because the network knows few rows outside these. The points of a column of categories are the
    `count` most frequent ones, in their order. If training rows lack a value in the column, a last
    point is the missing value.

    Parameters
    ----------
    inputs : (n, inputs of the column), n at least 1
    count : maximum number of values, at least 2

    Raises
    ------
    SettingsError
        `count` is no number of at least 2.
    """
    require_count("count", 2, count)
    if isinstance(column, NumericColumn):
        points = _quantiles(column, inputs, count)
    else:
        categories = len(column.categories)
        frequency = np.count_nonzero(inputs[:, :categories], axis=0)
        frequent = np.sort(np.argsort(-frequency, kind="stable")[:count])
        points = np.zeros((len(frequent), column.input_count), inputs.dtype)
        points[np.arange(len(frequent)), frequent] = 1
    if column.has_missing:
        missing = np.zeros((1, column.input_count), inputs.dtype)
        missing[0, -1] = 1
        points = np.concatenate([points, missing])
    return points


def _quantiles(column: NumericColumn, inputs: Floats, count: int) -> Floats:
    values = inputs[inputs[:, 1] == 0, 0] if column.has_missing else inputs[:, 0]
    different = np.unique(values)
    if len(different) > count:
        last = len(values) - 1
        first = last // 20
        indices = first + np.arange(count) * (last - 2 * first) // (count - 1)
        different = np.unique(np.sort(values)[indices])
    points = np.zeros((len(different), column.input_count), inputs.dtype)
    points[:, 0] = different
    return points
