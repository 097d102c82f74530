"""Where test images lie in each layer of a network, as a map of two dimensions."""

from typing import Final

import numpy as np

from nncore.analysis.activations import activations
from nncore.analysis.principal_components import principal_components
from nncore.data.dataset import Images
from nncore.model import Model
from stages.page.images.activation_map import ActivationMap, LayerMap
from stages.page.images.samples import choose_test_rows
from stages.shared.report_inputs import Predictions, take_images

# Numbers of one layer for all images on the map, which bounds the memory where images are large.
MAX_ACTIVATIONS: Final = 8_000_000
# The largest coordinate of a layer, so that 16 bits hold all of them.
LARGEST: Final = 32_767


def activation_map(model: Model, images: Images, predictions: Predictions) -> ActivationMap:
    """Return the map of test images that are evenly spread over the predictions.

    They are those that the page embeds, as far as both fit.

    Parameters
    ----------
    images : the test images, (n, inputs) floats, or uint8 that read as floats
    """
    sizes = [model.network.inputs, *(layer.fan_out for layer in model.network.layers)]
    count = max(MAX_ACTIVATIONS // max(sizes), 1)
    rows = np.sort(choose_test_rows(len(predictions.actual))[:count])
    layers = [
        _layer_map(values)
        for values in activations(model.network, take_images(images, predictions.numbers[rows]))
    ]
    return ActivationMap(rows, layers)


def _layer_map(values: np.ndarray) -> LayerMap:
    coordinates, fractions = principal_components(values)
    largest = float(np.abs(coordinates).max())
    scaled = np.rint(coordinates * (LARGEST / largest)) if largest else coordinates
    return LayerMap(scaled.astype(np.int16), fractions)
