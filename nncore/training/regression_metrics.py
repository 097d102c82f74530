"""Metrics of predicted numbers, in exact sums: the same bits on every computer.

Targets and predictions are (n, outputs) or (n,) floats, n at least 1. `weights` are (n,) numbers of
at least 0, by which each sample counts in sums and means; None for 1. Each metric is (outputs,)
float64, a number for each column. Differences are taken in float64.
"""

import numpy as np

from nncore.arrays import Doubles, Floats
from nncore.functions.exact import sum_all


def root_mean_squared_error(
    targets: Floats, predictions: Floats, weights: Floats | None = None
) -> Doubles:
    """Return √(mean (a - y)²) of each column, in the unit of the targets."""
    return np.sqrt(_means(np.square(_errors(targets, predictions)), weights))


def mean_absolute_error(
    targets: Floats, predictions: Floats, weights: Floats | None = None
) -> Doubles:
    """Return the mean of abs(a - y) of each column, in the unit of the targets."""
    return _means(np.abs(_errors(targets, predictions)), weights)


def r2_score(targets: Floats, predictions: Floats, weights: Floats | None = None) -> Doubles:
    """Return R² = 1 - mean (a - y)² / mean (y - mean y)² of each column, 1 at most.

    0 is as good as the mean of these targets. If they are all equal, R² is 1 for predictions
    without an error and 0 for others, as in scikit-learn.
    """
    y = _columns(targets)
    residual = _means(np.square(_errors(targets, predictions)), weights)
    variance = _means(np.square(y - _means(y, weights)), weights)
    # The mean of equal targets may be rounded.
    variance[y.min(axis=0) == y.max(axis=0)] = 0
    score = np.where(residual > 0, 0.0, 1.0)
    np.divide(residual, variance, out=residual, where=variance > 0)
    return np.where(variance > 0, 1 - residual, score)


def _columns(values: Floats) -> Doubles:
    return values.reshape(len(values), -1).astype(np.float64)


def _errors(targets: Floats, predictions: Floats) -> Doubles:
    return _columns(predictions) - _columns(targets)


def _means(values: Doubles, weights: Floats | None) -> Doubles:
    """Return the mean of each column of (n, outputs), (outputs,)."""
    if weights is None:
        return np.array([sum_all(column) for column in values.T]) / len(values)
    factors = weights.astype(np.float64)
    return np.array([sum_all(column * factors) for column in values.T]) / sum_all(factors)
