"""The report's pictures: arrays in, figure out.

No pyplot, which keeps figures in global state. Figures are made and written under the house style
alone, so that no matplotlibrc changes a byte. Lengths are inches.
"""

import math
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.ticker import LogLocator, MaxNLocator, NullLocator, StrMethodFormatter
from numpy.typing import NDArray

from stages.files import replacing

Floats = NDArray[np.floating]
Columns = Mapping[str, Floats]

MOST_UNITS = 64
MOST_MISTAKES = 30
_WIDTH, _HEADER, _MARGIN, _GAP = 9.0, 0.85, 0.25, 0.12
# Okabe and Ito's colours, which the colour-blind can tell apart.
_BLUE, _VERMILION, _GREY = "#0072B2", "#D55E00", "#595959"
_STYLE: Mapping[Any, Any] = {
    "axes.grid": True,
    "axes.spines.right": False,
    "axes.spines.top": False,
    "axes.titlelocation": "left",
    "axes.titlesize": 11,
    "grid.color": "#e4e4e4",
    "legend.frameon": False,
    "lines.markersize": 4,
    "text.parse_math": False,  # a class may be called "$5"
}


@contextmanager
def _house_style() -> Iterator[None]:
    with mpl.rc_context():
        mpl.rcdefaults()
        mpl.rcParams.update(_STYLE)
        yield


def save(figure: Figure, path: Path) -> None:
    """Write a PNG: the same bytes for the same figure, no date and no program's name in it."""
    # Fonts are looked up and the layout is solved only now, hence the style once more.
    with _house_style(), replacing(path) as temporary:
        figure.savefig(temporary, format="png", dpi=120, metadata={"Software": None})


@_house_style()
def learning_curves(history: Columns) -> Figure:
    """Draw loss, accuracy and learning rate against the epoch.

    Parameters
    ----------
    history : columns `epoch`, `lr`, `train_loss`, `train_accuracy`, `validation_loss` and
        `validation_accuracy`, each (epochs + 1,) floats from epoch 0, before training;
        accuracies in [0, 1]; NaN where there is no value
    """
    epoch = history["epoch"]
    sets = [("training", "train", _BLUE), ("validation", "validation", _VERMILION)]
    if np.isnan(history["validation_loss"]).all():
        sets.pop()
    losses, accuracies = [], []
    for name, key, colour in sets:
        loss, accuracy = history[f"{key}_loss"], 100 * history[f"{key}_accuracy"]
        losses.append((f"{name} {loss[-1]:.3g}", epoch, loss, colour))
        accuracies.append((f"{name} {accuracy[-1]:.1f} %", epoch, accuracy, colour))
    best = np.nanargmin(loss)
    figure = _figure(
        _WIDTH,
        5.2,
        f"Learning curves: {accuracy[-1]:.1f} % {name} accuracy after {_count(epoch[-1], 'epoch')}",
        f"Before training: {accuracy[0]:.1f} %. Lowest {name} loss: {loss[best]:.3g}, "
        f"at epoch {epoch[best]:.0f}. The legends give the last values.",
    )
    panels = figure.subplot_mosaic("ab;cc", height_ratios=[4, 1])
    _curves(panels["a"], "Loss", losses, decades=True)
    _curves(panels["b"], "Accuracy (%)", accuracies)
    _curves(panels["c"], "Learning rate", [("", epoch, history["lr"], _GREY)])
    if len(epoch) > 2:
        # Guessing, at epoch 0, would press everything else against the top.
        trained = [values[1:] for _, _, values, _ in accuracies]
        low, high = float(np.nanmin(trained)), float(np.nanmax(trained))
        room = 0.07 * (high - low) + 0.1
        panels["b"].set_ylim(low - room, high + room)
    return figure


