"""The influence of columns, measured on models whose answers are known."""

import numpy as np
import pytest
from sklearn.metrics import accuracy_score
from table_models import COLUMNS, ROWS, classified, frame, priced

from nncore.data.columns import CategoricalColumn, NumericColumn, TableColumns
from nncore.model import Model
from stages.reporting import column_influence as measuring
from stages.reporting.column_influence import column_influence
from stages.shared.report_inputs import Predictions
from stages.shared.table_report_inputs import PredictedNumbers

NAN = float("nan")


def houses(count=50):
    rng = np.random.default_rng(6)
    ages = rng.integers(20, 60, count).astype(float)
    ages[::9] = NAN
    return [
        [age, city] for age, city in zip(ages, rng.choice(["Bern", "Genf", ""], count), strict=True)
    ]


def measured(model, rows, actual=None, **options):
    table = frame(rows)
    inputs = model.columns.encode(model.columns.parse(table))
    if model.is_regression:
        numbers = model.predict(table) if actual is None else actual
        predictions = PredictedNumbers(np.asarray(numbers), model.predict(table))
    else:
        found = model.classify(table)
        names = [model.class_names[index] for index in found.classes]
        predictions = Predictions(
            names if actual is None else actual, names, found.confidence, np.arange(len(rows))
        )
    options = {"row_curves": True} | options
    return column_influence(model, model.columns, inputs, predictions, **options)


def test_the_curve_of_a_sum_is_its_term_in_the_unit_of_the_target():
    """A price is 100 + 2 (age - 40), 3 more where the age is missing; Bern 20, Genf -10, none 5."""
    result = measured(priced(), houses())
    by_name = {d.column: d for d in result.dependences}
    age, city = by_name[0], by_name[1]
    assert age.missing
    assert age.values[-1] == "missing"
    slopes = np.diff(age.mean[:-1, 0]) / np.diff(age.positions)
    np.testing.assert_allclose(slopes, 2, rtol=1e-4)
    at_mean = age.mean[0, 0] - 2 * (age.positions[0] - 40)
    assert age.mean[-1, 0] - at_mean == pytest.approx(3, abs=1e-3)
    assert city.values == ["Bern", "Genf", "missing"]
    assert city.positions is None
    np.testing.assert_allclose(city.mean[:, 0] - city.mean[0, 0], [0, -30, -15], atol=1e-3)
    assert set(age.positions) <= {float(row[0]) for row in houses()}
    assert result.baseline == pytest.approx(0, abs=1e-4)


def test_importances_are_those_of_shuffled_raw_rows():
    """Columns are shuffled in the table here, not in the inputs."""
    model, rows = priced(), houses()
    actual = model.predict(frame(rows)) + np.random.default_rng(1).normal(0, 9, len(rows))
    result = measured(model, rows, actual)
    rng = np.random.default_rng(measuring.SEED)
    orders = [rng.permutation(len(rows)) for _ in range(measuring.REPEATS)]

    def rmse(changed):
        return np.sqrt(np.mean((model.predict(frame(changed)) - actual) ** 2))

    expected = []
    for column in range(2):
        errors = []
        for order in orders:
            changed = [list(row) for row in rows]
            for row, other in enumerate(order):
                changed[row][column] = rows[other][column]
            errors.append(rmse(changed))
        expected.append(np.mean(errors) - rmse(rows))
    ranked = np.argsort(expected)[::-1]
    assert list(result.columns) == ranked.tolist()
    np.testing.assert_allclose(result.mean, np.array(expected)[ranked], rtol=1e-4)
    assert result.baseline == pytest.approx(rmse(rows), rel=1e-5)


