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
from stages.page.explanations.explain import explained
from stages.page.markup import (
    base64_text,
    collapsible,
    escaped,
    isolated,
    join_lines,
    json_element,
    percent,
    table,
)
from stages.shared.report_inputs import Predictions

# class_colours.css has so many colours. Images of other classes are grey.
MAX_COLOURS = 10


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
    """The images of the map and their places.

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
) -> str:
    """Return the section, which a script fills, with the data of this script.

    Parameters
    ----------
    pictures : numbers of pictures in the page by rows of the predictions
    """
    rows = activation_map.rows.tolist()
    index_of = {name: index for index, name in enumerate(model.class_names)}
    actual = [index_of[predictions.actual[row]] for row in rows]
    predicted = [index_of[predictions.predicted[row]] for row in rows]
    colours = _coloured_classes(actual)
    names, notes = _layer_names(model), _layer_notes(model)
    mistakes = sum(a != p for a, p in zip(actual, predicted, strict=True))
    total = len(predictions.actual)
    images = f"all {total:,}" if len(rows) == total else f"{len(rows):,} of {total:,}"
    data = {
        "actual": actual,
        "colours": colours,
        "confidence": [round(1000 * predictions.confidence[row]) for row in rows],
        "coordinates": [
            base64_text(layer.coordinates.astype("<i2")) for layer in activation_map.layers
        ],
        "files": [predictions.files[row] for row in rows] if predictions.files else [],
        "fractions": [
            [round(f, 6) for f in layer.fractions.tolist()] for layer in activation_map.layers
        ],
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
            images=f"{images} test images, {mistakes:,} of them mistakes",
            layers="\n".join(choices),
            classes="\n".join(classes),
            legend=_legend(colours, model.class_names),
            height=height,
            width=width,
        ),
        explained(
            collapsible(
                "Variance in the map", table("Share of the variance", heads, fractions, "<<>")
            ),
            "map-variance",
        ),
        "</section>",
        json_element("activation-map", data),
    )


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
    entries = [(f"class-{k}", isolated(names[index])) for k, index in enumerate(colours)]
    if len(colours) < len(names):
        entries.append(("class-other", "other classes"))
    circle, cross = '<circle cx="6" cy="6" r="5"/>', '<path d="M2 2L10 10M2 10L10 2"/>'
    items = [_legend_item(f"dot {style}", circle, name) for style, name in entries]
    items += [
        _legend_item("dot class-none", circle, "right"),
        _legend_item("cross class-none", cross, "mistake, in the colour of its actual class"),
    ]
    return join_lines('<ul class="legend" aria-label="Legend of the map">', *items, "</ul>")


def _legend_item(style: str, shape: str, name: str) -> str:
    return (
        f'<li><svg class="{style}" viewBox="0 0 12 12" aria-hidden="true">{shape}</svg>{name}</li>'
    )
