"""Images that the page's scripts draw: mistakes, an example of each class, layer-1 weights."""

import operator
from collections.abc import Mapping, Sequence
from itertools import groupby

import numpy as np
from numpy.typing import NDArray

from nncore.arrays import Indices
from nncore.model import Model
from stages.page.markup import MAX_SHORT_NAME, escaped, isolated, join_lines
from stages.page.mistakes import MAX_MISTAKES
from stages.page.numbers import confidence_text
from stages.shared.report_content import largest_units, surest_mistakes
from stages.shared.report_inputs import Predictions

MAX_EXAMPLES = 20
MAX_RIGHT_IMAGES = 500
MAX_RIGHT_PER_CLASS = 24
MAX_UNITS = 64
# Limits the size of the page where images are large.
MAX_PIXELS = 2_000_000
# Mistakes that are visible before a click on the button for more.
_VISIBLE_MISTAKES = 24


def choose_images(predictions: Predictions, model: Model) -> tuple[Indices, Indices]:
    """Return the rows of the most confident mistakes, and of the first correct image of each class.

    Returns
    -------
    (mistakes, examples) : two one-dimensional int64 arrays
    """
    limit = max(MAX_PIXELS // model.network.inputs, 1)
    actual, predicted, confidence, *_ = predictions
    mistakes = surest_mistakes(actual, predicted, confidence)
    first_correct: dict[str, int] = {}
    for row in np.setdiff1d(np.arange(len(actual)), mistakes).tolist():
        first_correct.setdefault(actual[row], row)
    examples = [first_correct[name] for name in model.class_names if name in first_correct][
        :MAX_EXAMPLES
    ]
    return mistakes[: min(MAX_MISTAKES, limit)], np.array(examples[:limit], np.int64)


def mistakes(
    predictions: Predictions, rows: Indices, pictures: Mapping[int, int], model: Model
) -> str:
    """Return a list item for each mistake, with an empty canvas for the script.

    Parameters
    ----------
    rows : rows of the mistakes, the most confident first
    pictures : numbers of pictures in the page by rows of the predictions; an item without one has
        no canvas
    """
    items = (_item(predictions, row, model, pictures.get(row)) for row in rows.tolist())
    return join_lines(
        f'<ol class="gallery" id="mistakes" data-first="{_VISIBLE_MISTAKES}">', *items, "</ol>"
    )


def choose_right(predictions: Predictions, model: Model) -> Indices:
    """Return the rows of the right predictions with the least confidence, class by class."""
    limit = min(MAX_RIGHT_IMAGES, MAX_PIXELS // model.network.inputs)
    count = min(MAX_RIGHT_PER_CLASS, limit // len(model.class_names))
    actual = np.asarray(predictions.actual)
    right = actual == np.asarray(predictions.predicted)
    order = np.argsort(predictions.confidence, kind="stable")
    chosen = [order[(right & (actual == name))[order]][:count] for name in model.class_names]
    return np.concatenate(chosen)


def right_images(
    predictions: Predictions, rows: Indices, pictures: Mapping[int, int], model: Model
) -> str:
    """Return a hidden list item for each right prediction that a cell of the matrix opens.

    Parameters
    ----------
    rows, pictures : as those of `mistakes`
    """
    items = (_item(predictions, row, model, pictures[row], hidden=True) for row in rows.tolist())
    return join_lines('<ol class="gallery" id="right-images">', *items, "</ol>")


def _item(
    predictions: Predictions,
    row: int,
    model: Model,
    picture: int | None,
    *,
    hidden: bool = False,
) -> str:
    """Return a test image, without a picture if it is None, with its classes and confidence."""
    actual, predicted = predictions.actual[row], predictions.predicted[row]
    confidence, image = predictions.confidence[row], predictions.numbers[row]
    percentage = confidence_text(confidence)
    if actual == predicted:
        text, heading = f"{actual} recognised", isolated(actual)
    else:
        text = f"{actual} taken for {predicted}"
        heading = f"{isolated(actual)} → {isolated(predicted)}"
    label = f"Test image {image}: {text}, {percentage}"
    indices = map(model.class_names.index, (actual, predicted))
    attributes = 'data-actual="{}" data-predicted="{}"'.format(*indices)
    title = f"Test image {image}: {actual}"
    canvas = "" if picture is None else _canvas(picture, model, label, title)
    return (
        f"<li {attributes}{' hidden' if hidden else ''}>{canvas}<p>{heading}</p>"
        f"<p>{escaped(percentage)}, image&nbsp;{image}</p>{_file(predictions, row)}</li>"
    )


def _file(predictions: Predictions, row: int) -> str:
    """Return the name of a test picture's file as a paragraph; empty if it has none."""
    if not predictions.files:
        return ""
    name = escaped(predictions.files[row])
    return f'<p class="file" title="{name}">{name}</p>'


def examples(
    predictions: Predictions, rows: Indices, pictures: Mapping[int, int], model: Model
) -> str:
    """Return a list item for each example.

    Parameters
    ----------
    pictures : as those of `mistakes`
    """
    items = []
    for row in rows.tolist():
        label = f"Test image {predictions.numbers[row]}: {predictions.actual[row]}"
        name = isolated(predictions.actual[row])
        items.append(f"<li>{_canvas(pictures[row], model, label)}<p>{name}</p></li>")
    is_long = any(len(name) > MAX_SHORT_NAME for name in model.class_names)
    style = "gallery examples long" if is_long else "gallery examples"
    return join_lines(f'<ol class="{style}">', *items, "</ol>")


def training_examples(class_names: Sequence[str], first: int, model: Model) -> str:
    """Return a list item for each class, with its training images in a row and its name below.

    Parameters
    ----------
    class_names : the class of each image, class by class
    first : picture `first` + k of the page is image k
    """
    pictures = enumerate(class_names, start=first)
    rows = [
        (name, [_canvas(picture, model, f"Training image: {name}") for picture, _ in row])
        for name, row in groupby(pictures, key=operator.itemgetter(1))
    ]
    items = (
        f'<li><div class="row">{"".join(canvases)}</div><p>{isolated(name)}</p></li>'
        for name, canvases in rows
    )
    # page.css has the classes of1…of5.
    longest = max((len(canvases) for _, canvases in rows), default=1)
    style = f"gallery rows of{longest}"
    return join_lines(f'<ol class="{style}" id="training-examples">', *items, "</ol>")


def units(model: Model) -> tuple[str, float, NDArray[np.int8]]:
    """Return a list of the units of layer 1, and their weights on one scale.

    Only units with the largest Euclidean norm are in the list if there are many.

    Returns
    -------
    (gallery, limit, levels) : levels, (units, inputs) int8, in which 127 stands for `limit`
    """
    weights = model.network.weights[0]
    unit_indices, limit = largest_units(weights, _unit_count(model))
    levels = np.rint(np.clip(weights.T[unit_indices] / limit, -1, 1) * 127).astype(np.int8)
    (height, width, *channels), _ = model.pixels()
    canvases = (
        f'<li><canvas width="{width}" height="{height}" data-unit="{index}"></canvas>'
        f"<p>{unit}</p></li>"
        for index, unit in enumerate(unit_indices.tolist())
    )
    colours = " in colour" if channels else ""
    label = f"Weights of {len(unit_indices)} units as images of {height} by {width} pixels{colours}"
    gallery = join_lines(
        f'<ol class="gallery units" role="img" aria-label="{label}">', *canvases, "</ol>"
    )
    return gallery, limit, levels


def units_sentence(model: Model) -> str:
    """Return a sentence with the number and the order of the units in the gallery."""
    total = model.network.layers[0].fan_out
    count = _unit_count(model)
    subject = (
        f"The {count} units of {total:,} with the largest norm" if count < total else "All units"
    )
    sentence = f"{subject}, the largest norm first; the number of each unit, from 0, is below it."
    if len(model.pixels()[0]) == 3:
        sentence += " The red, green and blue of a pixel show its three weights: grey is 0."
    return sentence


def _unit_count(model: Model) -> int:
    return min(MAX_UNITS, max(MAX_PIXELS // model.network.inputs, 1))


def _canvas(picture: int, model: Model, label: str, title: str = "") -> str:
    """Return a canvas; `title` is the image beside its prediction, if the label has another one."""
    (height, width, *_), _ = model.pixels()
    data_title = f' data-title="{escaped(title)}"' if title else ""
    return (
        f'<canvas width="{width}" height="{height}" data-picture="{picture}" role="img" '
        f'aria-label="{escaped(label)}"{data_title}></canvas>'
    )
