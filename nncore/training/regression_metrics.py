"""Metrics of predicted numbers, in exact sums: the same bits on every computer.

Targets and predictions are (n, outputs) or (n,) floats, n at least 1. Each metric is (outputs,)
float64, a number for each column. Differences are taken in float64.
"""

import numpy as np

from nncore.arrays import Doubles, Floats
from nncore.functions.exact import sum_all


def root_mean_squared_error(targets: Floats, predictions: Floats) -> Doubles:
    """Return √(Σ (a - y)² / n) of each column, in the unit of the targets."""
    errors = _errors(targets, predictions)
    return np.sqrt(_column_sums(np.square(errors)) / len(errors))


def mean_absolute_error(targets: Floats, predictions: Floats) -> Doubles:
    """Return Σ |a - y| / n of each column, in the unit of the targets."""
    errors = _errors(targets, predictions)
    return _column_sums(np.abs(errors)) / len(errors)


def r2_score(targets: Floats, predictions: Floats) -> Doubles:
    """Return R² = 1 - Σ (a - y)² / Σ (y - mean y)² of each column, 1 at most.

    0 is as good as the mean of these targets. If they are all equal, R² is 1 for predictions
    without an error and 0 for others, as in scikit-learn.
    """
    errors = _errors(targets, predictions)
    y = _columns(targets)
    residual = _column_sums(np.square(errors))
    total = _column_sums(np.square(y - _column_sums(y) / len(y)))
    # Of equal targets, the rounded mean may leave a rest.
    total[y.min(axis=0) == y.max(axis=0)] = 0
    score = np.where(residual > 0, 0.0, 1.0)
    np.divide(residual, total, out=residual, where=total > 0)
    return np.where(total > 0, 1 - residual, score)


def _columns(values: Floats) -> Doubles:
    return values.reshape(len(values), -1).astype(np.float64)


def _errors(targets: Floats, predictions: Floats) -> Doubles:
    return _columns(predictions) - _columns(targets)


def _column_sums(values: Doubles) -> Doubles:
    return np.array([sum_all(column) for column in values.T])
