"""Nested cross-validation: outer folds measure, inner folds of the training rows choose."""

import warnings
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator
from sklearn.exceptions import ConvergenceWarning
from sklearn.model_selection import KFold, StratifiedKFold

from benchmarks.tables.contenders import Contender
from benchmarks.tables.datasets import Table
from nncore.errors import DataError, as_line
from nncore.functions.exact import sum_all
from nncore.training.regression_metrics import r2_score, root_mean_squared_error

Rows = NDArray[np.intp]
Metrics = tuple[float, float]


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
            got = f"{count} of {name}; add --regression if the column holds numbers"
            raise DataError(as_line(f"{table.name}: expected {text}, got {got}"))
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
            np.mean([sign * _metrics(table, estimator, *fold)[0] for fold in inner_folds])
            for estimator in _estimators(contender, seed)
        ]
        choice = int(np.argmax(means))
    return Score(*_metrics(table, _estimators(contender, seed)[choice], train, test), choice)


def _estimators(contender: Contender, seed: int) -> list[BaseEstimator]:
    return [contender.make(seed=seed, **arguments) for arguments in contender.candidates]


def _metrics(table: Table, estimator: BaseEstimator, train: Rows, test: Rows) -> Metrics:
    """Fit the training rows, and return the two metrics on the test rows."""
    with warnings.catch_warnings():
        # scikit-learn's MLP stops after 200 epochs by default.
        warnings.simplefilter("ignore", ConvergenceWarning)
        estimator.fit(table.columns.iloc[train], table.target[train])
    columns, target = table.columns.iloc[test], table.target[test]
    if table.is_regression:
        predicted = estimator.predict(columns)
        rmse, r2 = root_mean_squared_error(target, predicted), r2_score(target, predicted)
        return float(rmse[0]), float(r2[0])
    probabilities = estimator.predict_proba(columns).astype(np.float64)
    is_label = target[:, np.newaxis] == estimator.classes_
    correct = np.count_nonzero(is_label[np.arange(len(test)), probabilities.argmax(axis=1)])
    # Clipped as in scikit-learn's log_loss, so that no logarithm is infinite.
    losses = -np.log(np.maximum(probabilities[is_label], np.finfo(np.float64).eps))
    return int(correct) / len(test), sum_all(losses) / len(test)
