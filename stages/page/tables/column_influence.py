"""Which columns of a table matter: importance by permutation, and partial dependence."""

from collections.abc import Sequence
from typing import Final, NamedTuple

from nncore.arrays import Doubles
from nncore.data.target import Target
from stages.page.explanations.explain import explained, explained_chart, heading
from stages.page.markup import (
    collapsible,
    isolated,
    join_lines,
    scrollable,
    shortened,
    table,
)
from stages.page.numbers import percent, target_text, typeset
from stages.page.tables.dependence_chart import Curves, bar_chart, curve_chart, curve_name, line_key
from stages.page.tables.signed_bar import signed_bar

# More columns are in a table that is closed at first.
MAX_OPEN: Final = 15
# Characters of the name of a column.
MAX_NAME: Final = 32


class ColumnDependence(NamedTuple):
    """The predictions at values of one column.

    Attributes
    ----------
    column : index of the column
    values : (points,) texts of its values
    positions : numbers of the points, without that of a missing value, at least two, ascending;
        None for categories
    missing : whether the last point is the missing value
    mean : (points, curves), the mean prediction, or probability of each class
    individual : (points, rows) of single rows, of which there may be none
    """

    column: int
    values: Sequence[str]
    positions: Doubles | None
    missing: bool
    mean: Doubles
    individual: Doubles


class ColumnInfluence(NamedTuple):
    """What `stages.reporting.column_influence` measures.

    Attributes
    ----------
    test_rows, rows, repeats : number of all test rows, of those measured, and of shuffles
    columns : indices of the columns measured, the most important one first
    baseline : RMSE in the unit of the target, or fraction of mistakes, of these rows
    mean, std : (columns,) of its increases
    classes : names of the classes that have a curve; none of a regression
    mean_prediction : (curves,)
    dependences : of the most important columns
    """

    test_rows: int
    rows: int
    repeats: int
    columns: Sequence[int]
    baseline: float
    mean: Doubles
    std: Doubles
    classes: Sequence[str]
    mean_prediction: Doubles
    dependences: Sequence[ColumnDependence]


def influence_section(
    influence: ColumnInfluence, names: Sequence[str], classes: int, target: Target
) -> str:
    """Return the content of the section.

    Parameters
    ----------
    names : of all columns
    classes : number of the classes of the model
    target : the column that the model predicts
    """
    return join_lines(
        _introduction(influence, len(names), target),
        *_importance(influence, names, target),
        *_dependence(influence, names, classes, target),
    )


def _introduction(influence: ColumnInfluence, columns: int, target: Target) -> str:
    rows, test_rows, baseline = influence.rows, influence.test_rows, influence.baseline
    which = f"all {rows:,} test rows" if rows == test_rows else f"{rows:,} of {test_rows:,} rows"
    if influence.classes:
        error = f"accuracy is {percent(1 - baseline)}, of which one row is {percent(1 / rows)}"
    else:
        error = f"RMSE is {target_text(target, baseline)}, in the unit of {isolated(target.name)}"
    some = ""
    if len(influence.columns) < columns:
        some = f" Of {columns:,} columns, the {len(influence.columns):,} with the largest weights "
        some += "are measured."
    return (
        f"<p>Measured on {which}, by shuffling one column at a time, {influence.repeats} times. "
        f"Without shuffling, their {error}.{some} After ± stands the standard deviation over the "
        "shuffles. A value below 0, where shuffled values did better, is chance as a rule: the "
        "network does not need the column.</p>"
    )


def _importance(
    influence: ColumnInfluence, names: Sequence[str], target: Target
) -> tuple[str, ...]:
    lows = [0.0, *(influence.mean - influence.std).tolist(), *influence.mean.tolist()]
    highs = [0.0, *(influence.mean + influence.std).tolist()]
    low, high = min(lows), max(highs)
    span = (low, high if high > low else low + 1)
    rows = []
    for index, mean, std in zip(
        influence.columns, influence.mean.tolist(), influence.std.tolist(), strict=True
    ):
        value = f"{_increase(mean, influence, target)} ± {_increase(std, influence, target)}"
        rows.append((shortened(names[index], MAX_NAME), signed_bar(mean, span, std), value))
    rise = "accuracy falls by, points" if influence.classes else "RMSE rises by"
    heads = ("shuffled column", "", rise)
    shown = table("Importance by permutation", heads, rows[:MAX_OPEN], "<<>")
    parts = [
        explained(f'<div class="importance">{scrollable("Importance", shown)}</div>', "importance")
    ]
    if len(rows) > MAX_OPEN:
        others = table("Importance of the other columns", heads, rows[MAX_OPEN:], "<<>")
        summary = f"The other {len(rows) - MAX_OPEN:,} columns"
        others = f'<div class="importance">{collapsible(summary, others)}</div>'
        parts.append(explained(others, "importance"))
    return tuple(parts)


