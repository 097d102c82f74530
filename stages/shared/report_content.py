"""What the pictures and the page both show: confusions, mistakes and units of layer 1."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from nncore.arrays import Bytes, Floats, Indices
from nncore.data.preprocessing import Normalization
from nncore.functions.exact import row_sums_of_squares
from nncore.training.evaluation import confusion_matrix


def count_confusions(
    actual: Sequence[str], predicted: Sequence[str], class_names: Sequence[str]
) -> NDArray[np.int64]:
    """Return the number of images, (classes, classes), by actual (row) and predicted class.

    Parameters
    ----------
    actual, predicted : one of `class_names` for each image
    """
    index_of = {name: index for index, name in enumerate(class_names)}
    rows, columns = (
        np.array([index_of[name] for name in names], np.int64) for names in (actual, predicted)
    )
    return confusion_matrix(rows, columns, len(class_names))


def surest_mistakes(actual: ArrayLike, predicted: ArrayLike, confidence: Floats) -> Indices:
    """Return the rows of the wrong predictions, (n,) each, the highest confidence first."""
    wrong = np.flatnonzero(np.asarray(actual) != np.asarray(predicted))
    return wrong[np.argsort(-confidence[wrong], kind="stable")]


def original_pixels(images: Floats, normalization: Normalization) -> Bytes:
    """Return the pixel values, uint8, of which `normalization` made `images`, of any shape."""
    values = images * normalization.std
    values += normalization.mean
    np.rint(values, out=values)
    return np.clip(values, 0, 255, out=values).astype(np.uint8)


def largest_units(weights: Floats, count: int) -> tuple[Indices, float]:
    """Return the units with the largest Euclidean norm, and the limit of their colour scale.

    Parameters
    ----------
    weights : (inputs, units) floats
    count : the largest number of units to return
    """
    squared_norms = row_sums_of_squares(weights.T)
    units = np.argsort(-squared_norms, kind="stable")[:count]
    # A quantile, because one extreme weight would make all others pale.
    return units, float(np.quantile(np.abs(weights[:, units]), 0.995)) or 1.0
