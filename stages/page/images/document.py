"""The whole page: markup, style, scripts and data in one text."""

import numpy as np
from numpy.typing import NDArray

from nncore.arrays import Floats
from nncore.model import Model
from stages.page import comparison, overview
from stages.page.confusion import confusion
from stages.page.curves import learning_curves
from stages.page.explanations.explain import heading
from stages.page.frame import framed_page
from stages.page.images import galleries, inspection, lab
from stages.page.images.activation_map import map_refusal, map_section
from stages.page.images.data import data
from stages.page.images.pad import has_pad, pad_section
from stages.page.images.parameters import fits, parameters_element
from stages.page.images.results import Results
from stages.page.images.samples import (
    ImageSample,
    embedded_sentence,
    number_pictures,
    sample_test_images,
    sample_training_images,
)
from stages.page.markup import base64_text, escaped, join_lines, json_element
from stages.page.mistakes import mistakes_sentence
from stages.page.notes import chance_note, refusal_note
from stages.page.numbers import format_count, format_number, percent
from stages.page.numerics import is_fast
from stages.page.trust import confidence_section, damage_section
from stages.shared.report_content import original_pixels
from stages.shared.report_inputs import take_images

WITHOUT_SCRIPTS = (
    '<noscript><p class="note">Without JavaScript this page has its tables and curves alone: no '
    "images, pad, look inside, lab, map or comparison. All explanations are at its end.</p>"
    "</noscript>"
)
STYLES = (
    *("page", "controls", "tables", "charts", "explain", "class_colours"),
    *("inspection", "lab", "activation_map", "comparison", "print"),
)


def page(results: Results) -> str:
    """Return the report as one HTML document; the same results give the same text."""
    model, predictions = results.model, results.predictions
    mistakes, examples = galleries.choose_images(predictions, model)
    right = galleries.choose_right(predictions, model)
    embeds_images = results.embed_images
    computes = fits(model)
    fast = is_fast(results.parameters)
    sample: ImageSample | None = None
    pictures: dict[int, int] = {}
    if embeds_images:
        if computes or results.activation_map:
            sample = sample_test_images(results.images, predictions, model)
        shown = np.concatenate([mistakes, examples, right]).tolist()
        pictures = number_pictures(sample, predictions, shown)
    first = len(sample) if sample else 0
    others = [row for row, picture in pictures.items() if picture >= first]
    images = [take_images(results.images, predictions.numbers[others])]
    training_gallery, training_count = "", 0
    if embeds_images and (training := results.training_examples):
        images.append(training.images)
        training_count = len(training.images)
        training_gallery = galleries.training_examples(
            training.class_names, first + len(others), model
        )
    unit_gallery, limit, levels = galleries.units(model)
    elements = [
        _model_element(model, np.concatenate(images), levels),
        comparison.run_element(results, "images"),
    ]
    example_gallery = ""
    if embeds_images:
        example_gallery = galleries.examples(predictions, examples, pictures, model)
    pad = pad_section(model, example_gallery)
    inside, lab_section = inspection.inspection(model, with_images=embeds_images, fast=fast), ""
    training_sample: ImageSample | None = None
    if computes:
        elements.append(parameters_element(model))
        if embeds_images and results.training_images:
            training_sample = sample_training_images(results.training_images, model.pixels()[1])
        lab_section = lab.lab(model, sample, fast=fast) if sample and sample.computed else ""
    elements += [embedded.element() for embedded in (sample, training_sample) if embedded]
    if has_pad(model):
        # The pad has these examples already.
        example_gallery = ""
    activation_map = map_refusal(results.refusal) if results.refusal else ""
    if results.activation_map:
        activation_map = map_section(
            results.activation_map, predictions, model, pictures, sample, computes=bool(lab_section)
        )
    correct, total = results.test["correct"], results.test["total"]
    parts = {
        "title": f"{escaped(results.dataset)}: {percent(results.test['accuracy'])} correct",
        "subtitle": f"nncore classified {format_count(correct)} of {format_count(total)} test "
        "images correctly.",
        "chance": chance_note(results.test["accuracy"], predictions.actual),
        "embedded": embedded_sentence(
            first + len(others),
            len(results.images),
            training_count,
            training_sample,
            embed_images=embeds_images,
        ),
        "metrics": overview.metrics(results.train, results.test),
        "pad": pad,
        "inspection": inside,
        "lab": lab_section,
        "comparison": comparison.comparison(with_images=True),
        "data_section": data(results.data, model.class_names, training_gallery),
        "curves": learning_curves(results.history),
        "confusion": confusion(
            predictions.actual,
            predictions.predicted,
            model.class_names,
            opens_right=embeds_images and len(right) > 0,
        ),
        "mistakes_shown": mistakes_sentence(predictions, len(mistakes)),
        "mistakes": galleries.mistakes(predictions, mistakes, pictures, model),
        "right_images": galleries.right_images(predictions, right, pictures, model)
        if embeds_images and len(right)
        else "",
        "activation_map": activation_map,
        "trust": confidence_section(
            predictions.actual, predictions.predicted, predictions.confidence
        ),
        "damage": damage_section(results.damage, results.damaged_images, fast=fast)
        if results.damage
        else refusal_note("accuracy on damaged images", results.refusal),
        "examples": _examples(example_gallery),
        "limit": format_number(limit, 3),
        "scale": "gradient rgb" if len(model.pixels()[0]) == 3 else "gradient",
        "units_shown": galleries.units_sentence(model),
        "units": unit_gallery,
        "training": overview.training(results),
        "layers": overview.layers(model),
        "provenance": overview.parameters_and_provenance(model, results.digest, results.parameters),
        "data": join_lines(*elements),
        "without_scripts": WITHOUT_SCRIPTS,
    }
    links = [
        *([("try", "Try it")] if pad else []),
        *([("inspect", "Look inside")] if inside else []),
        *([("lab", "Lab")] if lab_section else []),
        ("data", "Data"),
        ("curves", "Learning curves"),
        ("confusion", "Confusion matrix"),
        ("mistakes-heading", "Mistakes"),
        *([("map", "Map")] if activation_map else []),
        ("trust", "Trust"),
        ("weights", "Weights"),
        ("run", "Run"),
        ("compare", "Compare"),
        ("explanations", "Explanations"),
    ]
    return framed_page("image_page", parts, links=links, styles=STYLES, script="image_page")


def _model_element(model: Model, images: Floats, levels: NDArray[np.int8]) -> str:
    """Return the network without its parameters, and the pictures, as a JSON element.

    Parameters
    ----------
    images : (n, inputs) images of the galleries that are not in the sample of test images
    levels : (units, inputs) of the gallery of weights
    """
    shape, normalization = model.pixels()
    layers = model.network.layers
    return json_element(
        "model",
        {
            "activations": [layer.activation for layer in layers],
            "mean": normalization.mean,
            "names": model.class_names,
            "pictures": base64_text(original_pixels(images, normalization)),
            "shape": shape,
            "sizes": [model.network.inputs, *(layer.fan_out for layer in layers)],
            "std": normalization.std,
            "units": base64_text(levels),
        },
    )


def _examples(gallery: str) -> str:
    """Return the gallery with its heading; empty for an empty one."""
    if not gallery:
        return ""
    title = heading("<h3>An example of each class</h3>", "class-examples")
    return join_lines('<div class="needs-scripts">', title, gallery, "</div>")