def _increase(value: float, influence: ColumnInfluence, target: Target) -> str:
    # No number is -0.
    if not influence.classes:
        return target_text(target, value)
    return typeset(f"{round(100 * value, 2) + 0.0:.2f}")


def _dependence(
    influence: ColumnInfluence, names: Sequence[str], classes: int, target: Target
) -> tuple[str, ...]:
    if not influence.dependences:
        return ()
    curves = Curves.of(influence.classes, target, influence.mean_prediction, _values(influence))
    charts = []
    for dependence in influence.dependences:
        name = names[dependence.column]
        if dependence.positions is None:
            drawn = bar_chart(curves, name, dependence.values, dependence.mean)
            note = ""
        else:
            count = len(dependence.positions)
            drawn = curve_chart(
                curves,
                name,
                dependence.values[:count],
                dependence.positions,
                mean=dependence.mean[:count],
                individual=dependence.individual[:count],
            )
            note = _missing_note(dependence, curves)
        charts.append(f"<figure>{explained_chart(drawn, 'dependence')}{note}</figure>")
    return (
        heading("<h3>Partial dependence</h3>", "dependence"),
        f"<p>{_choice(influence, len(names))} {_sentence(influence, classes, target)}</p>",
        line_key(influence.classes),
        '<div class="panels dependence">',
        *(*charts, "</div>"),
        explained(
            collapsible("Mean predictions as a table", _table(influence, names, curves)),
            "dependence",
        ),
    )


def _values(influence: ColumnInfluence) -> list[float]:
    """Return all numbers that are drawn."""
    values: list[float] = influence.mean_prediction.tolist()
    for dependence in influence.dependences:
        values += dependence.mean.ravel().tolist() + dependence.individual.ravel().tolist()
    return values


def _choice(influence: ColumnInfluence, columns: int) -> str:
    """Return which columns have a chart."""
    drawn = len(influence.dependences)
    if drawn == columns:
        return "A chart for each column, the most important one first."
    charts = f"{drawn:,} charts" if drawn > 1 else "One chart"
    return (
        f"{charts} for {columns:,} columns: those of the highest importance above that have more "
        "than one value."
    )


def _sentence(influence: ColumnInfluence, classes: int, target: Target) -> str:
    drawn = len(influence.classes)
    if not drawn:
        what = f"mean prediction of {isolated(target.name)}"
    elif drawn == 1:
        what = f"mean probability of {isolated(influence.classes[0])}"
    elif drawn == classes:
        what = "mean probability of each class"
    else:
        what = f"mean probability of the {drawn} most frequent of {classes:,} classes"
    thin = ""
    if any(dependence.individual.size for dependence in influence.dependences):
        thin = " A thin line is a single row."
    bars = ""
    if any(dependence.positions is None for dependence in influence.dependences):
        start = "0" if influence.classes else "the mean of all predictions"
        bars = f" The bars of categories begin at {start}."
    return (
        f"The {what}, if all these rows had the same value in one column. Points are quantiles of "
        f"the column, from 5 % to 95 %, or all its values.{thin}{bars} All charts have one scale."
    )


def _missing_note(dependence: ColumnDependence, curves: Curves) -> str:
    if not dependence.missing:
        return ""
    values = ", ".join(
        f"{curve_name(name)}{curves.text(value)}"
        for name, value in zip(curves.names, dependence.mean[-1].tolist(), strict=True)
    )
    return f"<figcaption>Where it is missing: {values}.</figcaption>"


def _table(influence: ColumnInfluence, names: Sequence[str], curves: Curves) -> str:
    rows = [
        (
            f"{shortened(names[dependence.column], MAX_NAME)} {shortened(value, MAX_NAME)}",
            *map(curves.text, mean),
        )
        for dependence in influence.dependences
        for value, mean in zip(dependence.values, dependence.mean.tolist(), strict=True)
    ]
    heads = [shortened(name, MAX_NAME) for name in influence.classes] or ["mean prediction"]
    return table("Partial dependence", ("column and value", *heads), rows)
