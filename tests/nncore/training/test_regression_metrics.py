"""RMSE, MAE and R² at values worked by hand, and as scikit-learn computes them."""

import numpy as np
import pytest
from sklearn import metrics

from nncore.training.regression_metrics import (
    mean_absolute_error,
    r2_score,
    root_mean_squared_error,
)

# Errors 1, -1, 0 and 2; the targets' mean is 3, and Σ (y - 3)² = 9 + 1 + 0 + 16.
TARGETS, PREDICTIONS = np.array([0.0, 2, 3, 7]), np.array([1.0, 1, 3, 9])


@pytest.mark.parametrize(
    ("metric", "expected"),
    [
        (root_mean_squared_error, np.sqrt(6 / 4)),
        (mean_absolute_error, 1),
        (r2_score, 1 - 6 / 26),
    ],
)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_a_metric_has_the_value_worked_by_hand(metric, expected, dtype):
    assert metric(TARGETS.astype(dtype), PREDICTIONS.astype(dtype)) == pytest.approx([expected])


@pytest.mark.parametrize("metric", [root_mean_squared_error, mean_absolute_error, r2_score])
def test_each_column_has_the_number_that_scikit_learn_computes(metric):
    rng = np.random.default_rng(1)
    targets = rng.normal(size=(300, 3)) * [1, 1e4, 1e-4] + [0, 1e6, 1]
    predictions = targets + rng.normal(size=(300, 3)) * [2, 1e3, 1e-5]
    theirs = getattr(metrics, metric.__name__)(targets, predictions, multioutput="raw_values")
    assert metric(targets, predictions) == pytest.approx(theirs, rel=1e-9)


@pytest.mark.parametrize("metric", [root_mean_squared_error, mean_absolute_error, r2_score])
def test_the_order_of_the_samples_changes_no_bit(metric):
    rng = np.random.default_rng(2)
    targets = (1e6 * rng.normal(size=2000) ** 5).astype(np.float32)
    predictions = targets + rng.normal(size=2000).astype(np.float32)
    order = rng.permutation(2000)
    assert metric(targets, predictions) == metric(targets[order], predictions[order])


@pytest.mark.parametrize("shift", [0, 1e-3])
@pytest.mark.parametrize("count", [1, 3])
def test_r2_of_equal_targets_is_1_for_no_error_and_0_for_any(shift, count):
    """0.1 has no exact mean of three."""
    targets = np.full(count, 0.1)
    assert r2_score(targets, targets + shift).tolist() == [0.0 if shift else 1.0]


@pytest.mark.parametrize("metric", [root_mean_squared_error, mean_absolute_error, r2_score])
def test_a_weight_is_a_number_of_repetitions(metric):
    rng = np.random.default_rng(3)
    targets, predictions = rng.normal(size=(2, 100, 2))
    weights = rng.integers(4, size=100)
    repeated = metric(targets.repeat(weights, axis=0), predictions.repeat(weights, axis=0))
    assert metric(targets, predictions, weights) == pytest.approx(repeated)
