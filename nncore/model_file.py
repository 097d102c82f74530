"""Files of models.

A model file is an archive (`nncore.files`). Its arrays are `weight_1`, `bias_1`, … of the layers
1…L, in the network's dtype.
"""

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from nncore.arrays import Floats
from nncore.config.architecture import Architecture
from nncore.config.numerics import Numerics
from nncore.data.preprocessing import Normalization
from nncore.errors import ArchiveError, ModelFileError, require_choice, require_type
from nncore.files import atomic_path, open_archive, write_archive
from nncore.model import Model
from nncore.network.network import Network

if TYPE_CHECKING:
    from nncore.data.columns import TableColumns
    from nncore.data.target import Target

# A model has the lowest format that can hold it, so that older versions read as many as they can.
FORMAT = "nncore model 2"
FORMAT_OF_COLOUR = "nncore model 3"
# The format of models with columns or a target.
FORMAT_OF_TABLES = "nncore model 4"
# In this format all inputs are images of bytes, and all networks float32.
_FORMAT_OF_IMAGES = "nncore model 1"
_KEYS = {
    *("format", "architecture", "dtype", "image_shape", "inputs", "labels", "outputs"),
    *("pictures", "pixel_mean", "pixel_std", "provenance"),
}
_KEYS_OF_TABLES = _KEYS | {"columns", "target"}


def save(path: str | Path, model: Model | Network) -> None:
    """Write a model, or a network alone, to a file; equal models give equal bytes.

    Parameters
    ----------
    path : name of the file, usually with the suffix .npz

    Raises
    ------
    OSError
        The folder does not exist or can't be written.
    SettingsError
        An argument has another type, or a parameter is not finite.
    """
    require_type("path", path, str, Path)
    require_type("model", model, Model, Network)
    if isinstance(model, Network):
        model = Model(model)
    network, normalization = model.network, model.normalization
    network.require_finite()
    values: dict[str, Any] = {
        "format": _format(model),
        "architecture": asdict(network.architecture),
        "dtype": network.parameters.dtype.name,
        "image_shape": model.image_shape,
        "inputs": network.inputs,
        # JSON's null for a regression.
        "labels": model.labels or None,
        "outputs": network.outputs,
        "pictures": model.pictures,
        "pixel_mean": normalization and normalization.mean,
        "pixel_std": normalization and normalization.std,
        "provenance": model.provenance,
    }
    if values["format"] == FORMAT_OF_TABLES:
        values["columns"] = model.columns and model.columns.to_json()
        values["target"] = model.target and asdict(model.target)
    with atomic_path(Path(path)) as temporary:
        write_archive(temporary, values, _named_arrays(network))


def load(path: str | Path, *, numerics: Numerics = "exact") -> Model:
    """Read the file of a model.

    Parameters
    ----------
    numerics : arithmetic of the network, see `Network`; the file names none

    Raises
    ------
    ModelFileError
        The file is no model file, is damaged, or contradicts itself.
    OSError
        The file can't be opened.
    SettingsError
        An argument has another type or value.
    """
    require_type("path", path, str, Path)
    require_choice("numerics", Numerics, numerics)
    try:
        with open_archive(Path(path), "an nncore model file") as archive:
            model = _build_model(archive.values, archive.names, archive.size, numerics)
            for name, array in _named_arrays(model.network).items():
                archive.read(name, array)
            model.network.require_finite()
    except ArchiveError as error:
        raise ModelFileError(str(error)) from error
    return model


def _format(model: Model) -> str:
    if model.columns is not None or model.target is not None:
        return FORMAT_OF_TABLES
    shape = model.image_shape
    return FORMAT if shape is None or len(shape) == 2 else FORMAT_OF_COLOUR


def _named_arrays(network: Network) -> dict[str, Floats]:
    arrays = {}
    for layer, pair in enumerate(zip(network.weights, network.biases, strict=True), start=1):
        arrays[f"weight_{layer}"], arrays[f"bias_{layer}"] = pair
    return arrays


