"""What shuffling a column costs: by hand, by theory, and as scikit-learn measures it."""

import numpy as np
import pytest
from sklearn.base import BaseEstimator
from sklearn.inspection import permutation_importance as scikit_learns
from table_models import CITY, COLUMNS, PRICES, ROWS, frame, priced

from nncore.analysis.permutation_importance import permutation_importance
from nncore.data.columns import NumericColumn, TableColumns
from nncore.errors import SettingsError

SINGLE = [slice(0, 1), slice(1, 2), slice(2, 3)]


def sample(rows=60):
    return np.random.default_rng(4).standard_normal((rows, 3)).astype(np.float32)


def linear(X):  # noqa: N803
    """Return 3 times the first column and the second; the third plays no part."""
    return 3 * X[:, 0].astype(np.float64) + X[:, 1]


def error(X):  # noqa: N803
    return float(np.sqrt(np.mean((linear(X) - linear(sample())) ** 2)))


class Linear(BaseEstimator):
    def fit(self, X, y):  # noqa: ARG002, N803
        return self

    def predict(self, X):  # noqa: N803
        return linear(X)


def test_the_inputs_of_a_column_are_its_categories_and_its_indicator():
    columns = TableColumns((*COLUMNS.columns, NumericColumn(name="rooms")))
    assert columns.input_slices == [slice(0, 2), slice(2, 5), slice(5, 6)]


def test_the_increases_are_those_of_a_loop_by_hand():
    inputs = sample()
    got = permutation_importance(error, inputs, SINGLE, repeats=6, seed=9)
    rng = np.random.default_rng(9)
    orders = [rng.permutation(60) for _ in range(6)]
    for column in range(3):
        errors = []
        for order in orders:
            other = inputs.copy()
            other[:, column] = other[order, column]
            errors.append(error(other))
        assert got.mean[column] == pytest.approx(np.mean(errors), rel=1e-12)
        assert got.std[column] == pytest.approx(np.std(errors, ddof=1), rel=1e-9)
    assert got.baseline == 0
    assert got.mean[2] == got.std[2] == 0


def test_scikit_learn_measures_the_same_up_to_its_draws():
    inputs = sample()
    got = permutation_importance(error, inputs, SINGLE, repeats=400)
    other = scikit_learns(
        Linear(),
        inputs,
        linear(inputs),
        scoring="neg_root_mean_squared_error",
        n_repeats=400,
        random_state=1,
    )
    # Both means of 400 draws deviate by a twentieth of the deviation of a draw.
    np.testing.assert_allclose(got.mean, other.importances_mean, atol=0.25 * got.std.max())
    np.testing.assert_allclose(got.std, other.importances_std, rtol=0.15, atol=1e-12)


def test_shuffling_doubles_the_variance_of_what_the_column_brings():
    """The differences of two independent draws have twice the variance: RMSE √2 times 3."""
    inputs = sample(4000)

    def root_mean_squared(X):  # noqa: N803
        return float(np.sqrt(np.mean((linear(X) - linear(inputs)) ** 2)))

    got = permutation_importance(root_mean_squared, inputs, SINGLE)
    np.testing.assert_allclose(got.mean, [3 * np.sqrt(2), np.sqrt(2), 0], rtol=0.05)


def test_a_row_never_has_two_categories():
    """A column moves as a whole: each row of it stays one of the rows."""
    model = priced()
    inputs = COLUMNS.encode(COLUMNS.parse(frame(ROWS * 5)))
    seen = []

    def watch(X):  # noqa: N803
        seen.append(X.copy())
        return 0.0

    slices = model.columns.input_slices
    permutation_importance(watch, inputs, slices, repeats=3)
    assert len(seen) == 1 + 2 * 3
    for index, changed in enumerate(seen[1:]):
        age, city = slices
        moved, others = (age, city) if index < 3 else (city, age)
        assert np.array_equal(changed[:, others], inputs[:, others])
        assert not np.array_equal(changed[:, moved], inputs[:, moved])
        assert sorted(changed[:, moved].tolist()) == sorted(inputs[:, moved].tolist())
    assert np.array_equal(inputs, COLUMNS.encode(COLUMNS.parse(frame(ROWS * 5))))


def test_the_importance_of_a_column_is_in_the_unit_of_the_target():
    """Of two rows, one lives in Bern and one in Genf: swapped, each price is 30 off."""
    model = priced()
    rows = [["40", "Bern"], ["40", "Genf"]]
    inputs = COLUMNS.encode(COLUMNS.parse(frame(rows)))
    prices = model.predict(frame(rows))
    assert prices == pytest.approx([120, PRICES[1]])

    def rmse(X):  # noqa: N803
        numbers = model.numbers(X @ model.network.weights[0])
        return float(np.sqrt(np.mean((numbers - prices) ** 2)))

    got = permutation_importance(rmse, inputs, model.columns.input_slices, repeats=8)
    rng = np.random.default_rng(1)
    swaps = np.mean([rng.permutation(2)[0] for _ in range(8)])
    assert 0 < swaps < 1
    assert got.mean == pytest.approx([0, 30 * swaps])


def test_one_shuffle_has_no_deviation():
    with pytest.raises(SettingsError, match=r"^repeats must be at least 2, got 1$"):
        permutation_importance(error, sample(), SINGLE, repeats=1)


def test_a_column_without_inputs_counts_for_nothing():
    empty = TableColumns((NumericColumn(name="a"), type(CITY)(name="b")))
    inputs = sample()[:, :1]
    got = permutation_importance(lambda rows: float(rows[0, 0]), inputs, empty.input_slices)
    assert got.mean[1] == got.std[1] == 0
