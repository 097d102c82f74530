"""What was run, and what came of it: metrics, layers, parameters, provenance."""

import json
from collections.abc import Iterator, Mapping

from nncore.model import Model
from stages.page.markup import called, folded, lines, number, percent, plain, table, wide

METRICS = ("accuracy", "correct", "expected_calibration_error", "loss", "macro_f1", "total")
TRAINING = ("epochs", "kept_epoch", "train.accuracy", "train.loss")


def figures(train: Mapping[str, float], test: Mapping[str, float]) -> str:
    """Return the metrics by name, as a list.

    Parameters
    ----------
    train, test : numbers of train.json and test.json by their dotted names, of which `TRAINING` and
        `METRICS` must be there
    """
    right = f"{percent(test['accuracy'])}, {number(test['correct'])} of {number(test['total'])}"
    rows = {"Test accuracy": right, "Test loss": number(test["loss"])}
    rows["Macro F1"] = number(test["macro_f1"])
    rows["Calibration error"] = number(test["expected_calibration_error"])
    for part in ("validation", "train"):
        if f"{part}.accuracy" in train and f"{part}.loss" in train:
            name = {"validation": "Validation", "train": "Training"}[part]
            accuracy, loss = train[f"{part}.accuracy"], train[f"{part}.loss"]
            rows[name] = f"{percent(accuracy)}, loss {number(loss)}"
    rows["Weights kept"] = f"epoch {number(train['kept_epoch'])} of {number(train['epochs'])}"
    items = (f"<div><dt>{name}</dt><dd>{value}</dd></div>" for name, value in rows.items())
    return lines('<dl class="figures">', *items, "</dl>")


def course(dataset: str, train: Mapping[str, float], test: Mapping[str, float]) -> str:
    """Return in a sentence the data and for how long they were learned.

    Parameters
    ----------
    train, test : as of `figures`
    """
    return (
        f"<p>Data: {plain(dataset)}. Trained for {number(train['epochs'])} epochs; tested on "
        f"{number(test['total'])} images that the training never saw. Training figures are of an "
        "epoch as it went, and so the lower ones where images are distorted or units dropped.</p>"
    )


def network(model: Model) -> str:
    """Return the layers as a table, and what enters and leaves them as a sentence."""
    rows = [
        (
            str(place),
            f"{layer.fan_in:,} &times; {layer.fan_out:,}",
            layer.activation,
            f"{(layer.fan_in + 1) * layer.fan_out:,}",
        )
        for place, layer in enumerate(model.network.layers, start=1)
    ]
    layers = table(
        f"{model.network.parameters.size:,} parameters, {model.network.architecture.loss}",
        ("layer", "weight", "activation", "parameters"),
        rows,
    )
    height, width = model.image_shape
    mean, std = number(model.scaling.mean), number(model.scaling.std)
    names = ", ".join(map(called, model.class_names))
    return lines(
        wide("Layers", layers),
        f"<p>It reads images of {height} &times; {width} pixels, each as (value &minus; {mean}) / "
        f"{std}, and tells {len(model.class_names)} classes apart: {names}.</p>",
    )


def origin(model: Model, digest: str, parameters: Mapping[str, object]) -> str:
    """Return the parameters and the provenance, folded away.

    Parameters
    ----------
    digest : MD5 of the model file, as DVC records it
    parameters : what params.yaml says, nested
    """
    settings = [(plain(name), _code(value)) for name, value in _leaves(parameters)]
    sources = [("model file, MD5 as in dvc.lock", _code(digest))]
    sources += [(plain(k), _code(_shown(v))) for k, v in sorted(model.provenance.items())]
    return lines(
        folded("Parameters", table("params.yaml", ("key", "value"), settings)),
        folded("Provenance", table("What the model was made of", ("of what", "value"), sources)),
    )


def _leaves(values: Mapping[str, object], prefix: str = "") -> Iterator[tuple[str, str]]:
    """Yield dotted keys and what a person would write in params.yaml."""
    for key, value in values.items():
        if isinstance(value, dict) and value:
            yield from _leaves(value, f"{prefix}{key}.")
        else:
            yield prefix + key, "" if value is None else _shown(value)


def _code(text: str) -> str:
    return f"<code>{plain(text)}</code>"


def _shown(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
