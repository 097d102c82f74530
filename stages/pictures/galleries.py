"""Many small images in one picture: what the units of layer 1 look for, and the worst mistakes."""

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from nncore.arrays import Floats
from stages.pictures.style import (
    HEADER,
    MARGIN,
    WIDTH,
    count_of,
    house_style,
    new_figure,
    short_name,
)

MOST_UNITS = 64
MOST_MISTAKES = 30
_GAP = 0.12


@house_style()
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
        f"First-layer weights: {len(shown)} of {count_of(units, 'unit')}",
        "The largest norm first; below each image the number of its unit, counted from 0.",
        weights.T[shown].reshape(-1, *image_shape),
        [str(unit) for unit in shown],
        columns=min(columns, 16),
        width=WIDTH - 1.3,
        look={"cmap": "RdBu_r", "vmin": -limit, "vmax": limit},
    )
    tiles, height = figure.axes[0].images, figure.get_figheight()
    edge = max(tile.get_extent()[1] for tile in tiles)
    length = min(height - HEADER - MARGIN, 4)
    place = (edge + 0.2, height - HEADER - length, 0.18, length)
    box = figure.add_axes(tuple(np.divide(place, (WIDTH, height) * 2)))
    box.grid(visible=False)
    figure.colorbar(tiles[0], cax=box, extend="both")
    return figure


@house_style()
def mistakes(
    pixels_of: Callable[[NDArray[np.integer]], Floats],
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
    pixels_of : gives some of the test set by their numbers, (·, height * width) floats
    image_shape : height and width
    actual, predicted : n class names each
    confidence : (n,) floats, the probabilities of the predictions
    indices : (n,) integers, the numbers of the predicted images in the test set
    """
    wrong = np.flatnonzero(np.asarray(actual) != np.asarray(predicted))
    shown = wrong[np.argsort(-confidence[wrong], kind="stable")][:MOST_MISTAKES]
    total = count_of(len(actual), "test image")
    if not wrong.size:
        return new_figure(
            WIDTH, 0.2, f"Surest mistakes: none among {total}", "There is nothing to show."
        )
    first, second = ([short_name(names[i]) for i in shown] for names in (actual, predicted))
    pixels = pixels_of(indices[shown])
    short = max(map(len, first)) + max(map(len, second)) <= 12
    form = "{} → {}, {} %\nimage {}" if short else "{} →\n{}\n{} %, image {}"
    # Nothing is quite certain, though it may round to that.
    percent = [f"{100 * c:.1f}" if c < 0.9995 else ">99.9" for c in confidence[shown]]
    captions = list(map(form.format, first, second, percent, indices[shown]))
    return _gallery(
        f"Surest mistakes: {len(shown)} of {wrong.size:,}, among {total}",
        "Actual class → predicted class, confidence in the prediction; number of the test image.",
        pixels.reshape(-1, *image_shape),
        captions,
        columns=6,
        width=WIDTH - 2 * MARGIN,
        look={"cmap": "gray", "vmin": pixels.min(), "vmax": pixels.max()},
    )


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
    height = max(math.ceil(len(images) / columns) * step + MARGIN, 1.5)
    figure = new_figure(WIDTH, height, title, note)
    figure.set_layout_engine("none")
    axes = figure.add_axes((0, 0, 1, height / (height + HEADER)))
    axes.set_axis_off()
    axes.set(xlim=(0, WIDTH), ylim=(height, 0))
    for place, (image, caption) in enumerate(zip(images, captions, strict=True)):
        x, y = MARGIN + place % columns * (across + _GAP), place // columns * step
        axes.imshow(image, extent=(x, x + across, y + down, y), aspect="auto", **look)
        axes.text(x, y + down + 0.04, caption, size=8, va="top", linespacing=1.15)
    return figure
