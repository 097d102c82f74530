"""Pictures of loss, accuracy, learning rate and weights over the epochs."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import LogLocator, MaxNLocator, NullLocator, StrMethodFormatter

from nncore.arrays import Floats
from stages.plots.style import BLUE, GREY, VERMILION, WIDTH, count_of, house_style, new_figure

Columns = Mapping[str, Floats]


@house_style()
def learning_curves(history: Columns) -> Figure:
    """Draw loss, accuracy and learning rate against the epoch.

    Parameters
    ----------
    history : columns `epoch`, `lr`, `train_loss`, `train_accuracy`, `validation_loss` and
        `validation_accuracy`, each (epochs + 1,) floats from epoch 0, before training;
        accuracies in [0, 1], all NaN of a regression; NaN where there is no value
    """
    epoch = history["epoch"]
    sets = [("training", "train", BLUE), ("validation", "validation", VERMILION)]
    if np.isnan(history["validation_loss"]).all():
        sets.pop()
    losses, accuracies = [], []
    for name, key, colour in sets:
        loss, accuracy = history[f"{key}_loss"], 100 * history[f"{key}_accuracy"]
        losses.append((f"{name} {loss[-1]:.3g}", epoch, loss, colour))
        accuracies.append((f"{name} {accuracy[-1]:.1f} %", epoch, accuracy, colour))
    best = np.nanargmin(loss)
    # A regression has none.
    has_accuracy = bool(np.isfinite(accuracy).any())
    result = (
        f"{accuracy[-1]:.1f} % {name} accuracy" if has_accuracy else f"{name} loss {loss[-1]:.3g}"
    )
    start = f"{accuracy[0]:.1f} %" if has_accuracy else f"{loss[0]:.3g}"
    figure = new_figure(
        WIDTH,
        5.2,
        f"Learning curves: {result} after {count_of(epoch[-1], 'epoch')}",
        f"Before training: {start}. Lowest {name} loss: {loss[best]:.3g}, "
        f"at epoch {epoch[best]:.0f}. The legends give the last values.",
    )
    panels = figure.subplot_mosaic("ab;cc" if has_accuracy else "aa;cc", height_ratios=[4, 1])
    _curves(panels["a"], "Loss", losses, decades=True)
    if has_accuracy:
        _curves(panels["b"], "Accuracy (%)", accuracies)
    _curves(panels["c"], "Learning rate", [("", epoch[1:], history["lr"][1:], GREY)])
    if has_accuracy and len(epoch) > 2:
        # The accuracy of epoch 0 is that of guessing; it would compress the scale of the others.
        after_training = [values[1:] for _, _, values, _ in accuracies]
        low, high = float(np.nanmin(after_training)), float(np.nanmax(after_training))
        room = 0.07 * (high - low) + 0.1
        panels["b"].set_ylim(low - room, high + room)
    return figure


@house_style()
def weight_movement(movement: Columns) -> Figure:
    """Draw how far each layer's weights are from their initial values, and move in each epoch.

    Parameters
    ----------
    movement : columns `epoch`, `layer`, `from_start` and `from_last`, each (rows,) floats in
        the order of the epochs from 0; distances relative to the earlier norm; NaN for no value
    """
    layers = np.unique(movement["layer"])
    colours = mpl.colormaps["viridis"](np.linspace(0, 0.7, len(layers)))
    start, last, farthest = [], [], (0.0, "nothing")
    for layer, colour in zip(layers, colours, strict=True):
        rows = movement["layer"] == layer
        epoch, distance = movement["epoch"][rows], 100 * movement["from_start"][rows]
        name = f"layer {layer:.0f}"
        farthest = max(farthest, (distance[-1], f"{name} most, by {distance[-1]:.0f} %"))
        start.append((f"{name}, {distance[-1]:.0f} %", epoch, distance, colour))
        last.append((name, epoch[1:], 100 * movement["from_last"][rows][1:], colour))
    figure = new_figure(
        WIDTH,
        4.0,
        f"Weight movement: {farthest[1]}",
        "Norm of the change of a layer's weights, in per cent of their norm before it.",
    )
    left, right = figure.subplots(1, 2)
    _curves(left, "From the start (%)", start)
    _curves(right, "In each epoch (%)", last, decades=True)
    return figure


def _curves(
    axes: Axes,
    title: str,
    lines: Sequence[tuple[str, Floats, Floats, Any]],
    *,
    decades: bool = False,
) -> None:
    """Draw lines of (label, epochs, values, colour); `decades` allows a logarithmic scale."""
    for label, epoch, values, colour in lines:
        marker = "o" if len(epoch) <= 40 else ""
        axes.plot(epoch, values, label=label, color=colour, marker=marker)
    epochs, values = (np.concatenate([line[field] for line in lines]) for field in (1, 2))
    values = values[np.isfinite(values)]
    last = epochs.max(initial=0)
    room = 0.04 * last or 0.5
    axes.set(title=title, xlabel="epoch", xlim=(-room, last + room))
    axes.xaxis.set_major_locator(MaxNLocator(steps=[1, 2, 5, 10], integer=True, min_n_ticks=1))
    if decades and values.size and 0 < 10 * values.min() < values.max():
        axes.set_yscale("log")
        axes.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
        axes.yaxis.set_major_formatter(StrMethodFormatter("{x:g}"))
        axes.yaxis.set_minor_locator(NullLocator())
    else:
        axes.set_ylim(0, 1.08 * values.max(initial=0) or 1)
    if lines[0][0]:
        axes.legend(ncols=math.ceil(len(lines) / 8))
