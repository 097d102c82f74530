"""How far a network's confidence can be trusted: calibration, and the option to say nothing."""

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
    samples : their number
    confidence, accuracy : their mean confidence and the fraction that is right
    """

    low: float
    high: float
    samples: int
    confidence: float
    accuracy: float


class Coverage(NamedTuple):
    """What remains if a network says nothing below a confidence.

    Attributes
    ----------
    thresholds : ascending confidences, from 0
    answers : number of samples at or above each threshold
    mistakes : how many of these are wrong
    """

    thresholds: Doubles
    answers: Indices
    mistakes: Indices

    @property
    def coverage(self) -> Doubles:
        """Return the fraction of all samples that each threshold leaves."""
        fractions: Doubles = self.answers / self.answers[0]
        return fractions

    @property
    def error(self) -> Doubles:
        """Return the fraction of the answers that is wrong; 0 where there are none."""
        fractions: Doubles = self.mistakes / np.maximum(self.answers, 1)
        return fractions


def calibration(
    confidence: Floats, correct: Flags, bins: int = CALIBRATION_BINS
) -> list[CalibrationBin]:
    """Return the bins that hold a sample.

    They make the reliability diagram of Guo, Pleiss, Sun, Weinberger, On calibration of modern
    neural networks (2017), section 2.

    Parameters
    ----------
    confidence : (n,) in [0, 1], the probabilities of the predicted classes
    correct : (n,) whether the predicted class is right
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
    """Return the answers and the mistakes from the confidence of each sample on, and from 0.

    It is the risk-coverage curve of El-Yaniv & Wiener, On the foundations of noise-free selective
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
