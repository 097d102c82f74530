"""Nested cross-validation: outer folds measure, inner folds of the training rows choose."""

import warnings
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from sklearn.exceptions import ConvergenceWarning
from sklearn.metrics import log_loss
from sklearn.model_selection import KFold, StratifiedKFold

from benchmarks.tables.contenders import Arguments, Contender
from benchmarks.tables.datasets import Table
from nncore.arrays import Array
from nncore.errors import DataError, DivergenceError, as_line
from nncore.training.regression_metrics import r2_score, root_mean_squared_error

Rows = NDArray[np.intp]


class Score(NamedTuple):
    """How well a contender predicts the rows of an outer fold.

    Attributes
    ----------
    first : accuracy, or of a regression the root mean squared error in the unit of the target
    second : log loss in nats, or R²
    choice : index of the candidate that the inner folds chose
    """

    first: float
    second: float
    choice: int


def splits(table: Table, rows: Rows, folds: int, seed: int) -> Iterator[tuple[Rows, Rows]]:
    """Yield the training and the test rows of each fold of some rows; of classes stratified.

    Raises
    ------
    DataError
        A class has fewer rows than there are folds.
    """
    target = table.target[rows]
    kind = KFold if table.is_regression else StratifiedKFold
    if not table.is_regression:
        labels, counts = np.unique(target, return_counts=True)
        if counts.min() < folds:
            name, count = labels[counts.argmin()], counts.min()
            text = f"at least {folds} rows of each class for {folds} folds"
            raise DataError(as_line(f"{table.name}: expected {text}, got {count} of {name}"))
    elif len(rows) < 2 * folds:
        raise DataError(f"{table.name}: expected at least {2 * folds} rows, got {len(rows)}")
    for train, test in kind(folds, shuffle=True, random_state=seed).split(rows, target):
        yield rows[train], rows[test]


def score(
    table: Table, contender: Contender, train: Rows, test: Rows, *, inner: int, seed: int
) -> Score:
    """Choose by `inner` folds of the training rows, fit all of them, and score the test rows.

    The choice is by the first metric; of equal candidates the first wins. `seed` determines the
    inner folds and the random numbers of the estimator.
    """
    choice = 0
    if len(contender.candidates) > 1:
        inner_folds = list(splits(table, train, inner, seed))
        sign = -1 if table.is_regression else 1
        means = [
            np.mean([sign * _metrics(table, contender, a, seed, *fold)[0] for fold in inner_folds])
            for a in contender.candidates
        ]
        choice = int(np.argmax(means))
    return Score(*_metrics(table, contender, contender.candidates[choice], seed, train, test), choice)


def _metrics(
    table: Table, contender: Contender, arguments: Arguments, seed: int, train: Rows, test: Rows
) -> tuple[float, float]:
    """Return the two metrics of a fit to the training rows, on the test rows."""
    estimator = contender.make(seed=seed, **arguments)
    with warnings.catch_warnings():
        # scikit-learn's MLP stops after 200 epochs by default.
        warnings.simplefilter("ignore", ConvergenceWarning)
        estimator.fit(table.columns.iloc[train], table.target[train])
    columns, target = table.columns.iloc[test], table.target[test]
    if table.is_regression:
        predicted: Array = estimator.predict(columns)
        rmse, r2 = root_mean_squared_error(target, predicted), r2_score(target, predicted)
        return float(rmse[0]), float(r2[0])
    probabilities = estimator.predict_proba(columns).astype(np.float64)
    labels = estimator.classes_
    correct = np.count_nonzero(labels[probabilities.argmax(axis=1)] == target)
    return int(correct) / len(test), float(log_loss(target, probabilities, labels=labels))
