"""The whole page: markup, style, scripts and data in one text."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from string import Template
from typing import Any

import numpy as np

from nncore.data.dataset import Images
from nncore.model import Model
from stages.page import compare, galleries, inspection, lab, overview
from stages.page.assets import combine_scripts, combine_styles, csp_digest, read_asset
from stages.page.confusion import confusion
from stages.page.curves import learning_curves
from stages.page.data import data
from stages.page.image_samples import ImageSample, TrainingImages, embedded_sentence, image_samples
from stages.page.markup import base64_text, escaped, join_lines, json_element, number, percent
from stages.page.pad import has_pad, has_parameters, pad_section
from stages.page.trust import confidence_section, damage_section
from stages.shared.chance import chance_warning
from stages.shared.data_report_inputs import Examples
from stages.shared.report_content import original_pixels
from stages.shared.report_inputs import Columns, Predictions, take_images

# The scripts in the order of the page; the last one calls the others.
SCRIPTS = (
    "network",
    "digits",
    "strokes",
    "pictures",
    "image_samples",
    *inspection.SCRIPTS,
    *lab.SCRIPTS,
    "svg",
    *compare.SCRIPTS,
    "curves",
    "mistakes",
    "pad",
    "main",
)
STYLES = ("page", "inspection", "lab")


@dataclass(frozen=True)
class Results:
    """The content of the page.

    Attributes
    ----------
    dataset : name of the data set
    parameters : params.yaml as nested mappings
    model, digest : the model, and the MD5 of its file
    images : the test images, (n, inputs) floats, or uint8 that read as floats
    embed_images : whether the page has pictures of test images
    damage : accuracies on damaged images, by names of `nncore.analysis.robustness.DAMAGES`
    damaged_images : number of these images
    history, predictions : the content of history.csv and predictions.csv
    train, test : numbers of train.json and test.json by dotted names
    data : content of data.json
    training_examples : training images to show, or None for none
    training_images : training images of which the page embeds some, or None for none
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
    training_images: TrainingImages | None = None
    embed_images: bool = True
    damage: Mapping[str, Sequence[float]] = field(default_factory=dict)
    damaged_images: int = 0


def page(results: Results) -> str:
    """Return the report as one HTML document; the same results give the same text."""
    model, predictions = results.model, results.predictions
    mistakes, examples = galleries.choose_images(predictions, model)
    rows = [*mistakes, *examples] if results.embed_images else []
    images = [take_images(results.images, predictions.numbers[rows])]
    training_gallery, training_count = "", 0
    if results.embed_images and (shown := results.training_examples):
        images.append(shown.images)
        training_count = len(shown.images)
        training_gallery = galleries.training_examples(shown.class_names, len(rows), model)
    unit_gallery, limit, levels = galleries.units(model)
    shape, normalization = model.pixels()
    elements = [
        json_element(
            "model",
            {
                "activations": [layer.activation for layer in model.network.layers],
                "mean": normalization.mean,
                "names": model.class_names,
                "pictures": base64_text(original_pixels(np.concatenate(images), normalization)),
                "shape": shape,
                "sizes": [model.network.inputs, *(layer.fan_out for layer in model.network.layers)],
                "std": normalization.std,
                "units": base64_text(levels),
            },
        )
    ]
    example_gallery = ""
    if results.embed_images:
        example_gallery = galleries.examples(predictions, examples, len(mistakes), model)
    elements.append(
        compare.run_element(
            dataset=results.dataset,
            digest=results.digest,
            parameters=results.parameters,
            history=results.history,
            train=results.train,
            test=results.test,
        )
    )
    pad = pad_section(model, example_gallery)
    inside, bench = "", ""
    samples: list[ImageSample] = []
    if has_parameters(model, embed_images=results.embed_images):
        # A browser's typed arrays are little-endian.
        parameters = base64_text(model.network.parameters.astype("<f4"))
        elements.append(f'<script type="text/plain" id="parameters">{parameters}</script>')
        if results.embed_images:
            samples = image_samples(results.images, predictions, model, results.training_images)
        elements += [sample.element() for sample in samples]
        bench = lab.lab(model, samples[0]) if samples else ""
        inside = inspection.inspection(with_pad=has_pad(model), with_images=results.embed_images)
    if has_pad(model):
        # The pad has these examples already.
        example_gallery = ""
    style, script = combine_styles(STYLES), combine_scripts(SCRIPTS)
    correct, total = results.test["correct"], results.test["total"]
    return Template(read_asset("page.html")).substitute(
        title=f"{escaped(results.dataset)}: {percent(results.test['accuracy'])} correct",
        subtitle=f"nncore classified {number(correct)} of {number(total)} test images correctly.",
        chance=_chance_note(results.test["accuracy"], predictions.actual),
        style=style,
        style_digest=csp_digest(style),
        script=script,
        script_digest=csp_digest(script),
        embedded=embedded_sentence(
            len(rows), training_count, samples, embed_images=results.embed_images
        ),
        pad_link='<a href="#try">Try it</a>' if pad else "",
        metrics=overview.metrics(results.train, results.test),
        pad=pad,
        inspection=inside,
        inspection_link='<a href="#inspect">Look inside</a>' if inside else "",
        lab=bench,
        lab_link='<a href="#lab">Lab</a>' if bench else "",
        comparison=compare.comparison(),
        data_section=data(results.data, model.class_names, training_gallery),
        curves=learning_curves(results.history),
        confusion=confusion(predictions.actual, predictions.predicted, model.class_names),
        mistakes_shown=galleries.mistakes_sentence(predictions, len(mistakes)),
        mistakes=galleries.mistakes(
            predictions, mistakes, model, embed_images=results.embed_images
        ),
        trust=confidence_section(predictions.actual, predictions.predicted, predictions.confidence),
        damage=damage_section(results.damage, results.damaged_images) if results.damage else "",
        examples=f"<h3>An example of each class</h3>\n{example_gallery}" if example_gallery else "",
        limit=f"{limit:.3g}",
        scale="rgb" if len(shape) == 3 else "signed",
        units_shown=galleries.units_sentence(model),
        units=unit_gallery,
        training=overview.training(results.dataset, results.train, results.test),
        layers=overview.layers(model),
        provenance=overview.parameters_and_provenance(model, results.digest, results.parameters),
        data=join_lines(*elements),
    )


def _chance_note(accuracy: float, actual: Sequence[str]) -> str:
    """Return a paragraph if the network has learnt nothing, else an empty string."""
    line = chance_warning("test", accuracy, list(Counter(actual).values()))
    return f'<p class="note">{escaped(line[0].upper() + line[1:])}.</p>' if line else ""
