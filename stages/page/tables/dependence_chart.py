"""Charts of the mean prediction against the values of a column: curves, or bars of categories."""

import itertools
import math
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from typing import Final, NamedTuple

from nncore.arrays import Doubles
from nncore.data.target import Target
from nncore.errors import as_line
from stages.page.axes import axis_name, horizontal_axis, round_ticks, vertical_axis
from stages.page.charts import BOTTOM, HEIGHT, TOP, WIDTH
from stages.page.markup import escaped, join_lines, shortened
from stages.page.numbers import percent, target_text, tick_text

# The right end of the axis; its left end depends on the longest number beside it.
_RIGHT = 350
# Characters of the name of a column, of a class, of a category, and of the target above a chart.
MAX_NAME: Final = 44
MAX_CLASS: Final = 24
MAX_CATEGORY: Final = 16
MAX_TARGET: Final = 30
# The values of so few points are the ticks of the axis.
MAX_VALUES: Final = 4
# Units of a chart's width that a digit takes, and that stay free between two numbers.
_DIGIT, _GAP = 6.8, 8


class Curves(NamedTuple):
    """What the curves of all charts have in common.

    Attributes
    ----------
    names : of the classes of the curves; one empty name for numbers
    title : above each chart
    low, high : of the axis
    base : where bars begin
    factor : from a value to its number on the axis
    text : from a value to its text
    """

    names: Sequence[str]
    title: str
    low: float
    high: float
    base: Sequence[float]
    factor: float
    text: Callable[[float], str]

    @classmethod
    def of(
        cls, classes: Sequence[str], target: Target, means: Doubles, values: Sequence[float]
    ) -> "Curves":
        """Return the curves of some classes, or of the numbers of `target`, through `values`."""
        low, high = min(values), max(values)
        if classes:
            one = f"probability of {as_line(classes[0], MAX_TARGET)}, %"
            title = one if len(classes) == 1 else "probability, %"
            top = min(108 * high, 100) or 1.0
            return cls(classes, title, 0.0, top, [0.0] * len(classes), 100, percent)
        room = 0.05 * (high - low) or abs(high) or 1.0
        title = f"predicted {as_line(target.name, MAX_TARGET)}"
        bounds = (low - room, high + room)
        return cls([""], title, *bounds, means.tolist(), 1, partial(target_text, target))

    def style(self, index: int) -> str:
        """Return the class, in the style sheet, of a curve or bar."""
        return "train" if len(self.names) == 1 else f"class-line class-{index}"

    def along(self, start: float, end: float) -> Callable[[float], float]:
        """Return a function from a value to its coordinate."""
        return _scale(self.low, self.high, start, end, self.factor)


def curve_name(name: str) -> str:
    """Return the name of a class before its value; nothing for numbers."""
    return f"{shortened(name, MAX_CLASS)} " if name else ""


def line_key(classes: Sequence[str]) -> str:
    """Return the key of the curves of several classes."""
    if len(classes) < 2:
        return ""
    items = "".join(
        f'<span><svg class="key class-line class-{index}" aria-hidden="true" viewBox="0 0 24 8">'
        f'<path d="M0 4H24"/></svg> {shortened(name, MAX_CLASS)}</span>'
        for index, name in enumerate(classes)
    )
    return f'<p class="legend">{items}</p>'


def curve_chart(
    curves: Curves,
    name: str,
    values: Sequence[str],
    positions: Doubles,
    *,
    mean: Doubles,
    individual: Doubles,
) -> str:
    """Return the mean predictions at numbers of a column, (points, curves), as lines.

    Parameters
    ----------
    values, positions : (points,) the numbers as texts, and as they are, ascending
    individual : (points, rows) predictions for single rows, as thin lines
    """
    ticks = round_ticks(curves.low, curves.high)
    left = round(14 + _DIGIT * max(len(tick_text(tick)) for tick in ticks))
    down = curves.along(BOTTOM, TOP)
    numbers = positions.tolist()
    across = _scale(numbers[0], numbers[-1], left + 4, _RIGHT - 4)
    elements = [f'<text x="{left}" y="16" class="title">{escaped(curves.title)}</text>']
    elements += vertical_axis(ticks, lambda tick: down(tick / curves.factor), left, _RIGHT)
    elements += horizontal_axis(_spaced(_ticks(numbers), across), across, BOTTOM)
    elements.append(axis_name(as_line(name, MAX_NAME), left, _RIGHT, HEIGHT - 6))
    for row in individual.T.tolist():
        points = _points(map(across, numbers), map(down, row))
        elements.append(f'<polyline class="single" points="{points}"/>')
    for index, curve in enumerate(mean.T.tolist()):
        style = curves.style(index)
        points = _points(map(across, numbers), map(down, curve))
        elements.append(f'<polyline class="{style}" points="{points}"/>')
        for text, number, value in zip(values, numbers, curve, strict=True):
            title = f"{name} {text}: {curves.names[index]} {curves.text(value)}"
            elements.append(
                f'<circle class="{style}" cx="{across(number):.1f}" cy="{down(value):.1f}" r="3">'
                f"<title>{escaped(' '.join(title.split()))}</title></circle>"
            )
    return _svg(curves, name, HEIGHT, elements)


