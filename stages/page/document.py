"""The page as a whole: markup, style, scripts and data in one text."""

import base64
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from string import Template

from nncore.data import Images
from nncore.model import Model
from stages.measured import Columns, Predictions, rows_of
from stages.page import galleries, overview
from stages.page.confusion import confusion
from stages.page.curves import learning_curves
from stages.page.markup import data, encoded, lines, number, percent, plain

_FOLDER = Path(__file__).parent
# In the order of their use: one program, in which the last file calls the others.
SCRIPTS = ("network", "digits", "strokes", "pictures", "curves", "mistakes", "pad", "main")
# In base64. Larger weights are left out: a page is to be passed on, and to be opened on a phone.
MOST_BYTES = 20_000_000


@dataclass(frozen=True)
class Results:
    """What the page tells.

    Attributes
    ----------
    dataset : its name
    parameters : params.yaml, nested
    model, digest : the model, and the MD5 of its file
    images : (n, inputs) floats, or bytes that read as floats, the test set
    history, predictions : what is in history.csv and predictions.csv
    train, test : numbers of train.json and test.json by their dotted names
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


def page(results: Results) -> str:
    """Return the report as one HTML document, the same text for the same results."""
    model, predictions = results.model, results.predictions
    mistakes, examples = galleries.chosen(predictions, model)
    shown = predictions.numbers[[*mistakes, *examples]]
    weights, limit, levels = galleries.units(model)
    blocks = [
        data(
            "model",
            {
                "activations": [layer.activation for layer in model.network.layers],
                "mean": model.scaling.mean,
                "names": model.class_names,
                "pictures": encoded(galleries.pixels(rows_of(results.images, shown), model)),
                "shape": model.image_shape,
                "sizes": [model.network.inputs, *(layer.fan_out for layer in model.network.layers)],
                "std": model.scaling.std,
                "units": encoded(levels),
            },
        )
    ]
    if fits(model):
        pad = _pad(model, galleries.examples(predictions, examples, len(mistakes), model))
        # Little-endian, as every browser's arrays are.
        text = encoded(model.network.parameters.astype("<f4"))
        blocks.append(f'<script type="text/plain" id="parameters">{text}</script>')
    else:
        pad = (
            f"<p>The network's {model.network.parameters.size:,} parameters would make this page "
            f"larger than {MOST_BYTES // 10**6} MB, so it holds no pad to draw on.</p>"
        )
    style, script = _read("page.css"), _script()
    right, total = results.test["correct"], results.test["total"]
    return Template(_read("page.html")).substitute(
        title=f"{plain(results.dataset)}: {percent(results.test['accuracy'])} right",
        subtitle=f"nncore read {number(total)} test images, {number(right)} of them right.",
        style=style,
        style_digest=_csp_digest(style),
        script=script,
        script_digest=_csp_digest(script),
        figures=overview.figures(results.train, results.test),
        pad=pad,
        curves=learning_curves(results.history),
        confusion=confusion(predictions.actual, predictions.predicted, model.class_names),
        mistakes_shown=galleries.in_words(predictions, len(mistakes)),
        mistakes=galleries.mistakes(predictions, mistakes, model),
        limit=f"{limit:.3g}",
        units_shown=galleries.units_in_words(model),
        units=weights,
        course=overview.course(results.dataset, results.train, results.test),
        network=overview.network(model),
        origin=overview.origin(model, results.digest, results.parameters),
        data=lines(*blocks),
    )


def fits(model: Model) -> bool:
    """Return whether the page can hold the network."""
    return 4 * model.network.parameters.size * 4 // 3 <= MOST_BYTES


def _pad(model: Model, examples: str) -> str:
    height, width = model.image_shape
    return Template(_read("pad.html")).substitute(height=height, width=width, examples=examples)


def _script() -> str:
    """Return the scripts as one function, which leaves no names behind."""
    parts = "\n".join(_read(f"{name}.js") for name in SCRIPTS)
    return f'(() => {{\n"use strict";\n{parts}}})();\n'


def _read(name: str) -> str:
    return (_FOLDER / name).read_text(encoding="utf-8")


def _csp_digest(text: str) -> str:
    """Return what a content security policy knows a script or a style by."""
    return f"sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode('ascii')}"
