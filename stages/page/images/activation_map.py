"""The map of the test set: where each layer of the network puts the test images."""

from collections import Counter
from collections.abc import Mapping, Sequence
from string import Template
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from nncore.arrays import Doubles, Indices
from nncore.model import Model
from stages.page.assets import read_template
from stages.page.explanations.explain import explained, heading
from stages.page.images.samples import ImageSample
from stages.page.markup import (
    base64_text,
    collapsible,
    escaped,
    isolated,
    join_lines,
    json_element,
    table,
)
from stages.page.notes import refusal_note
from stages.page.numbers import percent
from stages.shared.report_inputs import Predictions

# class_colours.css has so many colours. Images of other classes are grey.
MAX_COLOURS = 10
# Paths around the origin. activation_map.css fills the first five and draws the outline of the next
# five, so that no class has its colour alone.
_SHAPES = (
    "M-3.7 0A3.7 3.7 0 1 0 3.7 0A3.7 3.7 0 1 0-3.7 0Z",
    "M-3.3-3.3H3.3V3.3H-3.3Z",
    "M0-4L4.3 4H-4.3Z",
    "M0-4.8L4.8 0L0 4.8L-4.8 0Z",
    "M0 4L4.3-4H-4.3Z",
)
_OTHER_SHAPE = "M-2 0A2 2 0 1 0 2 0A2 2 0 1 0-2 0Z"
_CROSS = "M-6-6L6 6M-6 6L6-6"


class LayerMap(NamedTuple):
    """Where the images lie in one layer.

    Attributes
    ----------
    coordinates : (images, 2) int16 along the two principal components, both on one scale
    fractions : (2,) of the variance of all units that each component has
    """

    coordinates: NDArray[np.int16]
    fractions: Doubles


class ActivationMap(NamedTuple):
    """The images of the map and their coordinates.

    Attributes
    ----------
    rows : rows of the predictions
    layers : the map of the input, of each hidden layer and of the logits
    """

    rows: Indices
    layers: Sequence[LayerMap]


def map_section(
    activation_map: ActivationMap,
    predictions: Predictions,
    model: Model,
    pictures: Mapping[int, int],
    sample: ImageSample | None = None,
    *,
    computes: bool = False,
) -> str:
    """Return the section, which a script fills, with the data of this script.

    Parameters
    ----------
    pictures : numbers of pictures in the page by rows of the predictions
    sample : the test images of the page, or None for none
    computes : whether the page has a lab, which computes with some of them
    """
    rows = activation_map.rows.tolist()
    index_of = {name: index for index, name in enumerate(model.class_names)}
    actual = [index_of[predictions.actual[row]] for row in rows]
    predicted = [index_of[predictions.predicted[row]] for row in rows]
    colours = _coloured_classes(actual)
    names, notes = _layer_names(model), _layer_notes(model)
    mistakes = sum(a != p for a, p in zip(actual, predicted, strict=True))
    total = len(predictions.actual)
    images = f"all {total:,} test images"
    if len(rows) < total:
        images = f"{len(rows):,} of {total:,} test images, evenly spread over the test set"
    data = {
        "actual": actual,
        "colours": colours,
        "confidence": [round(1000 * predictions.confidence[row]) for row in rows],
        "cross": _CROSS,
        "coordinates": [
            base64_text(layer.coordinates.astype("<i2")) for layer in activation_map.layers
        ],
        "files": [predictions.files[row] for row in rows] if predictions.files else [],
        "fractions": [
            [round(f, 6) for f in layer.fractions.tolist()] for layer in activation_map.layers
        ],
        "otherShape": _OTHER_SHAPE,
        "shapes": _SHAPES,
        "numbers": predictions.numbers[activation_map.rows].tolist(),
        "pictures": [pictures.get(row, -1) for row in rows],
        "predicted": predicted,
    }
    choices = (
        f'<label><input type="radio" name="map-layer" value="{index}"> {name}</label>'
        for index, name in enumerate(names)
    )
    classes = (
        f'<option value="{index}">{escaped(name)}</option>'
        for index, name in enumerate(model.class_names)
    )
    fractions = (
        (name, note, *map(percent, layer.fractions.tolist()))
        for name, note, layer in zip(names, notes, activation_map.layers, strict=True)
    )
    heads = ("layer", "numbers of an image", "first direction", "second direction")
    height, width, *_ = model.pixels()[0]
    return join_lines(
        Template(read_template("activation_map")).substitute(
            images=f"{images}, {mistakes:,} of them mistakes",
            layers="\n".join(choices),
            classes="\n".join(classes),
            legend=_legend(colours, model.class_names),
            height=height,
            width=width,
        ),
        explained(
            collapsible(
                "Variance in the map", table("Explained variance", heads, fractions, "<<>")
            ),
            "map-variance",
        ),
        explained(
            collapsible(
                "Test images in this page",
                _class_counts(predictions, actual, model, sample, computes=computes),
            ),
            "map-images",
        ),
        "</section>",
        json_element("activation-map", data),
    )


