"""Nested cross-validation of the board of tables."""

import numpy as np
import pandas as pd
import pytest
from sklearn.dummy import DummyClassifier, DummyRegressor
from sklearn.pipeline import make_pipeline

from benchmarks.tables.contenders import Contender
from benchmarks.tables.datasets import Table
from benchmarks.tables.differences import paired_difference
from benchmarks.tables.folds import score, splits
from benchmarks.tables.preprocessing import Standardizer, preprocessing
from nncore.errors import DataError

# 20 rows, of which 12 are a; the only column holds the number of the row.
TABLE = Table(
    "letters",
    pd.DataFrame({"row": np.arange(20.0)}),
    np.array(["a"] * 12 + ["b"] * 8, object),
    is_regression=False,
)
NUMBERS = Table("numbers", TABLE.columns, np.arange(20.0), is_regression=True)
ROWS = np.arange(20)


def constant(*values):
    """Return a contender that answers one of the constants."""

    def make(seed, value):  # noqa: ARG001
        return make_pipeline(
            preprocessing(TABLE.columns), DummyClassifier(strategy="constant", constant=value)
        )

    return Contender(make, [{"value": value} for value in values])


def test_the_test_folds_of_a_seed_hold_each_row_once():
    folds = list(splits(TABLE, ROWS, 4, seed=1))
    assert sorted(np.concatenate([test for _, test in folds])) == list(range(20))
    assert all(sorted([*train, *test]) == list(range(20)) for train, test in folds)


def test_the_folds_have_every_class_in_proportion():
    counts = [np.count_nonzero(TABLE.target[test] == "a") for _, test in splits(TABLE, ROWS, 4, 1)]
    assert counts == [3, 3, 3, 3]


def test_folds_of_some_rows_hold_these_alone():
    rows = np.array([1, 3, 5, 7, 13, 15, 17, 19])
    for train, test in splits(TABLE, rows, 2, seed=1):
        assert sorted([*train, *test]) == rows.tolist()


def test_another_seed_gives_other_folds():
    first, second = (next(splits(NUMBERS, ROWS, 4, seed))[1].tolist() for seed in (1, 2))
    assert first != second


@pytest.mark.parametrize("table", [TABLE, NUMBERS])
def test_no_fit_sees_a_test_row(monkeypatch, table):
    """Not the scaler's either; inner folds are of the training rows."""
    seen = []
    plain_fit = Standardizer.fit

    def fit(self, X, y=None):  # noqa: N803
        seen.append({int(number) for number in np.asarray(X)[:, 0]})
        return plain_fit(self, X, y)

    monkeypatch.setattr(Standardizer, "fit", fit)
    train, test = next(splits(table, ROWS, 4, seed=1))
    contender = constant("a", "b")
    if table.is_regression:

        def make(seed, value):  # noqa: ARG001
            inputs = preprocessing(table.columns)
            return make_pipeline(inputs, DummyRegressor(strategy="constant", constant=value))

        contender = Contender(make, [{"value": 1.0}, {"value": 2.0}])
    score(table, contender, train, test, inner=3, seed=1)
    # Two candidates on three inner folds, then the fit that is measured.
    assert [len(rows) for rows in seen] == [10] * 6 + [15]
    assert set().union(*seen).isdisjoint(test.tolist())
    assert seen[-1] == set(train.tolist())


def test_the_inner_folds_choose_the_more_accurate_candidate():
    train, test = next(splits(TABLE, ROWS, 4, seed=1))
    result = score(TABLE, constant("b", "a"), train, test, inner=3, seed=1)
    assert result.choice == 1
    # 3 of the 5 test rows are a.
    assert result.first == 3 / 5


def test_the_choice_does_not_know_the_test_rows():
    """Of the training rows most are a, of the test rows all are b."""
    train, test = np.arange(15), np.arange(15, 20)
    result = score(TABLE, constant("a", "b"), train, test, inner=3, seed=1)
    assert (result.choice, result.first) == (0, 0.0)


def test_of_equal_candidates_the_first_is_chosen():
    train, test = next(splits(TABLE, ROWS, 4, seed=1))
    assert score(TABLE, constant("a", "a"), train, test, inner=3, seed=1).choice == 0


def test_a_regression_chooses_the_smaller_error_and_is_scored_in_the_unit_of_the_target():
    def make(seed, value):  # noqa: ARG001
        return DummyRegressor(strategy="constant", constant=value)

    contender = Contender(make, [{"value": 100.0}, {"value": 9.0}])
    # Rows 5 and 13 differ from 9 by -4 and 4; their mean is 9.
    result = score(NUMBERS, contender, np.delete(ROWS, [5, 13]), np.array([5, 13]), inner=3, seed=1)
    assert result == (4.0, 0.0, 1)


def test_the_log_loss_is_that_of_the_probabilities():
    def make(seed):  # noqa: ARG001
        return DummyClassifier(strategy="prior")

    train, test = next(splits(TABLE, ROWS, 4, seed=1))
    result = score(TABLE, Contender(make, [{}]), train, test, inner=3, seed=1)
    assert result.second == pytest.approx(-(3 * np.log(0.6) + 2 * np.log(0.4)) / 5)


def test_a_class_of_too_few_rows_is_refused():
    message = "letters: expected at least 9 rows of each class for 9 folds, got 8 of b; add"
    with pytest.raises(DataError, match=message):
        next(splits(TABLE, ROWS, 9, seed=1))


def test_too_few_numbers_are_refused():
    with pytest.raises(DataError, match="numbers: expected at least 6 rows, got 5"):
        next(splits(NUMBERS, ROWS[:5], 3, seed=1))


def test_the_standard_errors_are_those_worked_by_hand():
    """The seeds' means are 1.5 and 3.5: their deviation is √2, over √2 seeds 1.

    The deviation of 1, 2, 3, 4 is √(5/3), and √(5/3) √(1/4 + 1/1) = √(25/12).
    """
    difference = paired_difference(np.array([[2.0, 4.0], [6.0, 8.0]]), np.array([[1, 2], [3, 4]]))
    assert difference.mean == 2.5
    assert difference.over_seeds == pytest.approx(1.0)
    assert difference.corrected == pytest.approx((25 / 12) ** 0.5)


def test_differences_are_paired():
    """What both have in common, as a hard fold, is no part of the error."""
    hard = np.array([[0.0, 10.0, 20.0], [5.0, 50.0, 0.0]])
    assert paired_difference(hard + 0.5, hard) == (0.5, 0.0, 0.0)