def _build_model(
    values: Any,  # noqa: ANN401  JSON values
    names: set[str],
    size: int,
    numerics: Numerics,
) -> Model:
    """Return the model of `values`, with parameters of 0, for a file of `size` bytes."""
    if values["format"] == _FORMAT_OF_IMAGES:
        rows, columns = (_expect(int, side, "image_shape") for side in values["image_shape"])
        labels = _expect(list, values.pop("class_names"), "class_names")
        sizes = {"inputs": rows * columns, "outputs": len(labels)}
        values |= {"dtype": "float32", "labels": labels, **sizes}
        _normalization(*(_expect(float, values[key], key) for key in ("pixel_mean", "pixel_std")))
    elif values["format"] not in {FORMAT, FORMAT_OF_COLOUR, FORMAT_OF_TABLES}:
        last = FORMAT_OF_TABLES
        raise ValueError(f"format {values['format']!r}, this version reads up to {last!r}")
    has_table = values["format"] == FORMAT_OF_TABLES
    if unknown := set(values) - (_KEYS_OF_TABLES if has_table else _KEYS):
        raise ValueError(f"an unknown key {min(unknown)!r}")
    # Checked first: a damaged file may claim any number of layers.
    depth = len(values["architecture"]["hidden"]) + 1
    if len(names) != 2 * depth:
        raise ValueError(f"{len(names)} arrays for {depth} layers")
    architecture = Architecture(**values["architecture"])
    inputs, outputs = (_expect(int, values[key], key) for key in ("inputs", "outputs"))
    layers = architecture.layers(inputs, outputs)
    if (dtype := values["dtype"]) not in {"float32", "float64"}:
        raise ValueError(f"dtype {dtype!r}")
    parameters = sum((layer.fan_in + 1) * layer.fan_out for layer in layers)
    if (layer_bytes := np.dtype(dtype).itemsize * parameters) > size:
        raise ValueError(f"layers of {layer_bytes} bytes in a file of {size}")
    shape = values["image_shape"]
    network = Network(architecture, inputs=inputs, outputs=outputs, dtype=dtype, numerics=numerics)
    labels = values["labels"]
    if labels is None and not network.is_regression:
        raise ValueError(f"no labels, and the output {architecture.output}")
    model = Model(
        network,
        () if labels is None else tuple(_expect(list, labels, "labels")),
        None if shape is None else tuple(_expect(list, shape, "image_shape")),
        _normalization(values["pixel_mean"], values["pixel_std"]),
        _expect(dict, values["provenance"], "provenance"),
        # Files from before this key are of digits.
        values.get("pictures", "as-is" if shape is None else "digit"),
        _columns(values["columns"]) if has_table else None,
        _target(values["target"]) if has_table else None,
    )
    if values["format"] not in {_format(model), _FORMAT_OF_IMAGES}:
        content = "neither columns nor target" if has_table else f"image_shape {shape}"
        raise ValueError(f"format {values['format']!r} with {content}")
    # True equals 1, but is another label.
    is_numbered = all(type(label) is int for label in model.labels)
    is_default = is_numbered and model.labels == tuple(range(network.class_count))
    # Without labels, a network with the output identity would be a regression.
    if model.labels and (network.is_regression or not is_default):
        network.labels = model.labels
    return model


def _normalization(mean: object, std: object) -> Normalization | None:
    if mean is None and std is None:
        return None
    return Normalization(_expect(float, mean, "pixel_mean"), _expect(float, std, "pixel_std"))


def _columns(values: object) -> "TableColumns | None":
    if values is None:
        return None
    # Imported here, because most models are not of tables.
    from nncore.data.columns import TableColumns  # noqa: PLC0415

    columns = [_expect(dict, value, "columns") for value in _expect(list, values, "columns")]
    return TableColumns.from_json(columns)


def _target(values: object) -> "Target | None":
    if values is None:
        return None
    from nncore.data.target import Target  # noqa: PLC0415

    return Target(**_expect(dict, values, "target"))


def _expect(expected: type, value: Any, name: str) -> Any:  # noqa: ANN401  of type `expected`
    if type(value) is not expected:
        raise TypeError(f"{name} with {value!r}")
    return value
