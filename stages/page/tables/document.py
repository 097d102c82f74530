"""The page of a model of tables, of classes or of numbers."""

from collections.abc import Mapping, Sequence

import numpy as np

from nncore.data.columns import TableColumns
from nncore.data.target import Target
from nncore.model import Model
from nncore.training.regression_metrics import root_mean_squared_error
from stages.page import comparison, overview
from stages.page.confusion import confusion
from stages.page.curves import learning_curves
from stages.page.explanations.explain import heading
from stages.page.frame import framed_page
from stages.page.markup import escaped, isolated, join_lines
from stages.page.mistakes import MAX_MISTAKES
from stages.page.notes import chance_note, refusal_note
from stages.page.numbers import format_count, format_number, percent
from stages.page.overview import Metric
from stages.page.tables.column_influence import influence_section
from stages.page.tables.contributions import ContributionTables
from stages.page.tables.data import table_data
from stages.page.tables.input_weights import input_weights
from stages.page.tables.inputs import inputs_sentence
from stages.page.tables.mistaken_rows import mistaken_rows
from stages.page.tables.predicted_numbers import largest_errors, predicted_numbers
from stages.page.tables.results import TableResults
from stages.page.tables.row_values import row_values
from stages.page.trust import confidence_section
from stages.shared.report_content import surest_mistakes
from stages.shared.report_inputs import Predictions
from stages.shared.table_report_inputs import PredictedNumbers

WITHOUT_SCRIPTS = (
    '<noscript><p class="note">Without JavaScript this page has all its tables and charts, but no '
    "sliders and no choice of mistakes. All explanations are at its end.</p></noscript>"
)
STYLES = (
    *("page", "controls", "tables", "charts", "explain", "class_colours"),
    *("influence", "comparison", "print"),
)


def table_page(results: TableResults) -> str:
    """Return the report as one HTML document; the same results give the same text."""
    model, predictions = results.model, results.predictions
    columns = _columns(model)
    if isinstance(predictions, PredictedNumbers):
        parts = _numbers(results, predictions)
    else:
        parts = _classes(results, predictions)
    parts |= {
        "embedded": _embedded_sentence(results),
        "data_section": table_data(results.data),
        "curves": learning_curves(results.history),
        "influence": influence_section(
            results.influence,
            columns.names,
            len(model.class_names),
            model.target or Target(name=_target_name(model)),
        )
        if results.influence
        else refusal_note("measurement", results.refusal),
        "weights": input_weights(model.network.weights[0], columns.input_names),
        "layers": join_lines(
            overview.layer_table(model),
            inputs_sentence(columns, _target_name(model), model.class_names),
        ),
        "provenance": overview.parameters_and_provenance(model, results.digest, results.parameters),
        "comparison": comparison.comparison(with_images=False),
        "data": comparison.run_element(results, "numbers" if model.is_regression else "classes"),
        "without_scripts": WITHOUT_SCRIPTS,
    }
    links = [
        ("data", "Data"),
        ("curves", "Learning curves"),
        ("predictions", parts["predictions_heading"]),
        *([("trust", "Trust")] if parts["trust"] else []),
        ("columns", "Columns"),
        ("weights", "Weights"),
        ("run", "Run"),
        ("compare", "Compare"),
        ("explanations", "Explanations"),
    ]
    return framed_page("table_page", parts, links=links, styles=STYLES, script="table_page")


