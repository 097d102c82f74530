"""Classes and their probabilities, or numbers, from the outputs of a network."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from nncore.arrays import Floats
from nncore.functions.exact import sum_rows


class Prediction(NamedTuple):
    """The predicted classes of n samples and their probabilities.

    Attributes
    ----------
    classes : (n,) index of the class with the largest output
    confidence : (n,) probability of that class
    probabilities : (n, classes)
    """

    classes: NDArray[np.int64]
    confidence: Floats
    probabilities: Floats

    @classmethod
    def from_outputs(cls, outputs: Floats) -> "Prediction":
        """Turn a network's outputs, (n, outputs), into probabilities.

        Outputs are clipped to [0, 1] and divided by their sum, because only softmax outputs sum to
        1. If all outputs of a sample are 0, its classes are equally likely.
        """
        by_class = class_outputs(outputs)
        clipped = np.clip(by_class, 0, 1)
        total = sum_rows(clipped).astype(clipped.dtype)[:, np.newaxis]
        uniform = np.full_like(clipped, 1 / by_class.shape[1])
        probabilities = np.divide(clipped, total, out=uniform, where=total > 0)
        # The unclipped outputs decide: clipping may make several of them equal.
        classes = by_class.argmax(axis=1)
        confidence = probabilities[np.arange(len(classes)), classes]
        return cls(classes, confidence, probabilities)


def predicted_numbers(outputs: Floats) -> Floats:
    """Return the numbers that a regression predicts: (n,) of a single output, else (n, outputs)."""
    return outputs[:, 0] if outputs.shape[1] == 1 else outputs


def class_outputs(outputs: Floats) -> Floats:
    """Return an output for each class, (n, classes).

    A single output p is that of the second of two classes; that of the first one is 1 - p.
    """
    return outputs if outputs.shape[1] > 1 else np.hstack([1 - outputs, outputs])
