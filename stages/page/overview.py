"""The overview of a run: metrics, layers, parameters and provenance."""

import operator
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from nncore.model import Model
from stages.page.explanations.explain import explain, explained
from stages.page.markup import (
    collapsible,
    escaped,
    isolated,
    join_lines,
    scrollable,
    table,
)
from stages.page.numbers import format_count, format_number, percent
from stages.page.run_results import RunResults
from stages.shared.dotted_keys import flatten, format_value

TEST_METRICS = (
    "accuracy",
    "balanced_accuracy",
    "correct",
    "expected_calibration_error",
    "loss",
    "macro_f1",
    "total",
)
TRAIN_METRICS = ("epochs", "kept_epoch", "train.accuracy", "train.loss")

# What changes the training metrics alone, by the beginnings of its keys in params.yaml.
_ONLY_IN_TRAINING: Mapping[str, tuple[str, ...]] = {
    "augmentation": tuple(
        f"train.augment.{name}" for name in ("rotation", "scale", "shear", "shift", "alpha")
    ),
    "dropout": ("train.regularization.dropout", "train.regularization.input_dropout"),
    "label smoothing": ("train.regularization.label_smoothing",),
    "weights of the classes": ("train.class_weight",),
}


class Metric(NamedTuple):
    """The key of its explanation, its name and its value, both as markup."""

    key: str
    name: str
    value: str


def metrics(train: Mapping[str, float], test: Mapping[str, float]) -> str:
    """Return the metrics as a list.

    Parameters
    ----------
    train, test : numbers of train.json and test.json by dotted names; they must hold
        `TRAIN_METRICS` and `TEST_METRICS`
    """
    correct, total = (format_count(test[name]) for name in ("correct", "total"))
    accuracy = f"{percent(test['accuracy'])}, {correct} of {total}"
    calibration_error = percent(test["expected_calibration_error"])
    rows = [
        Metric("accuracy", "Test accuracy", accuracy),
        Metric("loss", "Test loss", format_number(test["loss"])),
        Metric(
            "balanced-accuracy",
            "Balanced accuracy, mean recall of the classes",
            percent(test["balanced_accuracy"]),
        ),
        Metric("macro-f1", "Macro F1, mean over classes", percent(test["macro_f1"])),
        Metric(
            "calibration-error",
            "Calibration error, confidence against accuracy",
            calibration_error,
        ),
    ]
    for split, name in (("validation", "Validation"), ("train", "Training")):
        if f"{split}.accuracy" in train and f"{split}.loss" in train:
            loss = format_number(train[f"{split}.loss"])
            value = f"{percent(train[f'{split}.accuracy'])}, loss {loss}"
            rows.append(Metric(name.lower(), name, value))
    return metric_list([*rows, kept_epoch(train)])


def kept_epoch(train: Mapping[str, float]) -> Metric:
    """Return the epoch of the weights that the model has."""
    value = f"{format_count(train['kept_epoch'])} of {format_count(train['epochs'])}"
    return Metric("kept-epoch", "Epoch of the weights", value)


def metric_list(metrics: Sequence[Metric]) -> str:
    """Return metrics as a list."""
    items = (
        f'<div><dt><span class="ending">{name}</span>{explain(key)}</dt><dd>{value}</dd></div>'
        for key, name, value in metrics
    )
    return join_lines('<dl class="metrics">', *items, "</dl>")


def training(results: RunResults, samples: str = "images", note: str = "") -> str:
    """Return a paragraph on the data set, the number of epochs and the metrics of the training.

    Parameters
    ----------
    samples : what the model predicts: images or rows
    note : a sentence on the metrics
    """
    epochs, total = results.train["epochs"], format_count(results.test["total"])
    return (
        f"<p>Data: {escaped(results.dataset)}. The training took {format_count(epochs)} "
        f"epoch{'' if epochs == 1 else 's'} and read none of the {total} test {samples}. {note}"
        f"{_training_metrics_sentence(results.parameters)}</p>"
    )


def _training_metrics_sentence(parameters: Mapping[str, object]) -> str:
    """Return how the training metrics differ from those of the validation and of the test."""
    values = dict(flatten(parameters, is_leaf=operator.not_))
    names = [
        name
        for name, keys in _ONLY_IN_TRAINING.items()
        if any(value and key.startswith(keys) for key, value in values.items())
    ]
    measured = "The training metrics are means over an epoch, each batch before its step"
    averaged = ""
    if values.get("train.average.name", "none") != "none":
        averaged = (
            " Validation and test are those of the averaged weights, the training metrics those of "
            "the weights of each step."
        )
    if not names:
        return f"{measured}.{averaged}"
    *first, last = names
    listed = f"{', '.join(first)} and {last}" if first else last
    return (
        f"{measured}, with {listed}. Validation and test have none of it, so that a training loss "
        f"above that of the test is no mistake: the two losses can't be compared.{averaged}"
    )


def layers(model: Model) -> str:
    """Return the layers as a table, and the inputs and outputs of the network as a sentence."""
    (height, width, *channels), normalization = model.pixels()
    colours = " in red, green and blue" if channels else ""
    formula = normalization.describe("value").replace(" - ", " &minus; ")
    names = ", ".join(map(isolated, model.class_names))
    return join_lines(
        layer_table(model),
        f"<p>The inputs are {height} &times; {width} pixels{colours}, normalized to {formula}; "
        f"the outputs are {len(model.class_names)} classes: {names}.</p>",
    )


def layer_table(model: Model) -> str:
    """Return the layers as a table."""
    rows = [
        (
            str(index),
            f"{layer.fan_in:,} &times; {layer.fan_out:,}",
            layer.activation,
            f"{(layer.fan_in + 1) * layer.fan_out:,}",
        )
        for index, layer in enumerate(model.network.layers, start=1)
    ]
    title = f"{model.network.parameters.size:,} parameters, {model.network.architecture.loss}"
    heads = ("layer", "inputs &times; units", "activation", "parameters")
    return explained(scrollable("Layers", table(title, heads, rows, "<><>")), "layers")


def settings(parameters: Mapping[str, object]) -> list[tuple[str, str]]:
    """Return the dotted keys of params.yaml with their values as texts; that of null is empty.

    Parameters
    ----------
    parameters : params.yaml as nested mappings
    """
    return [
        (name, "" if value is None else _text(value))
        for name, value in flatten(parameters, is_leaf=operator.not_)
    ]


def parameters_and_provenance(model: Model, digest: str, parameters: Mapping[str, object]) -> str:
    """Return the parameters and the provenance as closed sections.

    Parameters
    ----------
    digest : MD5 of the model file, as DVC records it
    parameters : params.yaml as nested mappings
    """
    rows = [(escaped(name), _code(text)) for name, text in settings(parameters)]
    sources = [("model file, MD5 as in dvc.lock", _code(digest))]
    sources += [(escaped(k), _code(_text(v))) for k, v in sorted(model.provenance.items())]
    return join_lines(
        explained(
            collapsible("Parameters", table("params.yaml", ("key", "value"), rows, "<")),
            "parameters",
        ),
        explained(
            collapsible(
                "Provenance", table("Provenance of the model", ("source", "value"), sources, "<")
            ),
            "provenance",
        ),
    )


def _code(text: str) -> str:
    return f"<code>{escaped(text)}</code>"


def _text(value: object) -> str:
    return format_value(value, ensure_ascii=False)
