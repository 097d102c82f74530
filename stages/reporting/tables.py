"""Report on a model of tables, of classes or of numbers."""

from pathlib import Path
from typing import NamedTuple

import numpy as np

from nncore.arrays import Floats
from nncore.data.column_values import column_values
from nncore.errors import DataError
from stages.page.numbers import confidence_text
from stages.page.overview import TEST_METRICS, TRAIN_METRICS
from stages.page.tables.document import table_page
from stages.page.tables.results import TableResults
from stages.page.tables.row_values import MAX_CELL
from stages.plots.confusion import confusion_matrix
from stages.plots.regression import predicted_against_actual, residuals
from stages.plots.style import Figures, cut, drawable_names
from stages.plots.tables import MAX_MISTAKES, input_weights, mistaken_rows
from stages.reporting.column_influence import column_influence
from stages.reporting.contributions import row_contributions
from stages.reporting.replaced_names import print_replaced
from stages.reporting.run_facts import RunFacts, exact_refusal
from stages.shared.report_content import surest_mistakes
from stages.shared.report_inputs import Predictions, read_metrics, read_predictions
from stages.shared.table_report_inputs import (
    REGRESSION_METRICS,
    PredictedNumbers,
    read_inputs,
    read_predicted_numbers,
    read_table_report,
)


class TableFiles(NamedTuple):
    """The files of a report on a table."""

    predictions: Path
    train: Path
    test: Path
    inputs: Path
    data: Path


def report_table(run: RunFacts, files: TableFiles) -> tuple[Figures, str]:
    """Return the pictures by their names, and the page.

    The names are those of dvc.yaml, which can't vary with the data: of a regression,
    confusion_matrix shows predicted against actual numbers, and mistakes the residuals.
    """
    model, columns = run.model, run.model.columns
    if columns is None:
        raise DataError("the model must have columns of a table, got none")
    inputs = read_inputs(files.inputs, model)
    figures = {"first_layer": input_weights(model.network.weights[0], columns.input_names)}
    predictions: Predictions | PredictedNumbers
    if model.is_regression:
        train_metrics: tuple[str, ...] = ("epochs", "kept_epoch", "train.loss")
        test_metrics: tuple[str, ...] = REGRESSION_METRICS
        predictions = read_predicted_numbers(files.predictions)
        name = model.target.name if model.target else "target"
        figures |= {
            "confusion_matrix": predicted_against_actual(*predictions, name),
            "mistakes": residuals(*predictions, name),
        }
    else:
        train_metrics, test_metrics = TRAIN_METRICS, TEST_METRICS
        predictions = read_predictions(files.predictions, model, len(inputs), sample="row")
        figures |= _class_figures(run, predictions, inputs)
    refusal = exact_refusal(run.config.numerics)
    results = TableResults(
        dataset=run.config.fetch.title,
        parameters=run.config.model_dump(mode="json"),
        model=model,
        digest=run.digest,
        inputs=inputs,
        embed_rows=run.config.report.embed_images,
        history=run.history,
        predictions=predictions,
        train=read_metrics(files.train, train_metrics),
        test=read_metrics(files.test, test_metrics),
        data=read_table_report(files.data, columns.names),
        influence=None
        if refusal
        else column_influence(
            model, columns, inputs, predictions, row_curves=run.config.report.embed_images
        ),
        contributions=None
        if refusal or not run.config.report.embed_images
        else row_contributions(model, columns, inputs, predictions),
        refusal=refusal,
    )
    return figures, table_page(results)


def _class_figures(run: RunFacts, predictions: Predictions, inputs: Floats) -> Figures:
    model = run.model
    actual, predicted, confidence, numbers, _ = predictions
    wrong = surest_mistakes(actual, predicted, confidence)
    shown = wrong[:MAX_MISTAKES]
    captions = [
        f"{actual[row]} → {predicted[row]}, {confidence_text(confidence[row])}, row {numbers[row]}"
        for row in shown.tolist()
    ]
    values = None
    if run.config.report.embed_images and model.columns:
        names = model.columns.names
        values = [
            [
                f"{cut(name, MAX_CELL)} {cut(value, MAX_CELL)}"
                for name, value in zip(names, row, strict=True)
            ]
            for row in column_values(model.columns, np.asarray(inputs[numbers[shown]]))
        ]
    drawable = drawable_names(model.class_names)
    print_replaced(drawable)
    actual, predicted = ([drawable[name] for name in column] for column in (actual, predicted))
    return {
        "confusion_matrix": confusion_matrix(actual, predicted, list(drawable.values())),
        "mistakes": mistaken_rows(captions, values, wrong=len(wrong), total=len(actual)),
    }
