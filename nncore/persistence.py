"""Model files: a network, its preprocessing and its class names in one archive.

Its arrays are `weight_1`, `bias_1`, … for the layers 1…L, in float32.
"""

from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from nncore.architecture import Architecture
from nncore.archive import ArchiveError, opened, write_archive
from nncore.arrays import Floats
from nncore.model import Model
from nncore.network import Network
from nncore.preprocessing import Scaling

FORMAT = "nncore model 1"
# Pixel values are 0 to 255: nothing near these bounds is a scaling of them.
_LARGEST = 1e6


class ModelFileError(ArchiveError):
    """A file that is not a whole and sound model."""


def save_model(path: Path, model: Model) -> None:
    """Write `model`, of a float32 network, to `path`."""
    if model.network.parameters.dtype != np.float32:
        raise ValueError(f"parameters must be float32, got {model.network.parameters.dtype}")
    values = {
        "format": FORMAT,
        "architecture": asdict(model.network.architecture),
        "class_names": model.class_names,
        "image_shape": model.image_shape,
        "pixel_mean": model.scaling.mean,
        "pixel_std": model.scaling.std,
        "provenance": model.provenance,
    }
    write_archive(path, values, _arrays(model.network))


def load_model(path: Path) -> Model:
    """Read a model.

    Raises
    ------
    ModelFileError
        Not a model file, truncated, damaged, or at odds with itself.
    OSError
        The file can't be opened.
    """
    try:
        with opened(path, "an nncore model file") as archive:
            model = _model(archive.values, archive.names, archive.size)
            for name, array in _arrays(model.network).items():
                archive.read(name, array)
            if not np.isfinite(model.network.parameters).all():
                raise ValueError("parameters that are not finite")
    except ArchiveError as error:
        raise ModelFileError(str(error)) from error
    return model


def _arrays(network: Network) -> dict[str, Floats]:
    arrays = {}
    for layer, pair in enumerate(zip(network.weights, network.biases, strict=True), start=1):
        arrays[f"weight_{layer}"], arrays[f"bias_{layer}"] = pair
    return arrays


def _model(values: Any, names: set[str], size: int) -> Model:  # noqa: ANN401  whatever JSON holds
    if values["format"] != FORMAT:
        raise ValueError(f"format {values['format']!r}, this version reads {FORMAT!r}")
    # Before anything is made for each of the layers.
    depth = len(values["architecture"]["hidden"]) + 1
    if len(names) != 2 * depth:
        raise ValueError(f"{len(names)} arrays for {depth} layers")
    settings: dict[str, Any] = {
        key: tuple(value) if isinstance(value, list) else value
        for key, value in values["architecture"].items()
    }
    architecture = Architecture(**settings)
    rows, columns = (_expect(int, number, "image_shape") for number in values["image_shape"])
    if min(rows, columns) < 1:
        raise ValueError(f"image_shape with {min(rows, columns)}")
    class_names = _expect(list, values["class_names"], "class_names")
    layers = architecture.layers(rows * columns, len(class_names))
    claimed = 4 * sum((layer.fan_in + 1) * layer.fan_out for layer in layers)
    if claimed > size:
        raise ValueError(f"layers of {claimed} bytes in a file of {size}")
    mean, std = (_expect(float, values[key], key) for key in ("pixel_mean", "pixel_std"))
    if not (abs(mean) < _LARGEST and 1 / _LARGEST < std < _LARGEST):
        raise ValueError(f"pixel_mean {mean} and pixel_std {std}")
    return Model(
        Network(architecture, inputs=rows * columns, outputs=len(class_names)),
        tuple(_expect(str, name, "class_names") for name in class_names),
        (rows, columns),
        Scaling(mean, std),
        _expect(dict, values["provenance"], "provenance"),
    )


def _expect(kind: type, value: Any, name: str) -> Any:  # noqa: ANN401  of type `kind`
    if type(value) is not kind:
        raise TypeError(f"{name} with {value!r}")
    return value
