"""A trained network with its preprocessing and class names, in memory and as a file.

A model file is an archive (`nncore.files`). Its arrays are `weight_1`, `bias_1`, … of the layers
1…L, in float32.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from nncore.arrays import Floats
from nncore.config.architecture import Architecture
from nncore.data.preprocessing import Normalization, apply_lookup
from nncore.errors import ArchiveError, ModelFileError
from nncore.files import open_archive, write_archive
from nncore.network.network import Network
from nncore.training.evaluation import forward_all

FORMAT = "nncore model 1"
# Pixel values are 0 to 255, so no normalization of them comes near these bounds.
_MAX_PIXEL_MEAN_AND_STD = 1e6


class Prediction(NamedTuple):
    """The predicted classes of n images and their probabilities.

    Attributes
    ----------
    classes : (n,) index of the largest output
    confidence : (n,) probability of that class
    probabilities : (n, classes)
    """

    classes: NDArray[np.int64]
    confidence: Floats
    probabilities: Floats

    @classmethod
    def from_outputs(cls, outputs: Floats) -> "Prediction":
        """Turn a network's outputs, (n, classes), into probabilities.

        Outputs are clipped to [0, 1] and divided by their sum, because only softmax outputs sum to
        1. If all outputs of an image are 0, its classes are equally likely.
        """
        clipped = np.clip(outputs, 0, 1)
        total = clipped.sum(axis=1, keepdims=True)
        uniform = np.full_like(clipped, 1 / outputs.shape[1])
        probabilities = np.divide(clipped, total, out=uniform, where=total > 0)
        # The unclipped outputs decide: clipping may make several of them equal.
        classes = outputs.argmax(axis=1)
        confidence = probabilities[np.arange(len(outputs)), classes]
        return cls(classes, confidence, probabilities)


@dataclass(frozen=True)
class Model:
    """A network, its preprocessing and the names of its classes.

    Attributes
    ----------
    class_names : names of the network's outputs, in order
    image_shape : rows and columns of an image
    normalization : maps pixel values to the network's inputs
    provenance : origin of the model, as JSON values
    """

    network: Network
    class_names: tuple[str, ...]
    image_shape: tuple[int, int]
    normalization: Normalization
    provenance: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        rows, columns = self.image_shape
        if rows * columns != self.network.inputs:
            raise ValueError(
                f"image_shape must have {self.network.inputs} pixels, got {rows} x {columns}"
            )
        if len(self.class_names) != self.network.outputs:
            raise ValueError(
                f"class_names must be {self.network.outputs}, got {len(self.class_names)}"
            )
        if len(set(self.class_names)) < len(self.class_names):
            raise ValueError(f"class_names must differ, got {self.class_names}")

    def predict(self, images: NDArray[np.uint8]) -> Prediction:
        """Return the classes and probabilities of images of raw pixels.

        Parameters
        ----------
        images : (n, rows, columns) or (n, rows * columns) uint8

        Raises
        ------
        ValueError
            The images have another dtype or another size.
        """
        if images.dtype != np.uint8:
            raise ValueError(f"images must be uint8, got {images.dtype}")
        if images.shape[1:] not in {self.image_shape, (self.network.inputs,)}:
            rows, columns = self.image_shape
            raise ValueError(f"images must have shape (n, {rows}, {columns}), got {images.shape}")
        pixels = images.reshape(len(images), self.network.inputs)
        inputs = np.empty(pixels.shape, np.float32)
        apply_lookup(pixels, self.normalization.table(), out=inputs)
        return Prediction.from_outputs(forward_all(self.network, inputs))

    def save(self, path: Path) -> None:
        """Write the model, whose network must be float32, to `path`."""
        if self.network.parameters.dtype != np.float32:
            raise ValueError(f"parameters must be float32, got {self.network.parameters.dtype}")
        values = {
            "format": FORMAT,
            "architecture": asdict(self.network.architecture),
            "class_names": self.class_names,
            "image_shape": self.image_shape,
            "pixel_mean": self.normalization.mean,
            "pixel_std": self.normalization.std,
            "provenance": self.provenance,
        }
        write_archive(path, values, _named_arrays(self.network))

    @classmethod
    def load(cls, path: Path) -> "Model":
        """Read a model.

        Raises
        ------
        ModelFileError
            The file is no model file, is damaged, or contradicts itself.
        OSError
            The file can't be opened.
        """
        try:
            with open_archive(path, "an nncore model file") as archive:
                model = _build_model(archive.values, archive.names, archive.size)
                for name, array in _named_arrays(model.network).items():
                    archive.read(name, array)
                if not np.isfinite(model.network.parameters).all():
                    raise ValueError("parameters that are not finite")
        except ArchiveError as error:
            raise ModelFileError(str(error)) from error
        return model


def _named_arrays(network: Network) -> dict[str, Floats]:
    arrays = {}
    for layer, pair in enumerate(zip(network.weights, network.biases, strict=True), start=1):
        arrays[f"weight_{layer}"], arrays[f"bias_{layer}"] = pair
    return arrays


def _build_model(values: Any, names: set[str], size: int) -> Model:  # noqa: ANN401  JSON values
    """Return the model of `values`, with parameters of 0, for a file of `size` bytes."""
    if values["format"] != FORMAT:
        raise ValueError(f"format {values['format']!r}, this version reads {FORMAT!r}")
    # Checked before anything is allocated for each layer.
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
    layer_bytes = 4 * sum((layer.fan_in + 1) * layer.fan_out for layer in layers)
    if layer_bytes > size:
        raise ValueError(f"layers of {layer_bytes} bytes in a file of {size}")
    mean, std = (_expect(float, values[key], key) for key in ("pixel_mean", "pixel_std"))
    limit = _MAX_PIXEL_MEAN_AND_STD
    if not (abs(mean) < limit and 1 / limit < std < limit):
        raise ValueError(f"pixel_mean {mean} and pixel_std {std}")
    return Model(
        Network(architecture, inputs=rows * columns, outputs=len(class_names)),
        tuple(_expect(str, name, "class_names") for name in class_names),
        (rows, columns),
        Normalization(mean, std),
        _expect(dict, values["provenance"], "provenance"),
    )


def _expect(expected: type, value: Any, name: str) -> Any:  # noqa: ANN401  of type `expected`
    if type(value) is not expected:
        raise TypeError(f"{name} with {value!r}")
    return value