def test_the_error_of_classes_is_the_fraction_of_mistakes():
    model, rows = classified(), houses()
    actual = ["yes" if index % 3 else "no" for index in range(len(rows))]
    result = measured(model, rows, actual)
    predicted = [str(name) for name in model.predict(frame(rows))]
    assert result.baseline == pytest.approx(1 - accuracy_score(actual, predicted))
    assert result.classes == ["no", "yes", "perhaps"]
    for dependence in result.dependences:
        np.testing.assert_allclose(dependence.mean.sum(axis=1), 1, rtol=1e-5)
        assert not dependence.individual.size


def test_predictions_in_another_order_belong_to_their_rows():
    model, rows = classified(), houses()
    inputs = COLUMNS.encode(COLUMNS.parse(frame(rows)))
    names = np.array([str(name) for name in model.predict(frame(rows))])
    order = np.random.default_rng(2).permutation(len(rows))
    shuffled = Predictions(list(names[order]), list(names[order]), np.ones(len(rows)), order)
    assert column_influence(model, COLUMNS, inputs, shuffled, row_curves=True).baseline == 0


def test_of_two_classes_the_second_one_has_a_curve():
    model = classified(labels=("no", "yes"))
    result = measured(model, houses())
    assert result.classes == ["yes"]
    probabilities = model.predict_proba(frame(houses()))[:, 1]
    assert result.mean_prediction == pytest.approx([probabilities.mean()], rel=1e-5)


def test_of_many_classes_the_most_frequent_ones_have_curves():
    names = tuple("abcdefgh")
    actual = [*"hhhh", *"bbb", *"cc", *"ddd", *"fff", "a"]
    result = measured(classified(labels=names), houses(len(actual)), actual)
    assert result.classes == ["b", "c", "d", "f", "h"]


def test_no_curve_of_a_row_is_published_if_rows_are_private():
    for shown, curves in ((True, measuring.MAX_ROW_CURVES), (False, 0)):
        result = measured(priced(), houses(), row_curves=shown)
        assert {d.individual.shape[1] for d in result.dependences} == {curves}


@pytest.mark.parametrize("rows", [ROWS, ROWS[:1], [[None, None]] * 3])
@pytest.mark.parametrize("model", [priced(), classified()], ids=["numbers", "classes"])
def test_few_rows_are_enough_to_measure(model, rows):
    result = measured(model, rows)
    assert len(result.columns) == 2
    assert np.isfinite(result.mean).all()


def test_a_column_far_from_0_keeps_the_numbers_that_differ():
    """Six digits of 1e9 + 151 would leave one number of all."""
    far = NumericColumn(name="age", mean=1e9, std=77.0)
    columns = TableColumns((far, COLUMNS.columns[1]))
    model = classified(columns=columns)
    rows = [[1e9 + step, "Bern"] for step in range(0, 300, 30)]
    (age,) = (d for d in measured(model, rows).dependences if d.column == 0)
    np.testing.assert_allclose(age.positions - 1e9, range(0, 300, 30), atol=1e-3)


def test_the_work_is_bounded():
    """Of 200 columns and 5,000 rows, 100 columns with the largest weights, and 2,000 rows."""
    columns = TableColumns(tuple(NumericColumn(name=f"c{index}") for index in range(200)))
    model = classified(hidden=(), columns=columns, labels=("no", "yes"))
    model.network.weights[0][:] = 0
    model.network.weights[0][50:150] = 1
    slices = columns.input_slices
    rows, chosen = measuring.choose_sample(model, 5000, slices)
    assert chosen == list(range(50, 150))
    assert len(rows) == 2000
    assert (rows[0], rows[1], rows[-1]) == (0, 2, 4997)
    huge = classified(hidden=(30_000,), columns=columns, labels=("no", "yes"))
    rows, chosen = measuring.choose_sample(huge, 5000, slices)
    assert (len(rows), len(chosen)) == (100, 10)


def test_a_column_without_a_category_has_no_chart():
    columns = TableColumns((COLUMNS.columns[0], CategoricalColumn(name="city")))
    result = measured(classified(columns=columns), houses())
    assert isinstance(classified(columns=columns), Model)
    assert [d.column for d in result.dependences] == [0]