def _numbers(results: TableResults, predictions: PredictedNumbers) -> dict[str, str]:
    """Return the parts of the page of a regression."""
    test, name = results.test, _target_name(results.model)
    mean = np.full_like(predictions.actual, results.data["target"]["mean"])
    (baseline,) = root_mean_squared_error(predictions.actual, mean).tolist()
    rows = [
        Metric("rmse", f"Test RMSE, in the unit of {isolated(name)}", format_number(test["rmse"])),
        Metric("mae", "Test MAE, mean absolute error", format_number(test["mae"])),
        Metric("r2", "R², 1 is exact and 0 as good as the mean", format_number(test["r2"])),
        Metric(
            "mean-rmse",
            "RMSE of always predicting the mean of the training rows",
            format_number(baseline),
        ),
        Metric(
            "regression-loss", "Test loss, of the standardised target", format_number(test["loss"])
        ),
        *_losses(results.train),
    ]
    values = None
    if results.embed_rows:
        shown = results.inputs[largest_errors(predictions)]
        values = row_values(_columns(results.model), shown)
    poor = "These predictions are no better than the mean of the test rows."
    return {
        "title": f"{escaped(results.dataset)}: R² {format_number(test['r2'])}",
        "subtitle": f"nncore predicted {isolated(name)} of {format_count(test['total'])} test "
        "rows.",
        "chance": f'<p class="note">{poor}</p>' if test["r2"] <= 0 else "",
        "metrics": overview.metric_list(rows),
        "predictions_heading": "Predicted numbers",
        "predictions_key": "predictions",
        "trust": "",
        "predictions": predicted_numbers(
            predictions,
            results.model.target or Target(name=name),
            _columns(results.model),
            values,
            _contribution_tables(results, values),
        ),
        "training": overview.training(
            results, "rows", "The losses are those of the standardised target. "
        ),
    }


def _classes(results: TableResults, predictions: Predictions) -> dict[str, str]:
    """Return the parts of the page of a model of classes."""
    test, model = results.test, results.model
    rows = surest_mistakes(predictions.actual, predictions.predicted, predictions.confidence)
    rows = rows[:MAX_MISTAKES]
    values = None
    if results.embed_rows:
        values = row_values(_columns(model), np.asarray(results.inputs[predictions.numbers[rows]]))
    correct, total = format_count(test["correct"]), format_count(test["total"])
    return {
        "title": f"{escaped(results.dataset)}: {percent(test['accuracy'])} correct",
        "subtitle": f"nncore classified {correct} of {total} test rows correctly.",
        "chance": chance_note(test["accuracy"], predictions.actual, "rows"),
        "metrics": overview.metrics(results.train, test),
        "predictions_heading": "Confusion matrix",
        "predictions_key": "table-confusion",
        "trust": _trust(predictions),
        "predictions": join_lines(
            confusion(predictions.actual, predictions.predicted, model.class_names),
            mistaken_rows(predictions, rows, model, values, _contribution_tables(results, values)),
        ),
        "training": overview.training(results, "rows"),
    }


def _embedded_sentence(results: TableResults) -> str:
    """Return what the page has of single test rows."""
    if results.embed_rows:
        return (
            "This page embeds values of some test rows; <code>report.embed_images: false</code> in "
            "params.yaml leaves them out."
        )
    rest = "the numbers of mistaken test rows, with their classes and the confidence"
    if results.model.is_regression:
        rest = (
            "a point for each test row in two charts, and the numbers of the rows with the largest "
            "errors, with their residuals"
        )
    return (
        "This page embeds no values of test rows: <code>report.embed_images</code> is false. It "
        f"has {rest}."
    )


def _trust(predictions: Predictions) -> str:
    actual, predicted, confidence, *_ = predictions
    return join_lines(
        '<section aria-labelledby="trust">',
        heading('<h2 id="trust">How far to trust it</h2>', "trust"),
        confidence_section(actual, predicted, confidence, samples="rows"),
        "</section>",
    )


def _losses(train: Mapping[str, float]) -> list[Metric]:
    splits = {"validation": "Validation", "train": "Training"}
    losses = [
        Metric(f"{name.lower()}-loss", f"{name} loss", format_number(train[f"{split}.loss"]))
        for split, name in splits.items()
        if f"{split}.loss" in train
    ]
    return [*losses, overview.kept_epoch(train)]


def _contribution_tables(
    results: TableResults, values: Sequence[Sequence[str]] | None
) -> ContributionTables | None:
    """Return the contributions to the first of the listed rows; None without their values."""
    if not results.contributions or values is None:
        return None
    return ContributionTables(
        results.contributions,
        _columns(results.model).names,
        values[: len(results.contributions.totals)],
        results.model.target if results.model.is_regression else None,
    )


def _columns(model: Model) -> TableColumns:
    if model.columns is None:
        raise TypeError("model must have columns")
    return model.columns


def _target_name(model: Model) -> str:
    return model.target.name if model.target else "the target"
