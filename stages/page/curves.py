"""The learning curves as inline SVG, and as a table."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np

from nncore.arrays import Floats
from nncore.functions.elementary import log
from stages.page import markup
from stages.page.axes import axis_name, decade_ticks, horizontal_axis, round_ticks, vertical_axis
from stages.page.explanations.explain import explained, explained_chart
from stages.page.markup import collapsible, table
from stages.page.numbers import format_number, percent

WIDTH, HEIGHT = 360, 230
_LEFT, _RIGHT, _TOP, _BOTTOM = 46, 350, 30, 194


class _Line(NamedTuple):
    """A curve: its name, its class in charts.css, and its values by epoch."""

    name: str
    style: str
    epochs: Floats
    values: Floats


def learning_curves(history: Mapping[str, Floats]) -> str:
    """Draw loss, accuracy and learning rate against the epoch.

    Parameters
    ----------
    history : columns `epoch`, `lr`, `train_loss`, `train_accuracy`, `validation_loss` and
        `validation_accuracy`, each (epochs + 1,) floats from epoch 0, before training;
        accuracies in [0, 1]; NaN where there is no value
    """
    epochs = history["epoch"]
    sets = ["train", "validation"] if np.isfinite(history["validation_loss"]).all() else ["train"]
    losses = [_Line(_NAMES[key], key, epochs, history[f"{key}_loss"]) for key in sets]
    panels = [explained_chart(_panel("loss", losses, *_span(losses)), "curve-loss")]
    # A regression has no accuracy.
    quantities = _QUANTITIES if np.isfinite(history["train_accuracy"]).all() else _QUANTITIES[:1]
    if "accuracy" in quantities:
        # Epoch 0 has the accuracy of guessing, which would compress the scale of all others.
        first = 1 if len(epochs) > 2 else 0
        accuracies = [
            _Line(_NAMES[key], key, epochs[first:], 100 * history[f"{key}_accuracy"][first:])
            for key in sets
        ]
        values = np.concatenate([line.values for line in accuracies])
        margin = 0.07 * float(np.ptp(values)) + 0.1
        panel = _panel("accuracy, %", accuracies, values.min() - margin, values.max() + margin)
        panels.append(explained_chart(panel, "curve-accuracy"))
    if len(epochs) > 1:
        rate = [_Line("learning rate", "rate", epochs[1:], history["lr"][1:])]
        panel = _panel("learning rate", rate, *_span(rate, decades=False))
        panels.append(explained_chart(panel, "curve-rate"))
    key = "".join(
        f'<span><svg class="key {line.style}" aria-hidden="true" viewBox="0 0 24 8">'
        f'<path d="M0 4H24"/></svg> {line.name}</span>'
        for line in losses
    )
    header = [
        "epoch",
        *(f"{_NAMES[key]} {quantity}" for quantity in quantities for key in sets),
        "learning rate",
    ]
    names = ["epoch", *(f"{key}_{quantity}" for quantity in quantities for key in sets), "lr"]
    rows = zip(*(_cells(name, history[name]) for name in names), strict=True)
    return markup.join_lines(
        f'<p class="legend">{key}</p>',
        *('<div class="panels">', *panels, "</div>"),
        explained(
            collapsible("The curves as a table", table("Each epoch", header, rows)), "curve-table"
        ),
    )


_NAMES = {"train": "training", "validation": "validation"}
_QUANTITIES = ("loss", "accuracy")


def _cells(name: str, values: Floats) -> list[str]:
    """Return the values of a column of the history, each in the form of its quantity."""
    if name.endswith("accuracy"):
        return list(map(percent, values.tolist()))
    # More digits of a rate than train prints tell nothing.
    return [format_number(value, 2 if name == "lr" else 4) for value in values.tolist()]


def _span(lines: Sequence[_Line], *, decades: bool = True) -> tuple[float, float, bool]:
    """Return the lower and upper end of the scale, and whether it is logarithmic."""
    values = np.concatenate([line.values for line in lines])
    low, high = float(values.min()), float(values.max())
    # float32 holds all values between these bounds.
    if decades and 1e-30 < 10 * low < high < 1e30:
        return low / 1.1, high * 1.1, True
    return 0.0, 1.08 * high or 1.0, False


def _panel(
    title: str, lines: Sequence[_Line], low: float, high: float, logarithmic: bool = False
) -> str:
    """Return one drawing, in which each curve has a point for each epoch, in order."""
    last = max(float(line.epochs[-1]) for line in lines)
    epoch_width = (_RIGHT - _LEFT) / (last or 1)

    def y_coordinates(values: Sequence[float] | Floats) -> list[float]:
        scaled = np.array([*values, low, high])
        if logarithmic:
            scaled = log(scaled)
        *inner, bottom, top = scaled.tolist()
        pixels = (_BOTTOM - _TOP) / (top - bottom)
        return [_BOTTOM - pixels * (value - bottom) for value in inner]

    elements = [f'<text x="{_LEFT}" y="16" class="title">{title}</text>']
    ticks = decade_ticks(low, high) if logarithmic else round_ticks(low, high)
    y_of = dict(zip(ticks, y_coordinates(ticks), strict=True))
    elements += vertical_axis(ticks, y_of.__getitem__, _LEFT, _RIGHT)
    epochs_shown = round_ticks(0, last, whole=True)
    elements += horizontal_axis(epochs_shown, lambda e: _LEFT + epoch_width * e, _BOTTOM)
    elements.append(axis_name("epoch", _LEFT, _RIGHT, HEIGHT - 6))
    width, height = _RIGHT - _LEFT + 8, _BOTTOM - _TOP + 5
    # A nested svg element clips the cursor of curves.js, without an id for a clip path.
    elements.append(
        f'<svg x="{_LEFT - 4}" y="{_TOP}" width="{width}" height="{height}" '
        f'viewBox="{_LEFT - 4} {_TOP} {width} {height}">'
    )
    for _, style, epochs, values in lines:
        coordinates = zip(
            (_LEFT + epoch_width * epochs).tolist(), y_coordinates(values), strict=True
        )
        points = " ".join(f"{x:.2f},{y:.2f}" for x, y in coordinates)
        first = f"{epochs[0]:.0f}"
        elements.append(f'<polyline class="{style}" data-first="{first}" points="{points}"/>')
    last_values = "; ".join(
        f"{line.name} {format_number(float(line.values[-1]))}" for line in lines
    )
    scale = ", logarithmic scale" if logarithmic else ""
    label = (
        f"Curve of {title}{scale}. At the last epoch: {last_values}. "
        "The table below has all values."
    )
    return markup.join_lines(
        f'<svg class="panel" role="img" aria-label="{label}" viewBox="0 0 {WIDTH} {HEIGHT}">',
        *(*elements, "</svg></svg>"),
    )
