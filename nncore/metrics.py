"""How well predicted classes and confidences match the actual classes."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

Classes = NDArray[np.integer[Any]]


def confusion_matrix(actual: Classes, predicted: Classes, classes: int) -> NDArray[np.int64]:
    """Return counts, (classes, classes): row = actual class, column = predicted class.

    Parameters
    ----------
    actual, predicted : (n,) integers in [0, classes)
    """
    counts = np.bincount(actual.astype(np.int64) * classes + predicted, minlength=classes * classes)
    return counts.reshape(classes, classes)


def precision_recall_f1(
    confusion: NDArray[np.int64],
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Return each class's precision, recall and F1, (classes,) each, from a confusion matrix.

    Where a ratio is 0/0 (a class never predicted, or absent) it counts as 0.
    """
    hits = np.diag(confusion).astype(np.float64)
    predicted, actual = confusion.sum(axis=0), confusion.sum(axis=1)
    precision = hits / np.maximum(predicted, 1)
    recall = hits / np.maximum(actual, 1)
    f1 = 2 * hits / np.maximum(predicted + actual, 1)
    return precision, recall, f1


def expected_calibration_error(
    confidence: NDArray[np.floating[Any]], correct: NDArray[np.bool_], bins: int = 15
) -> float:
    """Return the mean distance between confidence and accuracy over bins of equal width.

    Each bin (k/bins, (k+1)/bins] weighs as many images as it holds: Guo, Pleiss, Sun, Weinberger,
    On calibration of modern neural networks (2017), equation 3.

    Parameters
    ----------
    confidence : (n,) in [0, 1]
    correct : (n,)
    """
    index = np.clip(np.ceil(confidence * bins).astype(np.int64) - 1, 0, bins - 1)
    confidences = np.bincount(index, weights=confidence, minlength=bins)
    hits = np.bincount(index, weights=correct, minlength=bins)
    return float(np.abs(confidences - hits).sum() / len(confidence))
