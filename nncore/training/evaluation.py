"""Loss and accuracy of a network, and metrics of predicted classes.

The memory of a forward pass does not grow with the number of samples.
"""

import math
from collections.abc import Sequence
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from nncore.arrays import Floats
from nncore.data.dataset import Data
from nncore.functions.arithmetic import choose_arithmetic
from nncore.functions.exact import sum_all
from nncore.functions.losses import LOSSES
from nncore.network.inference import ROWS_PER_BLOCK, ObserveBlock, forward_blocks
from nncore.network.parameters import NetworkParameters
from nncore.network.prediction import class_outputs
from nncore.parallel import Communicator, rank_slice

Classes = NDArray[np.integer[Any]]
# Bins of confidence over which calibration is measured.
CALIBRATION_BINS: Final = 15


def evaluate(
    network: NetworkParameters,
    data: Data,
    communicator: Communicator | None = None,
    observe: ObserveBlock | None = None,
) -> tuple[float, float]:
    """Return the mean loss and the accuracy, in [0, 1], on at least one sample.

    The losses are weighted if `data` have weights. The accuracy of a regression has no meaning.
    Each rank of a communicator evaluates a slice of the samples, and `observe` sees its blocks.
    """
    sums = np.zeros((math.ceil(len(data.inputs) / ROWS_PER_BLOCK), 2))
    blocks = rank_slice(communicator, len(sums))
    first = blocks.start * ROWS_PER_BLOCK
    last = min(blocks.stop * ROWS_PER_BLOCK, len(data.inputs))
    # A number that is not finite shows in the loss.
    with np.errstate(over="ignore", invalid="ignore"):
        blocks_of_rank = forward_blocks(network, data.inputs, first, last, observe)
        for start, logits, outputs in blocks_of_rank:
            rows = slice(start, start + len(outputs))
            weights = None if data.weights is None else data.weights[rows]
            block_sums = sum_loss_and_correct(network, logits, outputs, data.targets[rows], weights)
            sums[start // ROWS_PER_BLOCK] = block_sums
    if communicator:
        communicator.sum(sums)
    loss, correct = 0.0, 0.0
    for block_loss, block_correct in sums.tolist():
        loss += block_loss
        correct += block_correct
    return loss / len(data.inputs), correct / len(data.inputs)


def sum_loss_and_correct(
    network: NetworkParameters,
    logits: Floats,
    outputs: Floats,
    targets: Floats,
    weights: Floats | None = None,
    *,
    communicator: Communicator | None = None,
    rank_rows: Sequence[slice] = (),
) -> tuple[float, int]:
    """Return the sum of the losses and the number of correctly classified samples.

    Parameters
    ----------
    network : determines the loss
    logits, outputs, targets : (n, outputs)
    weights : (n, 1) factors on the losses; None for 1
    communicator : ranks that hold the rows together
    rank_rows : with a communicator, the rows that this rank holds
    """
    per_sample = LOSSES[network.architecture.loss].per_sample
    arithmetic = choose_arithmetic(network.numerics, network.parameters.dtype)
    if communicator is None:
        losses = per_sample(logits, outputs, targets, arithmetic)
        if weights is not None:
            # In float64, as with ranks: some losses are float32 in plain arithmetic.
            losses = np.multiply(losses, weights[:, 0], dtype=np.float64)
        return arithmetic.sum_all(losses), count_correct(outputs, targets)
    # Each row is another rank's 0 plus one rank's number.
    by_row = np.zeros((2, len(outputs)))
    losses, correct = by_row
    for rows in rank_rows:
        losses[rows] = per_sample(logits[rows], outputs[rows], targets[rows], arithmetic)
        if weights is not None:
            losses[rows] *= weights[rows, 0]
        correct[rows] = _is_correct(outputs[rows], targets[rows])
    communicator.sum(by_row)
    return arithmetic.sum_all(losses), int(np.count_nonzero(correct))


def count_correct(outputs: Floats, targets: Floats) -> int:
    """Return the number of rows of (n, outputs) whose largest output has the largest target.

    A single output is right if it and its target lie on the same side of one half.
    """
    return int(np.count_nonzero(_is_correct(outputs, targets)))


def _is_correct(outputs: Floats, targets: Floats) -> NDArray[np.bool_]:
    correct: NDArray[np.bool_] = class_outputs(outputs).argmax(axis=1) == class_outputs(
        targets
    ).argmax(axis=1)
    return correct


def confusion_matrix(actual: Classes, predicted: Classes, classes: int) -> NDArray[np.int64]:
    """Return counts, (classes, classes): rows are actual, columns predicted classes.

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

    The precision of a class that occurs and is never predicted is 0. The recall of a class without
    a sample is NaN. All three are NaN for a class that neither occurs nor is predicted. A mean over
    classes leaves NaN out, as scikit-learn's does.
    """
    correct = np.diag(confusion).astype(np.float64)
    predicted, actual = confusion.sum(axis=0), confusion.sum(axis=1)
    correct[predicted + actual == 0] = np.nan
    precision = correct / np.maximum(predicted, 1)
    recall = np.where(actual > 0, correct / np.maximum(actual, 1), np.nan)
    f1 = 2 * correct / np.maximum(predicted + actual, 1)
    return precision, recall, f1


def mean_over_classes(values: NDArray[np.float64]) -> float:
    """Return the mean of a metric, (classes,), over the classes where it is not NaN.

    The mean recall is the balanced accuracy: Brodersen, Ong, Stephan, Buhmann, The balanced
    accuracy and its posterior distribution (2010).
    """
    defined = values[~np.isnan(values)]
    return sum_all(defined) / len(defined)


def chance_accuracy(class_counts: Sequence[int] | NDArray[np.integer[Any]]) -> float:
    """Return the accuracy up to which predictions are no better than chance.

    It is the accuracy of always predicting the most frequent class, plus two standard errors of a
    fraction of so many samples.

    Parameters
    ----------
    class_counts : (classes,) number of samples of each class, at least one in total
    """
    total = int(np.sum(class_counts))
    fraction = int(np.max(class_counts)) / total
    return fraction + 2 * math.sqrt(fraction * (1 - fraction) / total)


def confidence_bins(confidence: NDArray[np.floating[Any]], bins: int) -> NDArray[np.int64]:
    """Return the number k of each confidence's bin, (k/bins, (k+1)/bins]; 0 is in the first."""
    numbers: NDArray[np.int64] = np.ceil(confidence * bins).astype(np.int64) - 1
    return np.clip(numbers, 0, bins - 1)


def expected_calibration_error(
    confidence: NDArray[np.floating[Any]],
    correct: NDArray[np.bool_],
    bins: int = CALIBRATION_BINS,
) -> float:
    """Return the mean distance between confidence and accuracy over bins of equal width.

    Each bin, as in `confidence_bins`, is weighted by its number of samples: Guo, Pleiss, Sun,
    Weinberger, On calibration of modern neural networks (2017), equation 3.

    Parameters
    ----------
    confidence : (n,) in [0, 1]
    correct : (n,) whether the predicted class is right
    """
    index = confidence_bins(confidence, bins)
    # Exact: these float32 numbers from 1 / classes to 1 are multiples of one power of two.
    confidence_sums = np.bincount(index, weights=confidence, minlength=bins)
    correct_counts = np.bincount(index, weights=correct, minlength=bins)
    return sum_all(np.abs(confidence_sums - correct_counts)) / len(confidence)
