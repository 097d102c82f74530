"""A sweep as parallel coordinates: an axis for each parameter, a line for each setting."""

import json
import math
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import LogLocator, MaxNLocator

from stages.pictures.style import GREY, VERMILION, WIDTH, count_of, house_style, new_figure

# An axis of at most so many values shows each of them, at equal distances.
EACH = 8
# Where a line ends whose training diverged, in heights of an axis.
BELOW = -0.12


class _Scale(NamedTuple):
    """Where on its axis, from 0 to 1, a value lies, and what stands beside it.

    Attributes
    ----------
    width : over which the lines of one value are spread, so that all of them can be seen
    """

    place: Callable[[Any], float]
    ticks: Sequence[tuple[float, str]]
    width: float = 0.0


@house_style()
def parallel(
    names: Sequence[str],
    rows: Sequence[Sequence[Any]],
    objectives: Sequence[float | None],
    objective: str,
) -> Figure:
    """Draw settings, the best ones over the others and the best of all in a colour of its own.

    Parameters
    ----------
    names : of the parameters
    rows : their values in each setting, the best setting first
    objectives : mean of each setting, None where its training diverged
    objective : its name
    """
    known = [value for value in objectives if value is not None]
    diverged = len(objectives) - len(known)
    most = max(len(rows) - 1, 1)
    notes = ["The best in orange, the others darker the better."] if known else []
    if diverged:
        notes.append(f"{count_of(diverged, 'setting')} diverged, dashed.")
    figure = new_figure(WIDTH, 4.2, f"Sweep: {count_of(len(rows), 'setting')}", " ".join(notes))
    axes = figure.subplots()
    scales = [_scale(column) for column in zip(*rows, strict=True)]
    scales.append(_numeric(known) if known else _Scale(lambda _: 0.0, []))
    shades = mpl.colormaps["Blues_r"]
    for rank in reversed(range(len(rows))):
        value = objectives[rank]
        places = [
            scale.place(v) + scale.width * (0.5 - rank / most)
            for scale, v in zip(scales, rows[rank], strict=False)
        ]
        places.append(BELOW if value is None else scales[-1].place(value))
        look: dict[str, Any] = {"color": shades(0.1 + 0.6 * rank / most), "lw": 1.2}
        if value is None:
            look = {"color": GREY, "lw": 1.0, "ls": (0, (4, 3))}
        elif rank == 0:
            look = {"color": VERMILION, "lw": 2.4}
        axes.plot(range(len(places)), places, solid_capstyle="round", zorder=2, **look)
    for position, scale in enumerate(scales):
        _axis(axes, position, scale, last=position == len(scales) - 1)
    if diverged:
        axes.text(len(scales) - 1 + 0.04, BELOW, "diverged", size=8, color=GREY, va="center")
    axes.set_xticks(range(len(scales)), [_title(name) for name in (*names, objective)], size=9)
    axes.xaxis.tick_top()
    axes.tick_params(length=0)
    axes.set_yticks([])
    axes.grid(visible=False)
    axes.spines[:].set_visible(False)
    axes.set_xlim(-0.3, len(scales) - 1 + 0.3)
    axes.set_ylim(BELOW - 0.05 if diverged else -0.06, 1.06)
    return figure


def _axis(axes: Axes, position: int, scale: _Scale, *, last: bool) -> None:
    """Draw an axis; what it says stands to its left, and of the last to its right."""
    axes.plot([position, position], [0, 1], color="black", lw=1.0, zorder=1)
    for place, text in scale.ticks:
        axes.annotate(
            text,
            (position, place),
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
        if len(texts) > EACH:
            return _numeric(numbers)
        order = sorted(texts, key=lambda text: texts[text])
    else:
        order = sorted(texts)
    step = 1 / len(order)
    places = {text: (number + 0.5) * step for number, text in enumerate(order)}
    ticks = [(places[text], _short(texts[text], text)) for text in order]
    width = 0.6 * step if len(order) < len(values) else 0.0
    return _Scale(lambda value: places[json.dumps(value)], ticks, width)


def _numeric(values: Sequence[float]) -> _Scale:
    """Return a scale from the least to the largest, logarithmic where they are far apart."""
    low, high = min(values), max(values)
    if low == high:
        return _Scale(lambda _: 0.5, [(0.5, f"{low:.4g}")])
    if low > 0 and high / low >= 10:
        marks = LogLocator(subs=(1, 2, 5)).tick_values(low, high)
        start, length = math.log(low), math.log(high) - math.log(low)

        def place(value: float) -> float:
            return (math.log(value) - start) / length
    else:
        marks = MaxNLocator(6).tick_values(low, high)

        def place(value: float) -> float:
            return (value - low) / (high - low)

    return _Scale(place, [(place(mark), f"{mark:.6g}") for mark in marks if low <= mark <= high])


def _short(value: object, text: str) -> str:
    shown = value if isinstance(value, str) else text
    return shown if len(shown) <= 18 else f"{shown[:17]}…"


def _title(name: str) -> str:
    """Return a dotted key without its section, in lines of one word each."""
    return name.removeprefix("train.").removeprefix("model.").replace(".", "\n").replace("_", " ")
