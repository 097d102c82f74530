"""Predicted numbers as inline SVG: against the actual ones, and their residuals."""

from collections.abc import Callable, Sequence

import numpy as np

from nncore.arrays import Doubles, Indices
from nncore.data.columns import TableColumns
from nncore.data.target import Target
from nncore.errors import as_line
from stages.page.axes import axis_name, horizontal_axis, round_ticks, vertical_axis
from stages.page.explanations.explain import explain, explained, heading
from stages.page.markup import escaped, join_lines, scrollable, shortened, table
from stages.page.numbers import format_count, target_text, tick_text
from stages.page.tables.contributions import ContributionTables, contribution_list
from stages.page.tables.row_values import MAX_CELL, column_sides
from stages.shared.table_report_inputs import PredictedNumbers

WIDTH, HEIGHT = 360, 330
_RIGHT, _TOP, _BOTTOM = 350, 12, 282
# The least space left of the vertical axis; more if the longest number there needs it.
_LEFT, _GAP, _CHARACTER = 62, 14, 7
# More points would make the page slow; of more rows, every second, third, … is shown.
MAX_POINTS = 2000
MAX_ERRORS = 20
# Characters of the target's name in a chart.
MAX_TARGET = 48


def predicted_numbers(
    predictions: PredictedNumbers,
    target: Target,
    columns: TableColumns,
    values: Sequence[Sequence[str]] | None,
    contributions: ContributionTables | None = None,
) -> str:
    """Return both charts and the largest errors.

    Parameters
    ----------
    target : the column of the numbers
    values : texts of the columns of the rows at `largest_errors`; None to leave them out, with the
        actual and predicted number of each row
    contributions : what each column contributed to the predictions of these rows
    """
    actual, predicted = predictions.actual, predictions.predicted
    step = -(-len(actual) // MAX_POINTS)
    rows = np.arange(0, len(actual), step)
    shown = f"Every {step}th test row is shown. " if step > 1 else ""
    together = np.concatenate([actual, predicted])
    low, high = float(together.min()), float(together.max())
    residuals = actual - predicted
    has_titles = values is not None
    reading = " Point at one or tap it to read its numbers." if has_titles else ""
    return join_lines(
        f"<p>{shown}A point on the line is right.{reading}</p>",
        '<div class="panels">',
        _scatter(
            predictions,
            rows,
            actual,
            predicted,
            target=target,
            names=(f"actual {target.name}", f"predicted {target.name}"),
            spans=((low, high), (low, high)),
            line=((low, low), (high, high)),
            key="scatter",
            has_titles=has_titles,
        ),
        _scatter(
            predictions,
            rows,
            predicted,
            residuals,
            target=target,
            names=(f"predicted {target.name}", "residual, actual less predicted"),
            spans=(
                (float(predicted.min()), float(predicted.max())),
                (float(residuals.min()), float(residuals.max())),
            ),
            line=((float(predicted.min()), 0.0), (float(predicted.max()), 0.0)),
            key="residuals",
            has_titles=has_titles,
        ),
        "</div>",
        heading("<h3>Largest errors</h3>", "largest-errors"),
        _errors(predictions, target, columns, values),
        *_contributions(predictions, target, contributions),
    )


def largest_errors(predictions: PredictedNumbers) -> Indices:
    """Return the test rows with the largest residuals, the largest first."""
    sizes = np.abs(predictions.actual - predictions.predicted)
    return np.argsort(-sizes, kind="stable")[:MAX_ERRORS]


def _errors(
    predictions: PredictedNumbers,
    target: Target,
    columns: TableColumns,
    values: Sequence[Sequence[str]] | None,
) -> str:
    rows = []
    for index, row in enumerate(largest_errors(predictions).tolist()):
        actual, predicted = float(predictions.actual[row]), float(predictions.predicted[row])
        texts = values[index] if values is not None else ()
        cells = (escaped(as_line(text, MAX_CELL)) for text in texts)
        shown = (actual - predicted,) if values is None else (actual, predicted, actual - predicted)
        rows.append((format_count(row), *(target_text(target, number) for number in shown), *cells))
    heads, sides = ["test row", "residual"], "<>"
    if values is not None:
        names = (shortened(name, MAX_CELL) for name in columns.names)
        heads = ["test row", "actual", "predicted", "residual", *names]
        sides = f"<>>>{column_sides(columns)}"
    errors = table("The rows with the largest errors", heads, rows, sides)
    return scrollable("Largest errors", errors)


def _contributions(
    predictions: PredictedNumbers, target: Target, contributions: ContributionTables | None
) -> tuple[str, ...]:
    if not contributions:
        return ()
    titles = [
        f"Test row {row:,}: {escaped(as_line(target.name, MAX_TARGET))} "
        f"{target_text(target, float(predictions.actual[row]))}, predicted "
        f"{target_text(target, float(predictions.predicted[row]))}"
        for row in largest_errors(predictions)[: len(contributions.values)].tolist()
    ]
    return (
        heading("<h3>What each column contributed</h3>", "contributions"),
        f"<p>{contributions.sentence()}</p>",
        explained(contribution_list(contributions, titles), "contributions"),
    )


def _scatter(
    predictions: PredictedNumbers,
    rows: Indices,
    x: Doubles,
    y: Doubles,
    *,
    target: Target,
    names: tuple[str, str],
    spans: tuple[tuple[float, float], tuple[float, float]],
    line: tuple[tuple[float, float], tuple[float, float]],
    key: str,
    has_titles: bool,
) -> str:
    """Return a chart with a point for each of the rows, and a straight line.

    Without titles, a point has neither the number of its row nor, but for its position, its values.
    """
    ticks = round_ticks(*spans[1])
    left = max(_LEFT, _GAP + _CHARACTER * max(len(tick_text(tick)) for tick in ticks))
    across = _scale(spans[0], left, _RIGHT)
    down = _scale(spans[1], _BOTTOM, _TOP)
    elements = vertical_axis(ticks, down, left, _RIGHT)
    elements += horizontal_axis(round_ticks(*spans[0]), across, _BOTTOM)
    elements.append(axis_name(as_line(names[0], MAX_TARGET), left, _RIGHT, HEIGHT - 12))
    (x0, y0), (x1, y1) = line
    ends = f"M{across(x0):.1f} {down(y0):.1f}L{across(x1):.1f} {down(y1):.1f}"
    elements.append(f'<path class="right" d="{ends}"/>')
    for row in rows.tolist():
        title = ""
        if has_titles:
            actual, predicted = float(predictions.actual[row]), float(predictions.predicted[row])
            title = (
                f"<title>test row {row:,}: actual {escaped(target_text(target, actual))}, "
                f"predicted {escaped(target_text(target, predicted))}</title>"
            )
        elements.append(
            f'<circle cx="{across(float(x[row])):.1f}" cy="{down(float(y[row])):.1f}" r="3">'
            f"{title}</circle>"
        )
    label = escaped(f"{names[1]} against {names[0]}, a point for each test row")
    return join_lines(
        "<figure>",
        f"<figcaption>{escaped(as_line(names[1], MAX_TARGET))} {explain(key)}</figcaption>",
        f'<svg class="scatter" role="img" aria-label="{label}" viewBox="0 0 {WIDTH} {HEIGHT}">',
        *(*elements, "</svg>", "</figure>"),
    )


def _scale(span: tuple[float, float], start: int, end: int) -> Callable[[float], float]:
    """Return a function from a number to its coordinate, with some room at both ends."""
    low, high = span
    room = 0.03 * (high - low) or 0.5
    first, length = low - room, high - low + 2 * room
    return lambda value: start + (end - start) * (value - first) / length
