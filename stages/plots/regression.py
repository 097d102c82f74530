"""Pictures of predicted numbers: against the actual ones, and their residuals."""

import math

import numpy as np
from matplotlib.figure import Figure

from nncore.arrays import Doubles
from nncore.functions.exact import sum_all
from stages.plots.style import BLUE, GREY, VERMILION, WIDTH, count_of, cut, house_style, new_figure

# Characters of the target's name.
MAX_NAME = 30
# With more points, each is smaller and more transparent, so that a cloud shows its density.
_FEW = 500


@house_style()
def predicted_against_actual(actual: Doubles, predicted: Doubles, name: str) -> Figure:
    """Draw each test row as a point; a right prediction lies on the diagonal.

    Parameters
    ----------
    actual, predicted : (n,) in the unit of the target
    name : heading of the target
    """
    name = cut(name, MAX_NAME)
    errors = np.abs(predicted - actual)
    within = np.quantile(errors, 0.9)
    figure = new_figure(
        WIDTH,
        5.2,
        f"Predicted against actual: {name}, {count_of(len(actual), 'test row')}",
        f"Points on the line are right. Nine in ten are at most {within:.3g} away from it.",
    )
    axes = figure.subplots()
    low, high = (float(f(np.concatenate([actual, predicted]))) for f in (np.min, np.max))
    room = 0.04 * (high - low) or 0.5
    ends = (low - room, high + room)
    axes.plot(ends, ends, color=GREY, linewidth=1)
    _points(axes, actual, predicted)
    axes.set(xlim=ends, ylim=ends, aspect="equal", xlabel=f"actual {name}")
    axes.set_ylabel(f"predicted {name}")
    return figure


@house_style()
def residuals(actual: Doubles, predicted: Doubles, name: str) -> Figure:
    """Draw actual less predicted against predicted, and how often each residual occurs."""
    name = cut(name, MAX_NAME)
    values = actual - predicted
    mean = sum_all(values) / len(values)
    largest = int(np.abs(values).argmax())
    figure = new_figure(
        WIDTH,
        4.0,
        f"Residuals: {name}, actual less predicted",
        f"Mean {mean:.3g}; largest {values[largest]:.3g}, test row {largest}. "
        "A pattern on the left has not been learnt.",
    )
    left, right = figure.subplots(1, 2, sharey=True)
    left.axhline(0, color=GREY, linewidth=1)
    _points(left, predicted, values)
    left.set(title="By prediction", xlabel=f"predicted {name}", ylabel="residual")
    bins = min(max(round(math.sqrt(len(values))), 5), 60)
    right.hist(values, bins=bins, orientation="horizontal", color=BLUE)
    right.set_axisbelow(True)
    right.axhline(mean, color=VERMILION, linewidth=1)
    right.set(title="How often", xlabel="test rows")
    return figure


def _points(axes, x: Doubles, y: Doubles) -> None:  # type: ignore[no-untyped-def]  # noqa: ANN001
    many = len(x) > _FEW
    axes.plot(x, y, ".", color=BLUE, markersize=3 if many else 6, alpha=0.4 if many else 0.8)
