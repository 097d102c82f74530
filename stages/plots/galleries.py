"""Galleries of small images: the weights of the units of layer 1, and the surest mistakes."""

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.cm import ScalarMappable
from matplotlib.colors import Normalize
from matplotlib.figure import Figure

from nncore.arrays import Bytes, Floats, Indices
from nncore.config.pictures import ImageShape
from stages.plots.style import (
    HEADER,
    MARGIN,
    WIDTH,
    count_of,
    font_letters,
    house_style,
    new_figure,
    short_name,
)
from stages.shared.report_content import largest_units, surest_mistakes

MAX_UNITS = 64
MAX_MISTAKES = 30
# Characters of a file's name below an image.
MAX_FILE_WIDTH = 20
_GAP = 0.12


@house_style()
def first_layer(weights: Floats, image_shape: ImageShape) -> Figure:
    """Draw the weights of each unit of layer 1 as an image, with one colour scale for all.

    Only the `MAX_UNITS` units with the largest Euclidean norm are drawn. The weights of the red,
    green and blue of a pixel are the brightness of these in its colour: mid-grey is 0.

    Parameters
    ----------
    weights : (height * width, units) or (height * width * 3, units) floats
    image_shape : height and width, and 3 for colour
    """
    units = weights.shape[1]
    # Some weights are beyond the limit, so the ends of the colour bar are open.
    unit_indices, limit = largest_units(weights, MAX_UNITS)
    columns = math.ceil(math.sqrt(len(unit_indices) * image_shape[0] / image_shape[1]))
    images = weights.T[unit_indices].reshape(-1, *image_shape)
    note = "The largest norm first; below each image the number of its unit, counted from 0."
    scale = ScalarMappable(Normalize(-limit, limit), "RdBu_r")
    if len(image_shape) == 3:
        note = "The largest norm first. Red, green and blue show a pixel's weights; grey is 0."
        scale.set_cmap("gray")
        images = np.clip(0.5 + 0.5 * images / limit, 0, 1)
    figure = _gallery(
        f"First-layer weights: {len(unit_indices)} of {count_of(units, 'unit')}",
        note,
        images,
        [str(unit) for unit in unit_indices],
        columns=min(columns, 16),
        width=WIDTH - 1.3,
        look={"cmap": "RdBu_r", "vmin": -limit, "vmax": limit},
    )
    tiles, height = figure.axes[0].images, figure.get_figheight()
    edge = max(tile.get_extent()[1] for tile in tiles)
    length = min(height - HEADER - MARGIN, 4)
    bounds = (edge + 0.2, height - HEADER - length, 0.18, length)
    box = figure.add_axes(tuple(np.divide(bounds, (WIDTH, height) * 2)))
    box.grid(visible=False)
    figure.colorbar(scale, cax=box, extend="both")
    return figure


@house_style()
def mistakes(
    pixels_of: Callable[[Indices], Floats | Bytes] | None,
    image_shape: ImageShape,
    actual: Sequence[str],
    predicted: Sequence[str],
    *,
    confidence: Floats,
    indices: Indices,
    files: Sequence[str] = (),
) -> Figure:
    """Draw the `MAX_MISTAKES` mistakes with the highest confidence.

    Parameters
    ----------
    pixels_of : returns test images by their indices, (images, height * width) floats, or in colour
        (images, height * width * 3) uint8; None to draw no image
    image_shape : height and width, and 3 for colour
    actual, predicted : n class names each
    confidence : (n,) floats, the probabilities of the predicted classes
    indices : (n,) integers, the indices of the images in the test set
    files : n names of the files of the images, which the captions show; empty for numbers
    """
    wrong = surest_mistakes(actual, predicted, confidence)
    rows = wrong[:MAX_MISTAKES]
    total = count_of(len(actual), "test image")
    if not wrong.size:
        return new_figure(
            WIDTH, 0.2, f"Surest mistakes: none among {total}", "There is nothing to show."
        )
    if pixels_of is None:
        title = f"Surest mistakes: {wrong.size:,} among {total}"
        note = "The images are left out: report.embed_images is false."
        return new_figure(WIDTH, 0.2, title, note)
    first, second = ([short_name(names[i]) for i in rows] for names in (actual, predicted))
    pixels = pixels_of(indices[rows])
    short = max(map(len, first)) + max(map(len, second)) <= 12
    form = "{} → {}, {} %\n{}" if short else "{} →\n{}\n{} %, {}"
    if files:
        form = form.replace(" %, ", " %\n")
    # No prediction is certain, so none is shown as 100.0 %.
    percent = [f"{100 * c:.1f}" if c < 0.9995 else ">99.9" for c in confidence[rows]]
    sources = [
        _source(files[row] if files else "", number)
        for row, number in zip(rows, indices[rows], strict=True)
    ]
    captions = list(map(form.format, first, second, percent, sources))
    return _gallery(
        f"Surest mistakes: {len(rows)} of {wrong.size:,}, among {total}",
        "Actual class → predicted class, confidence in the prediction; "
        f"{'file' if files else 'number'} of the test image.",
        pixels.reshape(-1, *image_shape),
        captions,
        columns=6,
        width=WIDTH - 2 * MARGIN,
        look={"cmap": "gray", "vmin": pixels.min(), "vmax": pixels.max()},
    )


def _source(file: str, number: int) -> str:
    """Return the end of the name of a file, or the number of an image if no name can be drawn."""
    line = " ".join(file.split())
    if not line or not font_letters().issuperset(line):
        return f"image {number}"
    return line if len(line) <= MAX_FILE_WIDTH else f"…{line[1 - MAX_FILE_WIDTH :]}"


def _gallery(
    title: str,
    note: str,
    images: Floats | Bytes,
    captions: Sequence[str],
    *,
    columns: int,
    width: float,
    look: Mapping[str, Any],
) -> Figure:
    """Return a figure with a caption below each image, (n, height, width) or in colour (…, 3)."""
    shape = images.shape[2] / images.shape[1]
    across = min((width + _GAP) / columns - _GAP, 2.2 * max(shape, 1))
    # Images with a single row or column are stretched to be visible.
    down = min(max(across / shape, 0.15), 3)
    step = down + 0.17 * (1 + captions[0].count("\n")) + _GAP
    height = max(math.ceil(len(images) / columns) * step + MARGIN, 1.5)
    figure = new_figure(WIDTH, height, title, note)
    figure.set_layout_engine("none")
    axes = figure.add_axes((0, 0, 1, height / (height + HEADER)))
    axes.set_axis_off()
    axes.set(xlim=(0, WIDTH), ylim=(height, 0))
    for index, (image, caption) in enumerate(zip(images, captions, strict=True)):
        x, y = MARGIN + index % columns * (across + _GAP), index // columns * step
        axes.imshow(image, extent=(x, x + across, y + down, y), aspect="auto", **look)
        axes.text(x, y + down + 0.04, caption, size=8, va="top", linespacing=1.15)
    return figure
