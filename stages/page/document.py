"""The whole page: markup, style, scripts and data in one text."""

import base64
import hashlib
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from string import Template
from typing import Any

import numpy as np

from nncore.data.dataset import Images
from nncore.model import Model
from stages.page import galleries, overview
from stages.page.confusion import confusion
from stages.page.curves import learning_curves
from stages.page.data import data
from stages.page.markup import base64_text, escaped, join_lines, json_element, number, percent
from stages.shared.chance import chance_warning
from stages.shared.data_report_inputs import Examples
from stages.shared.report_inputs import Columns, Predictions, take_images

_FOLDER = Path(__file__).parent
# The scripts in the order of the page; the last one calls the others.
SCRIPTS = ("network", "digits", "strokes", "pictures", "curves", "mistakes", "pad", "main")
# As base64. A larger page would be hard to send and to open on a phone.
MAX_PARAMETER_BYTES = 20_000_000
# What becomes of a drawing on the pad.
_PAD_CAPTIONS = {
    "as-is": "The page scales a drawing to this size, and moves nothing.",
    "digit": "The page crops and fits a drawing and moves its centre of mass to the middle, as "
    "<code>nncore predict</code> does with a picture.",
}


@dataclass(frozen=True)
class Results:
    """The content of the page.

    Attributes
    ----------
    dataset : name of the data set
    parameters : params.yaml as nested mappings
    model, digest : the model, and the MD5 of its file
    images : the test images, (n, inputs) floats, or uint8 that read as floats
    history, predictions : the content of history.csv and predictions.csv
    train, test : numbers of train.json and test.json by dotted names
    data : content of data.json
    training_examples : training images to show, or None for none
    """

    dataset: str
    parameters: Mapping[str, object]
    model: Model
    digest: str
    images: Images
    history: Columns
    predictions: Predictions
    train: Mapping[str, float]
    test: Mapping[str, float]
    data: Mapping[str, Any]
    training_examples: Examples | None = None


def page(results: Results) -> str:
    """Return the report as one HTML document; the same results give the same text."""
    model, predictions = results.model, results.predictions
    mistakes, examples = galleries.choose_images(predictions, model)
    image_indices = predictions.numbers[[*mistakes, *examples]]
    pictures = [take_images(results.images, image_indices)]
    training_gallery = ""
    if shown := results.training_examples:
        pictures.append(shown.images)
        first = len(image_indices)
        training_gallery = galleries.training_examples(shown.class_names, first, model)
    unit_gallery, limit, levels = galleries.units(model)
    shape, normalization = model.pixels()
    elements = [
        json_element(
            "model",
            {
                "activations": [layer.activation for layer in model.network.layers],
                "isDigit": model.pictures == "digit",
                "mean": normalization.mean,
                "names": model.class_names,
                "pictures": base64_text(galleries.pixels(np.concatenate(pictures), model)),
                "shape": shape,
                "sizes": [model.network.inputs, *(layer.fan_out for layer in model.network.layers)],
                "std": normalization.std,
                "units": base64_text(levels),
            },
        )
    ]
    if fits(model):
        pad = _pad(model, galleries.examples(predictions, examples, len(mistakes), model))
        # A browser's typed arrays are little-endian.
        parameters = base64_text(model.network.parameters.astype("<f4"))
        elements.append(f'<script type="text/plain" id="parameters">{parameters}</script>')
    else:
        pad = (
            f"<p>The network's {model.network.parameters.size:,} parameters would make this page "
            f"larger than {MAX_PARAMETER_BYTES // 10**6} MB, so it has no pad to draw on.</p>"
        )
    style, script = _read("page.css"), _script()
    correct, total = results.test["correct"], results.test["total"]
    return Template(_read("page.html")).substitute(
        title=f"{escaped(results.dataset)}: {percent(results.test['accuracy'])} correct",
        subtitle=f"nncore classified {number(correct)} of {number(total)} test images correctly.",
        chance=_chance_note(results.test["accuracy"], predictions.actual),
        style=style,
        style_digest=_csp_digest(style),
        script=script,
        script_digest=_csp_digest(script),
        metrics=overview.metrics(results.train, results.test),
        pad=pad,
        data_section=data(results.data, model.class_names, training_gallery),
        curves=learning_curves(results.history),
        confusion=confusion(predictions.actual, predictions.predicted, model.class_names),
        mistakes_shown=galleries.mistakes_sentence(predictions, len(mistakes)),
        mistakes=galleries.mistakes(predictions, mistakes, model),
        limit=f"{limit:.3g}",
        units_shown=galleries.units_sentence(model),
        units=unit_gallery,
        training=overview.training(results.dataset, results.train, results.test),
        layers=overview.layers(model),
        provenance=overview.parameters_and_provenance(model, results.digest, results.parameters),
        data=join_lines(*elements),
    )


def fits(model: Model) -> bool:
    """Return whether the parameters of the network are small enough for the page."""
    return 4 * model.network.parameters.size * 4 // 3 <= MAX_PARAMETER_BYTES


def _chance_note(accuracy: float, actual: Sequence[str]) -> str:
    """Return a paragraph if the network has learnt nothing, else an empty string."""
    line = chance_warning("test", accuracy, list(Counter(actual).values()))
    return f'<p class="note">{escaped(line[0].upper() + line[1:])}.</p>' if line else ""


def _pad(model: Model, examples: str) -> str:
    (height, width), _ = model.pixels()
    return Template(_read("pad.html")).substitute(
        height=height, width=width, caption=_PAD_CAPTIONS[model.pictures], examples=examples
    )


def _script() -> str:
    """Return the scripts as one function, which defines no global names."""
    scripts = "\n".join(_read(f"{name}.js") for name in SCRIPTS)
    return f'(() => {{\n"use strict";\n{scripts}}})();\n'


def _read(name: str) -> str:
    return (_FOLDER / name).read_text(encoding="utf-8")


def _csp_digest(text: str) -> str:
    """Return the digest that identifies a script or style in a content security policy."""
    return f"sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode('ascii')}"
