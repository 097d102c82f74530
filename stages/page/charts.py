"""Small charts of lines and points as inline SVG, each with a table of its values."""

from collections.abc import Sequence
from typing import NamedTuple

from stages.page.axes import axis_name, horizontal_axis, round_ticks, vertical_axis
from stages.page.markup import escaped, join_lines

WIDTH, HEIGHT = 364, 230
LEFT, RIGHT, TOP, BOTTOM = 46, 344, 30, 190


class Axis(NamedTuple):
    """An axis from `low` to `high`, with its name below or above the chart.

    Attributes
    ----------
    ticks : values with a label; without any, round ones
    """

    name: str
    low: float
    high: float
    ticks: Sequence[float] = ()


def chart(
    x: Axis,
    y: Axis,
    points: Sequence[tuple[float, float]],
    *,
    label: str,
    diagonal: bool = False,
    titles: Sequence[str] = (),
    radii: Sequence[float] = (),
) -> str:
    """Return a line through points in the order of x.

    Parameters
    ----------
    label : what a screen reader reads in place of the chart
    diagonal : whether a thin line joins the corners of the axes
    titles : what the pointer shows at each point; without any, the points have no marks
    radii : of each point; 4 by default
    """

    def across(value: float) -> float:
        return LEFT + (RIGHT - LEFT) * (value - x.low) / (x.high - x.low)

    def down(value: float) -> float:
        return BOTTOM - (BOTTOM - TOP) * (value - y.low) / (y.high - y.low)

    elements = [f'<text x="{LEFT}" y="16" class="title">{escaped(y.name)}</text>']
    elements += vertical_axis(round_ticks(y.low, y.high), down, LEFT, RIGHT)
    elements += horizontal_axis(x.ticks or round_ticks(x.low, x.high), across, BOTTOM)
    elements.append(axis_name(x.name, LEFT, RIGHT, HEIGHT - 6))
    if diagonal:
        ends = f"M{LEFT} {BOTTOM}L{RIGHT} {TOP}"
        elements.append(f'<path class="right" d="{ends}"/>')
    coordinates = [f"{across(a):.1f},{down(b):.1f}" for a, b in points]
    elements.append(f'<polyline class="train" points="{" ".join(coordinates)}"/>')
    for (a, b), title, radius in zip(points, titles, radii or [4.0] * len(titles), strict=False):
        mark = f'<circle cx="{across(a):.1f}" cy="{down(b):.1f}" r="{radius:.3g}">'
        elements.append(f"{mark}<title>{escaped(title)}</title></circle>")
    return join_lines(
        f'<svg class="scatter" role="img" aria-label="{escaped(label)}" '
        f'viewBox="0 0 {WIDTH} {HEIGHT}">',
        *(*elements, "</svg>"),
    )
