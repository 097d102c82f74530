"""The comparison: the numbers that another report's page reads from this one."""

import operator
from collections.abc import Mapping

import numpy as np

from nncore.arrays import Floats
from stages.page.assets import read_template
from stages.page.markup import json_element
from stages.shared.dotted_keys import flatten, format_value

FORMAT = "nncore report 1"
# Each metric by its dotted name in train.json or test.json, and whether it is a fraction.
_METRICS = (
    ("Test accuracy", "test", "accuracy", True),
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


def comparison() -> str:
    """Return the section, which its scripts fill."""
    return read_template("comparison")


def run_element(
    *,
    dataset: str,
    digest: str,
    parameters: Mapping[str, object],
    history: Mapping[str, Floats],
    train: Mapping[str, float],
    test: Mapping[str, float],
) -> str:
    """Return the numbers of the run as a JSON element, which other_report.js reads.

    Parameters
    ----------
    dataset, digest : name of the data set, and MD5 of the model file
    parameters : params.yaml as nested mappings
    history : columns of history.csv, NaN where there is no value
    train, test : numbers of train.json and test.json by dotted names
    """
    sources = {"train": train, "test": test}
    metrics = [
        (name, sources[source][key], is_fraction)
        for name, source, key, is_fraction in _METRICS
        if key in sources[source]
    ]
    settings = [
        (name, "" if value is None else format_value(value, ensure_ascii=False))
        for name, value in flatten(parameters, is_leaf=operator.not_)
    ]
    curves = [
        (name, history[column].tolist(), is_fraction)
        for name, column, is_fraction in _CURVES
        if np.isfinite(history[column]).all()
    ]
    values = {"format": FORMAT, "dataset": dataset, "digest": digest, "metrics": metrics}
    return json_element("run-numbers", {**values, "parameters": settings, "curves": curves})