@_house_style()
def weight_movement(movement: Columns) -> Figure:
    """Draw how far each layer's weights are from their start, and how far each epoch moves them.

    Parameters
    ----------
    movement : columns `epoch`, `layer`, `from_start` and `from_last`, each (rows,) floats, by
        epoch from 0; distances relative to the earlier norm; NaN where there is no value
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
    figure = _figure(
        _WIDTH,
        4.0,
        f"Weight movement: {farthest[1]}",
        "Norm of the change of a layer's weights, in per cent of their norm before it.",
    )
    left, right = figure.subplots(1, 2)
    _curves(left, "From the start (%)", start)
    _curves(right, "In each epoch (%)", last, decades=True)
    return figure


@_house_style()
def confusion_matrix(
    actual: Sequence[str], predicted: Sequence[str], class_names: Sequence[str]
) -> Figure:
    """Draw how often each actual class (row) got each prediction (column).

    Only mistakes are coloured, since the diagonal would drown them; a cell without a number is a
    zero. Where numbers don't fit, a colour bar takes their place.

    Parameters
    ----------
    actual, predicted : one of `class_names` for each image
    """
    size = len(class_names)
    place = {name: index for index, name in enumerate(class_names)}
    counts = np.zeros((size, size), np.int64)
    np.add.at(counts, ([place[name] for name in actual], [place[name] for name in predicted]), 1)
    diagonal = np.eye(size, dtype=bool)
    wrong, right = np.where(diagonal, 0, counts), counts.diagonal()
    names = [_short(name) for name in class_names]
    i, j = np.unravel_index(wrong.argmax(), wrong.shape)
    note = f"Most frequent mistake: {names[i]} taken for {names[j]}, {_count(wrong[i, j], 'time')}."
    side = min(max(0.6 * size, 3.6), 12)
    figure = _figure(
        max(_WIDTH, side + 3),
        side + 1.9,
        f"Confusion matrix: {right.sum():,} of {counts.sum():,} right "
        f"({100 * right.sum() / counts.sum():.2f} %)",
        note if wrong.any() else "Every prediction stands on the diagonal.",
    )
    axes = figure.subplots()
    cells = axes.pcolormesh(
        np.ma.masked_array(wrong, diagonal),
        cmap=mpl.colormaps["Oranges"].with_extremes(bad="#dcdcdc"),
        vmin=0,
        vmax=max(wrong.max(), 1),
        edgecolors="white",
    )
    cell = 72 * side / size  # in points, like the size of a font
    font = min(12, 1.3 * cell / len(str(counts.max())))
    if font < 5:
        figure.colorbar(cells, label="mistakes", shrink=0.6)
    else:
        for i, j in np.argwhere(counts):
            colour = "white" if wrong[i, j] > 0.6 * wrong.max() else "black"
            text = axes.text(j + 0.5, i + 0.5, str(counts[i, j]), size=font, color=colour)
            text.set(ha="center", va="center")
    axes.set(aspect="equal", xlabel="predicted", ylabel="actual")
    axes.invert_yaxis()
    centres, font = np.arange(size) + 0.5, min(10, 0.8 * cell)
    slanted = 6 * max(map(len, names)) > cell
    slant: dict[str, Any] = (
        {"rotation": 45, "ha": "right", "rotation_mode": "anchor"} if slanted else {}
    )
    axes.set_xticks(centres, names, size=font, **slant)
    axes.set_yticks(centres, names, size=font)
    recall, precision = axes.secondary_yaxis("right"), axes.secondary_xaxis("top")
    recall.set_yticks(centres, map(_percent, right, counts.sum(axis=1)), size=0.85 * font)
    recall.set_ylabel("recall")
    precision.set_xticks(centres, map(_percent, right, counts.sum(axis=0)), size=0.85 * font)
    precision.set_xlabel("precision")
    precision.tick_params(rotation=90 if cell < 40 else 0)
    for part in (axes, recall, precision):
        part.grid(visible=False)
        part.spines[:].set_visible(False)
        part.tick_params(length=0)
    return figure


@_house_style()
def first_layer(weights: Floats, image_shape: tuple[int, int]) -> Figure:
    """Draw the weights that enter each unit of layer 1 as an image, on one scale for all.

    Of many units, the `MOST_UNITS` with the largest Euclidean norm are shown.

    Parameters
    ----------
    weights : (height * width, units) floats
    image_shape : height and width
    """
    units = weights.shape[1]
    norms = np.square(weights, dtype=np.float64).sum(axis=0)
    shown = np.argsort(-norms, kind="stable")[:MOST_UNITS]
    # A few extreme weights must not bleach all others: the ends of the colour bar are open.
    limit = float(np.quantile(np.abs(weights[:, shown]), 0.995)) or 1.0
    columns = math.ceil(math.sqrt(len(shown) * image_shape[0] / image_shape[1]))
    figure = _gallery(
        f"First-layer weights: {len(shown)} of {_count(units, 'unit')}",
        "The largest norm first; below each image the number of its unit, counted from 0.",
        weights.T[shown].reshape(-1, *image_shape),
        [str(unit) for unit in shown],
        columns=min(columns, 16),
        width=_WIDTH - 1.3,
        look={"cmap": "RdBu_r", "vmin": -limit, "vmax": limit},
    )
    tiles, height = figure.axes[0].images, figure.get_figheight()
    edge = max(tile.get_extent()[1] for tile in tiles)
    length = min(height - _HEADER - _MARGIN, 4)
    place = (edge + 0.2, height - _HEADER - length, 0.18, length)
    box = figure.add_axes(tuple(np.divide(place, (_WIDTH, height) * 2)))
    box.grid(visible=False)
    figure.colorbar(tiles[0], cax=box, extend="both")
    return figure


@_house_style()
def mistakes(
    images: Floats,
    image_shape: tuple[int, int],
    actual: Sequence[str],
    predicted: Sequence[str],
    *,
    confidence: Floats,
    indices: NDArray[np.integer],
) -> Figure:
    """Draw the `MOST_MISTAKES` mistakes of which the network was surest.

    Parameters
    ----------
    images : (n, height * width) floats, every test image that was predicted
    image_shape : height and width
    actual, predicted : n class names each
    confidence : (n,) floats, the probabilities of the predictions
    indices : (n,) integers, the numbers of the images in the test set
    """
    wrong = np.flatnonzero(np.asarray(actual) != np.asarray(predicted))
    shown = wrong[np.argsort(-confidence[wrong], kind="stable")][:MOST_MISTAKES]
    total = _count(len(actual), "test image")
    if not wrong.size:
        return _figure(
            _WIDTH, 0.2, f"Surest mistakes: none among {total}", "There is nothing to show."
        )
    first, second = ([_short(names[i]) for i in shown] for names in (actual, predicted))
    short = max(map(len, first)) + max(map(len, second)) <= 12
    form = "{} → {}, {:.1f} %\nimage {}" if short else "{} →\n{}\n{:.1f} %, image {}"
    percent = 100 * confidence[shown]
    captions = list(map(form.format, first, second, percent, indices[shown]))
    return _gallery(
        f"Surest mistakes: {len(shown)} of {wrong.size:,}, among {total}",
        "Actual class → predicted class, confidence in the prediction; number of the test image.",
        images[shown].reshape(-1, *image_shape),
        captions,
        columns=6,
        width=_WIDTH - 2 * _MARGIN,
        look={"cmap": "gray", "vmin": images[shown].min(), "vmax": images[shown].max()},
    )


def _figure(width: float, height: float, title: str, note: str) -> Figure:
    """Return a figure with its heading above `height` inches to draw in."""
    whole = height + _HEADER
    figure = Figure((width, whole))
    FigureCanvasAgg(figure)
    left, bottom = _MARGIN / width, _MARGIN / whole
    area = (left, bottom, 1 - 2 * left, height / whole - bottom)
    figure.set_layout_engine("constrained", rect=area, w_pad=0, h_pad=0, wspace=0.06, hspace=0.05)
    figure.text(left, 1 - 0.2 / whole, title, size=14, weight="bold", va="top")
    figure.text(left, 1 - 0.5 / whole, note, size=10, color=_GREY, va="top")
    return figure


def _curves(
    axes: Axes,
    title: str,
    lines: Sequence[tuple[str, Floats, Floats, Any]],
    *,
    decades: bool = False,
) -> None:
    """Draw each (label, epochs, values, colour); `decades` allows for a logarithmic scale."""
    for label, epoch, values, colour in lines:
        marker = "o" if len(epoch) <= 40 else ""
        axes.plot(epoch, values, label=label, color=colour, marker=marker)
    epochs, values = (np.concatenate([line[part] for line in lines]) for part in (1, 2))
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


def _gallery(
    title: str,
    note: str,
    images: Floats,
    captions: Sequence[str],
    *,
    columns: int,
    width: float,
    look: Mapping[str, Any],
) -> Figure:
    """Return a figure of `images` (n, height, width) in rows, each above its caption."""
    shape = images.shape[2] / images.shape[1]
    across = min((width + _GAP) / columns - _GAP, 2.2 * max(shape, 1))
    # Images of a single line or column are stretched, or they could not be seen.
    down = min(max(across / shape, 0.15), 3)
    step = down + 0.17 * (1 + captions[0].count("\n")) + _GAP
    height = max(math.ceil(len(images) / columns) * step + _MARGIN, 1.5)
    figure = _figure(_WIDTH, height, title, note)
    figure.set_layout_engine("none")
    axes = figure.add_axes((0, 0, 1, height / (height + _HEADER)))
    axes.set_axis_off()
    axes.set(xlim=(0, _WIDTH), ylim=(height, 0))
    for place, (image, caption) in enumerate(zip(images, captions, strict=True)):
        x, y = _MARGIN + place % columns * (across + _GAP), place // columns * step
        axes.imshow(image, extent=(x, x + across, y + down, y), aspect="auto", **look)
        axes.text(x, y + down + 0.04, caption, size=8, va="top", linespacing=1.15)
    return figure


def _short(name: str) -> str:
    """Return `name` on one line of at most 12 characters."""
    line = " ".join(name.split())
    return line if len(line) <= 12 else f"{line[:11]}…"


def _count(number: float, noun: str) -> str:
    return f"{number:,.0f} {noun}{'' if number == 1 else 's'}"


def _percent(part: int, whole: int) -> str:
    return f"{100 * part / whole:.1f} %" if whole else "-"