def bar_chart(curves: Curves, name: str, values: Sequence[str], mean: Doubles) -> str:
    """Return the mean predictions for categories of a column, (categories, curves), as bars."""
    thickness = 14 if mean.shape[1] == 1 else 8
    step = thickness * mean.shape[1] + 10
    labels = [as_line(value, MAX_CATEGORY) for value in values]
    left = round(12 + _DIGIT * max(map(len, labels)))
    across = curves.along(left, _RIGHT - 4)
    bottom = 44 + step * len(labels)
    elements = [
        f'<text x="0" y="16" class="title">{escaped(as_line(name, MAX_NAME))}</text>',
    ]
    for tick in _spaced(
        round_ticks(curves.low, curves.high), lambda tick: across(tick / curves.factor)
    ):
        x = across(tick / curves.factor)
        elements.append(f'<path class="grid" d="M{x:.1f} 28V{bottom - 8}"/>')
        elements.append(
            f'<text x="{x:.1f}" y="{bottom + 8}" class="middle">{tick_text(tick)}</text>'
        )
    for row, (label, numbers) in enumerate(zip(labels, mean.tolist(), strict=True)):
        y = 34 + step * row
        middle = y + thickness * len(numbers) / 2 + 4
        elements.append(f'<text x="{left - 6}" y="{middle:g}" class="end">{escaped(label)}</text>')
        for index, (value, base) in enumerate(zip(numbers, curves.base, strict=True)):
            low, high = sorted((across(base), across(value)))
            title = f"{name} {values[row]}: {curves.names[index]} {curves.text(value)}"
            elements.append(
                f'<rect class="{curves.style(index)}" x="{low:.1f}" y="{y + thickness * index}" '
                f'width="{max(high - low, 1):.1f}" height="{thickness - 1}">'
                f"<title>{escaped(' '.join(title.split()))}</title></rect>"
            )
    elements.append(axis_name(curves.title, left, _RIGHT, bottom + 26))
    return _svg(curves, name, bottom + 32, elements)


def _svg(curves: Curves, name: str, height: int, elements: Sequence[str]) -> str:
    label = f"{curves.title} against {name}. The table below has all values."
    return join_lines(
        f'<svg class="scatter" role="img" aria-label="{escaped(label)}" '
        f'viewBox="0 0 {WIDTH} {height}">',
        *(*elements, "</svg>"),
    )


def _scale(
    low: float, high: float, start: float, end: float, factor: float = 1
) -> Callable[[float], float]:
    return lambda value: start + (end - start) * (factor * value - low) / (high - low)


def _ticks(numbers: Sequence[float]) -> Sequence[float]:
    """Return the points of a column of few values, such as 1 and 2, else round numbers."""
    return numbers if len(numbers) <= MAX_VALUES else round_ticks(numbers[0], numbers[-1])


def _spaced(ticks: Sequence[float], across: Callable[[float], float]) -> Sequence[float]:
    """Return every tick, or every second, third, …, whose numbers do not touch."""
    if len(ticks) < 2:
        return ticks
    width = _GAP + _DIGIT * max(len(tick_text(tick)) for tick in ticks)
    coordinates = list(map(across, ticks))
    narrowest = min(b - a for a, b in itertools.pairwise(coordinates))
    return ticks[:: math.ceil(width / narrowest)]


def _points(x: Iterable[float], y: Iterable[float]) -> str:
    return " ".join(f"{a:.1f},{b:.1f}" for a, b in zip(x, y, strict=True))
