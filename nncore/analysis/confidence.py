"""How far a network's confidence can be trusted: calibration, and error against coverage."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from nncore.arrays import Doubles, Floats, Indices
from nncore.functions.exact import sum_all
from nncore.training.evaluation import CALIBRATION_BINS, confidence_bins

Flags = NDArray[np.bool_]


class CalibrationBin(NamedTuple):
    """The samples with a confidence above `low` and up to `high`.

    Attributes
    ----------
    low, high : bounds of the confidence
    samples : number of samples
    confidence, accuracy : mean confidence, and fraction of right predictions
    """

    low: float
    high: float
    samples: int
    confidence: float
    accuracy: float


class Coverage(NamedTuple):
    """The answers and mistakes of a network that abstains below a threshold of confidence.

    Attributes
    ----------
    thresholds : (thresholds,) ascending confidences, from 0
    answers : (thresholds,) number of samples at or above each threshold
    mistakes : (thresholds,) number of wrong answers
    """

    thresholds: Doubles
    answers: Indices
    mistakes: Indices

    @property
    def coverage(self) -> Doubles:
        """The fraction of all samples with an answer, (thresholds,)."""
        fractions: Doubles = self.answers / self.answers[0]
        return fractions

    @property
    def error(self) -> Doubles:
        """The fraction of wrong answers, (thresholds,); 0 where there are none."""
        fractions: Doubles = self.mistakes / np.maximum(self.answers, 1)
        return fractions


def calibration(
    confidence: Floats, correct: Flags, bins: int = CALIBRATION_BINS
) -> list[CalibrationBin]:
    """Return the bins that are not empty, for a reliability diagram.

    Guo, Pleiss, Sun, Weinberger, On calibration of modern neural networks (2017), section 2.

    Parameters
    ----------
    confidence : (n,) in [0, 1], the probabilities of the predicted classes
    correct : (n,) whether the predicted class is right
    bins : number of bins of equal width
    """
    index = confidence_bins(confidence, bins)
    result = []
    for number in range(bins):
        inside = index == number
        if count := int(np.count_nonzero(inside)):
            mean = sum_all(confidence[inside]) / count
            accuracy = int(np.count_nonzero(correct[inside])) / count
            result.append(CalibrationBin(number / bins, (number + 1) / bins, count, mean, accuracy))
    return result


def coverage(confidence: Floats, correct: Flags) -> Coverage:
    """Return the answers and mistakes at each confidence that occurs as the threshold, and at 0.

    This is the risk-coverage curve: El-Yaniv & Wiener, On the foundations of noise-free selective
    classification (2010).

    Parameters
    ----------
    confidence, correct : as in `calibration`, n at least 1
    """
    values = confidence.astype(np.float64)
    thresholds = np.concatenate([[0.0], np.unique(values)])
    # Samples below each threshold, and mistakes among them.
    order = np.argsort(values, kind="stable")
    below = np.searchsorted(values[order], thresholds, side="left")
    mistakes = np.concatenate([[0], np.cumsum(~correct[order])])
    return Coverage(thresholds, len(values) - below, mistakes[-1] - mistakes[below])
