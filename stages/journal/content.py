"""What the lines of a journal hold: a description of a training, and one of each epoch."""

import base64
import math
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

import numpy as np

from nncore.arrays import Array, Floats
from nncore.config.training import TrainingSettings
from nncore.data.dataset import Data
from nncore.data.preprocessing import Normalization
from nncore.network.network import Network
from nncore.training.evaluation import confusion_matrix
from nncore.training.history import EpochRecord
from stages.journal.observer import TrainingObserver
from stages.shared.dotted_keys import flatten
from stages.shared.prepared import Description, ImageDescription
from stages.shared.report_content import original_pixels, surest_mistakes

MAX_UNITS = 25
MAX_MISTAKES = 12
# Side of a picture; of a larger image every second, third, … pixel is shown.
MAX_SIDE = 32
# A larger matrix fits into no window.
MAX_CONFUSION_CLASSES = 40
SIGNIFICANT_DIGITS = 6


class Thumbnails:
    """Small pictures of inputs and of the weights of layer 1, on a fixed grid of pixels.

    Attributes
    ----------
    shape : rows, columns and channels of a picture
    """

    def __init__(self, image_shape: tuple[int, ...], normalization: Normalization) -> None:
        rows, columns, *channels = image_shape
        pixels = np.arange(math.prod(image_shape)).reshape(rows, columns, *channels)
        step = math.ceil(max(rows, columns) / MAX_SIDE)
        shown = pixels[::step, ::step]
        self.shape = (*shown.shape[:2], *(channels or [1]))
        # The input behind each number of a picture.
        self._inputs = shown.ravel()
        self._normalization = normalization

    def inputs(self, rows: Floats) -> str:
        """Return the pictures of inputs, (n, inputs), as bytes in base64."""
        return _base64(original_pixels(rows[:, self._inputs], self._normalization))

    def units(self, weights: Floats) -> tuple[str, float]:
        """Return the first units' weights as int8 in base64, and the weight that 127 stands for."""
        shown = weights.T[:MAX_UNITS, self._inputs]
        # One extreme weight would make all others pale.
        limit = float(np.quantile(np.abs(shown), 0.995)) or 1.0
        levels = np.clip(shown * (127 / limit), -127, 127)
        return _base64(np.rint(levels).astype(np.int8)), limit


def make_thumbnails(description: Description) -> Thumbnails | None:
    """Return pictures of images as `description` has them; None for rows of a table."""
    if isinstance(description, ImageDescription):
        return Thumbnails(description.image_shape, description.scaling)
    return None


def describe(
    network: Network,
    settings: TrainingSettings,
    class_names: tuple[str, ...] | None,
    thumbnails: Thumbnails | None,
) -> dict[str, Any]:
    """Return what the event `start` holds of a training."""
    parameters = {"model": asdict(network.architecture), "train": asdict(settings)}
    return {
        "layers": [[layer.fan_in, layer.fan_out, layer.activation] for layer in network.layers],
        "epochs": settings.epochs,
        "class_names": class_names,
        "picture": thumbnails and thumbnails.shape,
        "parameters": dict(flatten({**parameters, "numerics": network.numerics})),
    }


def record_values(record: EpochRecord) -> dict[str, Any]:
    """Return the values of a record of the history."""
    layers = [[n.norm, n.distance_from_init, n.update_size] for n in record.layers]
    return {**vars(record), "layers": layers}


def layer_values(observer: TrainingObserver) -> dict[str, Any]:
    """Return what was observed of each layer in the last epoch: a few numbers."""
    dead, saturated = observer.unit_fractions()
    return {"gradients": observer.gradient_norms or None, "dead": dead, "saturated": saturated}


def picture_values(
    network: Network,
    observer: TrainingObserver,
    validation: Data | None,
    thumbnails: Thumbnails | None,
) -> dict[str, Any]:
    """Return the pictures of layer 1, the confusion and the mistakes of the last epoch."""
    values: dict[str, Any] = {}
    if thumbnails:
        values["units"], values["unit_limit"] = thumbnails.units(network.weights[0])
    seen = observer.predictions()
    if validation is None or not len(seen.rows):
        return values
    if network.class_count <= MAX_CONFUSION_CLASSES:
        counts = confusion_matrix(seen.actual, seen.predicted, network.class_count)
        values["confusion"] = counts.tolist()
    mistakes = surest_mistakes(seen.actual, seen.predicted, seen.confidence)[:MAX_MISTAKES]
    values["mistakes"] = [
        [seen.rows[i], seen.actual[i], seen.predicted[i], seen.confidence[i]] for i in mistakes
    ]
    if thumbnails and len(mistakes):
        rows = [validation.inputs[row : row + 1] for row in seen.rows[mistakes].tolist()]
        values["mistake_pictures"] = thumbnails.inputs(np.concatenate(rows))
    return values


def json_value(value: Any) -> Any:  # noqa: ANN401  JSON holds anything
    """Return a value for JSON: floats rounded, those that are not finite as null."""
    if isinstance(value, Mapping):
        return {key: json_value(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [json_value(item) for item in value]
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, float):
        return float(f"{value:.{SIGNIFICANT_DIGITS}g}") if math.isfinite(value) else None
    return value


def _base64(array: Array) -> str:
    return base64.b64encode(array.tobytes()).decode("ascii")
