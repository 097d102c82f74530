"""Partial dependence: against scikit-learn, and on models whose answer is known."""

import numpy as np
import pytest
from sklearn.base import BaseEstimator, RegressorMixin
from sklearn.inspection import partial_dependence as scikit_learns

from nncore.analysis.partial_dependence import column_points, partial_dependence
from nncore.data.columns import CategoricalColumn, NumericColumn


class Product(RegressorMixin, BaseEstimator):
    """A function that is no sum: the curves of the rows differ."""

    def fit(self, X, y):  # noqa: ARG002, N803
        self.fitted_ = True
        return self

    def predict(self, X):  # noqa: N803
        return X[:, 0] * X[:, 1] + np.sin(X[:, 2])

    def __sklearn_is_fitted__(self):
        return True


def sample():
    return np.random.default_rng(2).standard_normal((80, 3))


@pytest.mark.parametrize("column", [0, 1, 2])
def test_curves_are_scikit_learns(column):
    inputs, model = sample(), Product()
    expected = scikit_learns(model, inputs, [column], kind="both", grid_resolution=9)
    points = expected["grid_values"][0][:, np.newaxis]
    got = partial_dependence(
        lambda rows: model.predict(rows)[:, np.newaxis], inputs, slice(column, column + 1), points
    )
    np.testing.assert_allclose(got.mean[:, 0], expected["average"][0], rtol=1e-9, atol=1e-12)
    individual = got.individual[:, :, 0].T
    np.testing.assert_allclose(individual, expected["individual"][0], rtol=1e-9)


def test_of_a_sum_the_curve_is_the_term_of_the_column():
    """The mean of x, 2 y is 2 y and a constant; a row's curve is parallel to it."""
    inputs = sample()
    points = np.array([[-1.0], [0.0], [3.0]])
    got = partial_dependence(
        lambda rows: rows[:, :1] + 2 * rows[:, 1:2] ** 2, inputs, slice(1, 2), points
    )
    np.testing.assert_allclose(got.mean[:, 0] - got.mean[1, 0], [2, 0, 18], rtol=1e-12)
    assert got.individual.shape == (3, 80, 1)
    assert np.ptp(got.individual[:, :, 0] - got.mean, axis=0) == pytest.approx(0)


def test_the_inputs_stay_as_they_are():
    inputs = sample()
    before = inputs.copy()
    partial_dependence(lambda rows: rows[:, :1], inputs, slice(0, 2), np.zeros((2, 2)))
    assert np.array_equal(inputs, before)


def test_points_of_few_numbers_are_all_of_them():
    rooms = NumericColumn(name="rooms")
    inputs = np.array([3, 1, 2, 2, 1, 9], np.float32)[:, np.newaxis]
    assert column_points(rooms, inputs, 4).tolist() == [[1], [2], [3], [9]]


def test_points_of_many_numbers_are_quantiles_from_5_to_95_per_cent():
    inputs = np.random.default_rng(1).permutation(101).astype(np.float32)[:, np.newaxis]
    points = column_points(NumericColumn(name="size"), inputs, 10)
    assert points[:, 0].tolist() == list(range(5, 96, 10))
    quantiles = np.quantile(inputs, np.linspace(0.05, 0.95, 10))
    np.testing.assert_allclose(points[:, 0], quantiles)


def test_equal_quantiles_are_one_point():
    inputs = np.array([0] * 50 + list(range(50)), np.float32)[:, np.newaxis]
    points = column_points(NumericColumn(name="size"), inputs, 10)[:, 0].tolist()
    assert points == sorted(set(points))
    assert points[0] == 0
    assert 2 < len(points) < 10


def test_a_missing_number_is_a_last_point_and_no_quantile():
    age = NumericColumn(name="age", has_missing=True)
    inputs = np.array([[2, 0], [0, 1], [-1, 0]], np.float32)
    assert column_points(age, inputs, 5).tolist() == [[-1, 0], [2, 0], [0, 1]]


def test_points_of_categories_are_the_most_frequent_in_their_order():
    city = CategoricalColumn(name="city", categories=("a", "b", "c"), has_missing=True)
    inputs = np.zeros((6, 4), np.float32)
    inputs[np.arange(6), [2, 2, 0, 0, 1, 3]] = 1
    assert column_points(city, inputs, 2).tolist() == [[1, 0, 0, 0], [0, 0, 1, 0], [0, 0, 0, 1]]
    assert len(column_points(city, inputs, 9)) == 4
