"""A sweep as parallel coordinates: an axis for each parameter, a line for each setting."""

import json
from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import Any, NamedTuple

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import LogLocator, MaxNLocator

from stages.plots.style import GREY, VERMILION, WIDTH, count_of, house_style, new_figure

# An axis with at most this many values shows them at equal distances.
MAX_LISTED_VALUES = 8
# The end of the line of a diverged setting, in heights of an axis.
DIVERGED_HEIGHT = -0.12


class _Scale(NamedTuple):
    """The scale of an axis.

    Attributes
    ----------
    position : returns the position of a value, from 0 to 1
    ticks : positions and labels
    width : lines through the same value are spread over this width, so that all are visible
    """

    position: Callable[[Any], float]
    ticks: Sequence[tuple[float, str]]
    width: float = 0.0


@house_style()
def parallel(
    names: Sequence[str],
    rows: Sequence[Sequence[Any]],
    objectives: Sequence[float | None],
    objective: str,
) -> Figure:
    """Draw settings as lines, the better ones on top and the best in another colour.

    Parameters
    ----------
    names : names of the parameters
    rows : values of the parameters in each setting, the best setting first
    objectives : mean objective of each setting, None if a training diverged
    objective : name of the objective
    """
    finite = [value for value in objectives if value is not None]
    diverged = len(objectives) - len(finite)
    last_rank = max(len(rows) - 1, 1)
    notes = ["The best in orange, the others darker the better."] if finite else []
    if diverged:
        notes.append(f"{count_of(diverged, 'setting')} diverged, dashed.")
    figure = new_figure(WIDTH, 4.2, f"Sweep: {count_of(len(rows), 'setting')}", " ".join(notes))
    axes = figure.subplots()
    scales = [_scale(column) for column in zip(*rows, strict=True)]
    scales.append(_numeric(finite) if finite else _Scale(lambda _: 0.0, []))
    shades = mpl.colormaps["Blues_r"]
    for rank in reversed(range(len(rows))):
        value = objectives[rank]
        heights = [
            scale.position(v) + scale.width * (0.5 - rank / last_rank)
            for scale, v in zip(scales, rows[rank], strict=False)
        ]
        heights.append(DIVERGED_HEIGHT if value is None else scales[-1].position(value))
        look: dict[str, Any] = {"color": shades(0.1 + 0.6 * rank / last_rank), "lw": 1.2}
        if value is None:
            look = {"color": GREY, "lw": 1.0, "ls": (0, (4, 3))}
        elif rank == 0:
            look = {"color": VERMILION, "lw": 2.4}
        axes.plot(range(len(heights)), heights, solid_capstyle="round", zorder=2, **look)
    for position, scale in enumerate(scales):
        _axis(axes, position, scale, last=position == len(scales) - 1)
    if diverged:
        axes.text(
            len(scales) - 1 + 0.04, DIVERGED_HEIGHT, "diverged", size=8, color=GREY, va="center"
        )
    axes.set_xticks(range(len(scales)), [_title(name) for name in (*names, objective)], size=9)
    axes.xaxis.tick_top()
    axes.tick_params(length=0)
    axes.set_yticks([])
    axes.grid(visible=False)
    axes.spines[:].set_visible(False)
    axes.set_xlim(-0.3, len(scales) - 1 + 0.3)
    axes.set_ylim(DIVERGED_HEIGHT - 0.05 if diverged else -0.06, 1.06)
    return figure


def _axis(axes: Axes, position: int, scale: _Scale, *, last: bool) -> None:
    """Draw an axis, with its labels on the left or, for the last axis, on the right."""
    axes.plot([position, position], [0, 1], color="black", lw=1.0, zorder=1)
    for height, text in scale.ticks:
        axes.annotate(
            text,
            (position, height),
            (6 if last else -6, 0),
            textcoords="offset points",
            ha="left" if last else "right",
            va="center",
            size=8,
            bbox={"facecolor": "white", "edgecolor": "none", "pad": 0.6, "alpha": 0.85},
            zorder=3,
        )


def _scale(values: Sequence[Any]) -> _Scale:
    texts = {json.dumps(value): value for value in values}
    numbers = [v for v in values if isinstance(v, int | float) and not isinstance(v, bool)]
    if len(numbers) == len(values):
        if len(texts) > MAX_LISTED_VALUES:
            return _numeric(numbers)
        order = sorted(texts, key=lambda text: texts[text])
    else:
        order = sorted(texts)
    step = 1 / len(order)
    positions = {text: (number + 0.5) * step for number, text in enumerate(order)}
    ticks = [(positions[text], _short(texts[text], text)) for text in order]
    width = 0.6 * step if len(order) < len(values) else 0.0
    return _Scale(lambda value: positions[json.dumps(value)], ticks, width)


def _numeric(values: Sequence[float]) -> _Scale:
    """Return a scale from the smallest to the largest value, logarithmic from a ratio of 10."""
    low, high = min(values), max(values)
    if low == high:
        return _Scale(lambda _: 0.5, [(0.5, f"{low:.4g}")])
    if low > 0 and high / low >= 10:
        marks = LogLocator(subs=(1, 2, 5)).tick_values(low, high)
        # Decimal's logarithm has the same digits everywhere, which the C library's need not have.
        start, end = Decimal(low).ln(), Decimal(high).ln()

        def position(value: float) -> float:
            return float((Decimal(value).ln() - start) / (end - start))
    else:
        marks = MaxNLocator(6).tick_values(low, high)

        def position(value: float) -> float:
            return (value - low) / (high - low)

    return _Scale(
        position, [(position(mark), f"{mark:.6g}") for mark in marks if low <= mark <= high]
    )


def _short(value: object, text: str) -> str:
    label = value if isinstance(value, str) else text
    return label if len(label) <= 18 else f"{label[:17]}…"


def _title(name: str) -> str:
    """Return a dotted key without its section, one word a line."""
    return name.removeprefix("train.").removeprefix("model.").replace(".", "\n").replace("_", " ")
