"""A trained network with all it needs to read raw pixels and name what it sees."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from nncore.arrays import Floats
from nncore.evaluation import outputs_of
from nncore.network import Network
from nncore.preprocessing import Scaling, scale


class Prediction(NamedTuple):
    """What a model says of n images."""

    classes: NDArray[np.int64]
    confidence: Floats
    probabilities: Floats


@dataclass(frozen=True)
class Model:
    """A network, its preprocessing and the names of its classes.

    Attributes
    ----------
    class_names : of the network's outputs, in order
    image_shape : rows and columns of an image
    scaling : from pixel values to what the network reads
    provenance : where the model comes from; plain JSON values
    """

    network: Network
    class_names: tuple[str, ...]
    image_shape: tuple[int, int]
    scaling: Scaling
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
        """Return class, confidence and probabilities, (n,), (n,) and (n, classes), of raw pixels.

        Parameters
        ----------
        images : (n, rows, columns) or (n, rows * columns) uint8

        Raises
        ------
        ValueError
            Another dtype or another size of images.
        """
        if images.dtype != np.uint8:
            raise ValueError(f"images must be uint8, got {images.dtype}")
        if images.shape[1:] not in {self.image_shape, (self.network.inputs,)}:
            rows, columns = self.image_shape
            raise ValueError(f"images must have shape (n, {rows}, {columns}), got {images.shape}")
        pixels = images.reshape(len(images), self.network.inputs)
        scaled = np.empty(pixels.shape, np.float32)
        scale(pixels, self.scaling.table(), out=scaled)
        return judge(outputs_of(self.network, scaled))


def judge(outputs: Floats) -> Prediction:
    """Read a network's outputs, (n, classes), as probabilities.

    Outputs that were trained towards 0 and 1 without summing to 1 (any activation but softmax)
    are clipped to [0, 1] and divided by their sum; where all are 0, each class is equally likely.
    """
    clipped = np.clip(outputs, 0, 1)
    total = clipped.sum(axis=1, keepdims=True)
    even = np.full_like(clipped, 1 / outputs.shape[1])
    probabilities = np.divide(clipped, total, out=even, where=total > 0)
    # Of the outputs themselves: clipping may have made several of them equal.
    classes = outputs.argmax(axis=1)
    confidence = probabilities[np.arange(len(outputs)), classes]
    return Prediction(classes, confidence, probabilities)
