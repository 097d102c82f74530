"""Images for the page's scripts to draw: mistakes, an example of each class, layer-1 weights."""

import operator

import numpy as np
from numpy.typing import NDArray

from nncore.arrays import Bytes, Floats, Indices
from nncore.model import Model
from stages.measured import Predictions
from stages.page.markup import called, lines, plain

MOST_MISTAKES = 200
MOST_EXAMPLES = 20
MOST_UNITS = 64
# The page must stay small where images are large.
MOST_PIXELS = 2_000_000
# Mistakes that are seen before a person asks for more.
_FIRST = 24


def chosen(predictions: Predictions, model: Model) -> tuple[Indices, Indices]:
    """Return the rows of the surest mistakes, and of the first image of each class that is right.

    Returns
    -------
    (mistakes, examples) : two (·,) int64 arrays
    """
    room = max(MOST_PIXELS // model.network.inputs, 1)
    wrong = np.array(list(map(operator.ne, predictions.actual, predictions.predicted)))
    mistakes = np.flatnonzero(wrong)
    mistakes = mistakes[np.argsort(-predictions.confidence[mistakes], kind="stable")]
    firsts: dict[str, int] = {}
    for row in np.flatnonzero(~wrong).tolist():
        firsts.setdefault(predictions.actual[row], row)
    examples = [firsts[name] for name in model.class_names if name in firsts][:MOST_EXAMPLES]
    return mistakes[: min(MOST_MISTAKES, room)], np.array(examples[:room], np.int64)


def pixels(images: Floats, model: Model) -> Bytes:
    """Return scaled images, (n, inputs), as the pixel values that they were made of."""
    values = images * np.float64(model.scaling.std) + model.scaling.mean
    return np.clip(np.rint(values), 0, 255).astype(np.uint8)


def mistakes(predictions: Predictions, rows: Indices, model: Model) -> str:
    """Return a figure for each mistake, without its picture, which the script draws.

    Parameters
    ----------
    rows : of the mistakes, the surest first; picture k of the page is rows[k]
    """
    place = {name: index for index, name in enumerate(model.class_names)}
    figures = []
    for picture, row in enumerate(rows.tolist()):
        actual, predicted = predictions.actual[row], predictions.predicted[row]
        confidence, image = predictions.confidence[row], predictions.numbers[row]
        # Nothing is quite certain, though it may round to that.
        sure = f"{100 * confidence:.1f} %" if confidence < 0.9995 else "> 99.9 %"
        label = f"Test image {image}: {actual} taken for {predicted}, {sure}"
        marks = f'data-actual="{place[actual]}" data-predicted="{place[predicted]}"'
        figures.append(
            f"<li {marks}>{_canvas(picture, model, label)}"
            f"<p>{called(actual)} → {called(predicted)}, {plain(sure)}</p><p>image {image}</p></li>"
        )
    return lines(f'<ol class="gallery" id="mistakes" data-first="{_FIRST}">', *figures, "</ol>")


def examples(predictions: Predictions, rows: Indices, first: int, model: Model) -> str:
    """Return a figure for each example; picture `first` + k of the page is rows[k]."""
    figures = []
    for picture, row in enumerate(rows.tolist(), start=first):
        label = f"Test image {predictions.numbers[row]}: {predictions.actual[row]}"
        name = called(predictions.actual[row])
        figures.append(f"<li>{_canvas(picture, model, label)}<p>{name}</p></li>")
    return lines('<ol class="gallery examples">', *figures, "</ol>")


def units(model: Model) -> tuple[str, float, NDArray[np.int8]]:
    """Return figures of the weights that enter the units of layer 1, and the data behind them.

    On one scale for all. Of many units, those with the largest Euclidean norm are shown.

    Returns
    -------
    (gallery, limit, levels) : levels (units, inputs) int8, of which 127 stands for `limit`
    """
    weights = model.network.weights[0]
    norms = np.square(weights, dtype=np.float64).sum(axis=0)
    shown = np.argsort(-norms, kind="stable")[: _most_units(model)]
    # As in the picture: a few extreme weights must not bleach all others.
    limit = float(np.quantile(np.abs(weights[:, shown]), 0.995)) or 1.0
    levels = np.rint(np.clip(weights.T[shown] / limit, -1, 1) * 127).astype(np.int8)
    height, width = model.image_shape
    canvases = (
        f'<li><canvas width="{width}" height="{height}" data-unit="{place}"></canvas>'
        f"<p>{unit}</p></li>"
        for place, unit in enumerate(shown.tolist())
    )
    words = f"Weights of {len(shown)} units as images of {height} by {width} pixels"
    gallery = lines(
        f'<ol class="gallery units" role="img" aria-label="{words}">', *canvases, "</ol>"
    )
    return gallery, limit, levels


def units_in_words(model: Model) -> str:
    """Return how many units of layer 1 are shown, and how."""
    total = model.network.layers[0].fan_out
    most = _most_units(model)
    part = f"The {most} units of {total:,} with the largest norm" if most < total else "All units"
    return f"{part}, the largest norm first; below each its number, counted from 0."


def _most_units(model: Model) -> int:
    return min(MOST_UNITS, max(MOST_PIXELS // model.network.inputs, 1))


def _canvas(picture: int, model: Model, label: str) -> str:
    height, width = model.image_shape
    return (
        f'<canvas width="{width}" height="{height}" data-picture="{picture}" role="img" '
        f'aria-label="{plain(label)}"></canvas>'
    )


def in_words(predictions: Predictions, shown: int) -> str:
    """Return how many mistakes there are, and how many of them are `shown`."""
    images = len(predictions.actual)
    wrong = sum(map(operator.ne, predictions.actual, predictions.predicted))
    if not wrong:
        return f"None among {images:,} test images."
    part = f"The {shown:,} surest of {wrong:,}" if shown < wrong else f"{wrong:,}"
    return f"{part} mistakes among {images:,} test images, the surest first."