def map_refusal(reason: str) -> str:
    """Return the section of a page without a map, with the reason."""
    return join_lines(
        '<section aria-labelledby="map">',
        heading('<h2 id="map">Map of the test set</h2>', "map"),
        refusal_note("map", reason),
        "</section>",
    )


def _class_counts(
    predictions: Predictions,
    mapped: Sequence[int],
    model: Model,
    sample: ImageSample | None,
    *,
    computes: bool,
) -> str:
    """Return the numbers of images of each class: in the test set, on the map and in the page."""
    classes = len(model.class_names)
    whole, on_map = Counter(predictions.actual), np.bincount(mapped, minlength=classes)
    columns: list[tuple[str, Sequence[int]]] = [
        ("test set", [whole[name] for name in model.class_names]),
        ("map", on_map.tolist()),
    ]
    if sample:
        embedded = np.bincount(sample.labels, minlength=classes)
        columns.append(("pixels in the page", embedded.tolist()))
        if computes:
            columns.append(("lab and comparison", sample.class_counts(classes).tolist()))
    names, counts = zip(*columns, strict=True)
    rows = [
        (isolated(name), *(f"{count:,}" for count in row))
        for name, row in zip(model.class_names, zip(*counts, strict=True), strict=True)
    ]
    rows.append(("all", *(f"{sum(column):,}" for column in counts)))
    return table("Test images of each class", ("class", *names), rows)


def _coloured_classes(actual: Sequence[int]) -> list[int]:
    """Return the classes that have a colour: the most frequent ones, in order."""
    frequent = sorted(Counter(actual).items(), key=lambda item: (-item[1], item[0]))
    return sorted(index for index, _ in frequent[:MAX_COLOURS])


def _layer_names(model: Model) -> list[str]:
    hidden = range(1, len(model.network.layers))
    return ["Input", *(f"Hidden layer {index}" for index in hidden), "Output"]


def _layer_notes(model: Model) -> list[str]:
    """Return what the numbers of each layer are."""
    *hidden, last = model.network.layers
    notes = [f"{layer.fan_out:,} activations, {layer.activation}" for layer in hidden]
    return [f"{model.network.inputs:,} pixels", *notes, f"{last.fan_out:,} logits"]


def _legend(colours: Sequence[int], names: Sequence[str]) -> str:
    """Return an entry for each colour, one for all other classes, and one for each shape."""
    items = [
        _legend_item(f"class-{k}", _shape(_SHAPES[k % len(_SHAPES)]), isolated(names[index]))
        for k, index in enumerate(colours)
    ]
    if len(colours) < len(names):
        items.append(_legend_item("class-other", _shape(_OTHER_SHAPE), "other classes"))
    cross = f'<path class="line" d="{_CROSS}"/>'
    items.append(_legend_item("", cross, "mistake, with the mark of its actual class"))
    return join_lines('<ul class="legend" aria-label="Legend of the map">', *items, "</ul>")


def _shape(path: str) -> str:
    return f'<path class="shape" d="{path}"/>'


def _legend_item(style: str, mark: str, name: str) -> str:
    return (
        f'<li><svg class="mark {style}" viewBox="-7 -7 14 14" aria-hidden="true">{mark}</svg>'
        f"{name}</li>"
    )
