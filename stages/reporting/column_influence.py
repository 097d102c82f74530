"""Measure which columns a model of tables relies on, and how its predictions move with them."""

from collections import Counter
from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import Final

import numpy as np

from nncore.analysis.partial_dependence import (
    PartialDependence,
    column_points,
    partial_dependence,
)
from nncore.analysis.permutation_importance import permutation_importance
from nncore.arrays import Doubles, Floats, Indices
from nncore.data.column_values import DIGITS, MISSING, column_values
from nncore.data.columns import Column, NumericColumn, TableColumns
from nncore.functions.exact import row_sums_of_squares, sum_all, sum_rows
from nncore.model import Model
from nncore.network.inference import forward_all
from nncore.network.prediction import Prediction, class_outputs
from nncore.training.regression_metrics import root_mean_squared_error
from stages.page.tables.column_influence import ColumnDependence, ColumnInfluence
from stages.shared.report_inputs import Predictions, spread_rows
from stages.shared.table_report_inputs import PredictedNumbers

SEED: Final = 1
REPEATS: Final = 10
# Columns whose curves are drawn, points of a curve, curves of classes and of single rows.
MAX_DRAWN: Final = 6
POINTS: Final = 15
MAX_CLASS_CURVES: Final = 5
MAX_ROW_CURVES: Final = 20
# Bounds of the rows and columns, and the products of a parameter and a row that may take time.
ROWS: Final = (100, 2000)
COLUMNS: Final = (10, 100)
MAX_PRODUCTS: Final = 2_000_000_000


def column_influence(
    model: Model,
    columns: TableColumns,
    inputs: Floats,
    predictions: Predictions | PredictedNumbers,
    *,
    row_curves: bool,
) -> ColumnInfluence:
    """Return importance and dependence of the columns of a table, on some of the test rows.

    Parameters
    ----------
    inputs : (n, inputs) of the test rows
    row_curves : whether curves of single rows may be published
    """
    slices = columns.input_slices
    rows, candidates = choose_sample(model, len(inputs), slices)
    chosen = np.array(inputs[rows])
    importance = permutation_importance(
        _error(model, predictions, rows),
        chosen,
        [slices[index] for index in candidates],
        repeats=REPEATS,
        seed=SEED,
    )
    order = np.argsort(-importance.mean, kind="stable")
    ranked = [candidates[index] for index in order.tolist()]
    classes = _classes(model, predictions)

    def predict(changed: Floats) -> Floats:
        outputs = forward_all(model.network, changed)
        if model.is_regression:
            return model.numbers(outputs)[:, np.newaxis]
        return Prediction.from_outputs(outputs).probabilities[:, classes]

    curves = 0 if len(classes) > 1 or not row_curves else MAX_ROW_CURVES
    dependences: list[ColumnDependence] = []
    for index in ranked:
        column = columns.columns[index]
        points = column_points(column, chosen[:, slices[index]], POINTS)
        if len(points) > 1 and len(dependences) < MAX_DRAWN:
            dependence = partial_dependence(predict, chosen, slices[index], points)
            dependences.append(_describe(index, column, points, dependence, curves))
    return ColumnInfluence(
        test_rows=len(inputs),
        rows=len(rows),
        repeats=REPEATS,
        columns=ranked,
        baseline=importance.baseline,
        mean=importance.mean[order],
        std=importance.std[order],
        classes=[model.class_names[index] for index in classes] if not model.is_regression else [],
        mean_prediction=sum_rows(predict(chosen).T) / len(rows),
        dependences=dependences,
    )


def choose_sample(
    model: Model, test_rows: int, slices: Sequence[slice]
) -> tuple[Indices, list[int]]:
    """Return the rows, at equal distances, and the columns that fit into the work allowed.

    Of too many columns, those with the largest weights per input are measured.

    Parameters
    ----------
    test_rows : number of all test rows
    slices : the inputs of each column
    """
    parameters = model.network.parameters.size
    most = max(COLUMNS[0], min(COLUMNS[1], MAX_PRODUCTS // (parameters * REPEATS * ROWS[0])))
    norms = row_sums_of_squares(model.network.weights[0])
    weights = [sum_all(norms[column]) / max(len(norms[column]), 1) for column in slices]
    largest = np.argsort(-np.array(weights), kind="stable")[:most]
    columns: list[int] = np.sort(largest).tolist()
    evaluations = REPEATS * len(columns) + POINTS * min(MAX_DRAWN, len(columns))
    rows = max(ROWS[0], min(ROWS[1], MAX_PRODUCTS // (parameters * evaluations)))
    rows = min(rows, test_rows)
    return spread_rows(rows, test_rows), columns


def _error(
    model: Model, predictions: Predictions | PredictedNumbers, rows: Indices
) -> Callable[[Floats], float]:
    """Return a function from the inputs of the rows to their RMSE, or fraction of mistakes."""
    if isinstance(predictions, PredictedNumbers):
        numbers = predictions.actual[rows]

        def rmse(inputs: Floats) -> float:
            predicted = model.numbers(forward_all(model.network, inputs))
            return float(root_mean_squared_error(numbers, predicted)[0])

        return rmse
    index_of = {name: index for index, name in enumerate(model.class_names)}
    labels = np.empty(len(predictions.actual), np.int64)
    labels[predictions.numbers] = [index_of[name] for name in predictions.actual]
    expected = labels[rows]

    def mistakes(inputs: Floats) -> float:
        classes = class_outputs(forward_all(model.network, inputs)).argmax(axis=1)
        return int(np.count_nonzero(classes != expected)) / len(expected)

    return mistakes


def _classes(model: Model, predictions: Predictions | PredictedNumbers) -> list[int]:
    """Return the classes whose probabilities are drawn: of two, the second one."""
    if isinstance(predictions, PredictedNumbers) or len(model.class_names) == 2:
        return [1] if len(model.class_names) == 2 else [0]
    counts = Counter(predictions.actual)
    frequency = np.array([counts[name] for name in model.class_names])
    chosen: list[int] = np.sort(np.argsort(-frequency, kind="stable")[:MAX_CLASS_CURVES]).tolist()
    return chosen


def _describe(
    index: int, column: Column, points: Floats, dependence: PartialDependence, curves: int
) -> ColumnDependence:
    texts = [text for (text,) in column_values(TableColumns((column,)), points)]
    positions = None
    if isinstance(column, NumericColumn):
        positions = _positions(column, points[: len(points) - column.has_missing, 0])
    individual = dependence.individual[:, :, 0]
    rows = np.arange(min(curves, individual.shape[1])) * individual.shape[1]
    rows //= max(len(rows), 1)
    return ColumnDependence(
        column=index,
        values=texts,
        positions=positions,
        missing=texts[-1] == MISSING and column.has_missing,
        mean=dependence.mean,
        individual=individual[:, rows],
    )


def _positions(column: NumericColumn, points: Floats) -> Doubles | None:
    """Return standardised numbers in the unit of their column; None if they can't be told apart."""
    decimals = DIGITS - 1 - Decimal(column.std).adjusted()
    deviations = (points.astype(np.float64) * column.std).tolist()
    # Without the digits that come of float32: no 1.0000001 for 1.
    numbers = np.array([round(deviation + column.mean, decimals) for deviation in deviations])
    return numbers if len(numbers) > 1 and (np.diff(numbers) > 0).all() else None
