"""What each column contributed to the prediction of a row, against sums worked by hand."""

import numpy as np
import pytest
from table_models import COLUMNS, INPUTS, PRICES, classified, priced

from nncore.config.architecture import Architecture
from nncore.model import Model
from nncore.network.network import Network
from stages.reporting import contributions as module
from stages.reporting.contributions import row_contributions
from stages.shared.report_inputs import Predictions
from stages.shared.table_report_inputs import PredictedNumbers

ROWS = np.array(INPUTS, np.float32)


def of_prices():
    """Return the contributions to prices, whose errors are the largest in the last row."""
    errors = np.array([1.0, -2.0, 3.0, 4.0])
    numbers = PredictedNumbers(PRICES + errors, np.array(PRICES, float))
    return row_contributions(priced(), COLUMNS, ROWS, numbers)


def test_each_column_of_a_sum_contributes_its_term_the_largest_error_first():
    """Age 35.5 is -9 and a missing city 5; a missing age 3; 40 is the mean, Genf -10; 20 and 20."""
    result = of_prices()
    assert result.parts == pytest.approx(np.array([[-9, 5], [3, 0], [0, -10], [20, 20]]), abs=1e-5)
    assert result.totals == pytest.approx([-4, 3, -10, 40], abs=1e-5)
    assert result.is_linear


def of_classes(model, predicted, actual, rows=ROWS):
    names = model.class_names
    predictions = Predictions(
        [names[k] for k in actual],
        [names[k] for k in predicted],
        np.linspace(0.9, 0.6, len(rows)),
        np.arange(len(rows)),
    )
    return row_contributions(model, COLUMNS, rows, predictions)


def test_a_column_speaks_for_the_predicted_class_less_the_actual_one():
    network = Network(Architecture(hidden=()), inputs=5, outputs=3)
    network.weights[0][:] = np.arange(15).reshape(5, 3) ** 2 / 10
    network.biases[0][:] = (0.5, 0.25, 0)
    model = Model(network, ("no", "yes", "perhaps"), columns=COLUMNS)
    result = of_classes(model, [2, 1, 0, 0], [0, 1, 0, 1])
    # Rows 0 and 3 are mistaken: column 2 less 0, and column 0 less 1, of the squares.
    first = (np.array([4, 25, 64, 121, 196]) - [0, 9, 36, 81, 144]) / 10
    second = (np.array([0, 9, 36, 81, 144]) - [1, 16, 49, 100, 169]) / 10
    age, city = [0, 1], [2, 3, 4]
    expected = [
        [sum(weights[columns] * row[columns]) for columns in (age, city)]
        for weights, row in ((first, ROWS[0]), (second, ROWS[3]))
    ]
    assert result.parts == pytest.approx(np.array(expected), abs=1e-5)
    biases = np.array([-0.5, 0.25])
    assert result.totals == pytest.approx(result.parts.sum(axis=1) + biases, abs=1e-5)


def test_the_single_output_of_two_classes_is_already_a_difference():
    architecture = Architecture(hidden=(), output="sigmoid", loss="binary_cross_entropy")
    network = Network(architecture, inputs=5, outputs=1)
    network.weights[0][:, 0] = (1, 2, 3, 4, 5)
    model = Model(network, ("no", "yes"), columns=COLUMNS)
    result = of_classes(model, [1, 0, 1, 0], [0, 1, 1, 0])
    assert result.parts == pytest.approx(np.array([[1, 3], [0, -4]]), abs=1e-6)


def test_curved_activations_are_noted():
    network = Network(Architecture(hidden=(4,), activation="tanh"), inputs=5, outputs=3)
    network.initialize(np.random.default_rng(1))
    model = Model(network, ("no", "yes", "perhaps"), columns=COLUMNS)
    assert not of_classes(model, [2, 1, 0, 0], [0, 1, 0, 1]).is_linear
    assert of_classes(classified(), [2, 1, 0, 0], [0, 1, 0, 1]).is_linear


def test_a_large_network_has_fewer_rows_and_no_mistake_has_none(monkeypatch):
    right = [0, 1, 2, 0]
    assert of_classes(classified(), right, right) is None
    size = classified().network.parameters.size * 3
    monkeypatch.setattr(module, "MAX_PRODUCTS", 2 * size)
    assert len(of_classes(classified(), [1, 2, 0, 1], right).totals) == 2
