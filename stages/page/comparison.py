"""The comparison: the numbers that another report's page reads from this one."""

from string import Template
from typing import Literal

import numpy as np

from stages.page.assets import read_template
from stages.page.explanations.explain import heading
from stages.page.markup import join_lines, json_element
from stages.page.overview import settings
from stages.page.run_results import RunResults

FORMAT = "nncore report 2"
# What a report is about: images, or a table whose target is classes or numbers.
Kind = Literal["images", "classes", "numbers"]
# Each metric by its dotted name in train.json or test.json, and whether it is a fraction.
_METRICS = (
    ("Test accuracy", "test", "accuracy", True),
    ("Test RMSE", "test", "rmse", False),
    ("Test MAE", "test", "mae", False),
    ("R²", "test", "r2", False),
    ("Test loss", "test", "loss", False),
    ("Balanced accuracy", "test", "balanced_accuracy", True),
    ("Macro F1", "test", "macro_f1", True),
    ("Calibration error", "test", "expected_calibration_error", True),
    ("Validation accuracy", "train", "validation.accuracy", True),
    ("Validation loss", "train", "validation.loss", False),
    ("Training accuracy", "train", "train.accuracy", True),
    ("Training loss", "train", "train.loss", False),
    ("Parameters", "train", "parameters", False),
    ("Epochs", "train", "epochs", False),
    ("Epoch of the weights", "train", "kept_epoch", False),
)
# Each curve by its column of history.csv, and whether it is a fraction.
_CURVES = (
    ("validation loss", "validation_loss", False),
    ("validation accuracy", "validation_accuracy", True),
    ("training loss", "train_loss", False),
    ("training accuracy", "train_accuracy", True),
)
_IMAGES = join_lines(
    heading("<h3>Images on which the models differ</h3>", "compare-images"),
    '<p id="compare-images"></p>',
    '<div id="compare-differences"></div>',
    "",
)


def comparison(*, with_images: bool) -> str:
    """Return the section, which its scripts fill; with the images on which two models differ."""
    images = _IMAGES if with_images else ""
    return Template(read_template("comparison")).substitute(images=images)


def run_element(results: RunResults, kind: Kind) -> str:
    """Return the numbers of the run as a JSON element, which scripts/comparison reads.

    It has the digests of code and data that the model names, if it names any.
    """
    history, provenance = results.history, results.model.provenance
    sources = {"train": results.train, "test": results.test}
    metrics = [
        (name, sources[source][key], is_fraction)
        for name, source, key, is_fraction in _METRICS
        if key in sources[source]
    ]
    curves = [
        (name, history[column].tolist(), is_fraction)
        for name, column, is_fraction in _CURVES
        if np.isfinite(history[column]).all()
    ]
    return json_element(
        "run-numbers",
        {
            "format": FORMAT,
            "kind": kind,
            "dataset": results.dataset,
            "digest": results.digest,
            "code": str(provenance.get("code", "")),
            "data": str(provenance.get("data", "")),
            "metrics": metrics,
            "parameters": settings(results.parameters),
            "curves": curves,
        },
    )
