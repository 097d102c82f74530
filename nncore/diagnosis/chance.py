"""The loss of a network that ignores its inputs."""

import numpy as np

from nncore.arrays import Floats, Indices
from nncore.data.dataset import Data
from nncore.diagnosis.setup import Setup
from nncore.functions.arithmetic import choose_arithmetic
from nncore.functions.exact import log, sum_all, sum_rows
from nncore.functions.losses import LOSSES
from nncore.network.network import Network
from nncore.network.prediction import class_outputs
from nncore.training.evaluation import chance_accuracy, evaluate

# Without classes, a loss is better than chance if it is below this fraction of the loss of chance.
BETTER_LOSS_FRACTION = 0.95


def initial_loss(setup: Setup) -> float | None:
    """Return the expected loss of small random weights, in nats; None for losses without one.

    Goodfellow, Bengio, Courville, Deep Learning (2016), section 6.2.2: with K classes of equal
    probability the cross-entropy is ln K, and that of K independent outputs K ln 2.
    """
    outputs: int = setup.data.targets.shape[1]
    match setup.architecture.loss:
        case "cross_entropy":
            return _log(outputs)
        case "binary_cross_entropy":
            return outputs * _log(2)
        case _:
            return None


def _log(number: int) -> float:
    return float(log(np.array([number]))[0])


def chance_loss(setup: Setup, data: Data) -> float:
    """Return the loss of the best constant outputs: the mean of the targets, or their median."""
    targets = data.targets
    if setup.architecture.loss == "mean_absolute_error":
        constant = np.median(targets, axis=0)
    else:
        constant = sum_rows(targets.T) / len(targets)
    outputs: Floats = np.broadcast_to(constant.astype(targets.dtype), targets.shape).copy()
    logits = outputs
    if setup.architecture.loss in {"cross_entropy", "binary_cross_entropy"}:
        p = np.clip(constant, 1e-6, 1 - 1e-6)
        z = log(p) if setup.architecture.loss == "cross_entropy" else log(p / (1 - p))
        logits = np.broadcast_to(z.astype(targets.dtype), targets.shape).copy()
    arithmetic = choose_arithmetic(setup.numerics, targets.dtype)
    losses = LOSSES[setup.architecture.loss].per_sample(logits, outputs, targets, arithmetic)
    return sum_all(losses) / len(targets)


def beats_chance(setup: Setup, network: Network, data: Data) -> bool:
    """Return whether a network is better on these samples than one that ignores its inputs."""
    loss, accuracy = evaluate(network, data)
    if setup.is_one_hot and accuracy > chance_accuracy(class_counts(data.targets)):
        return True
    return loss < BETTER_LOSS_FRACTION * chance_loss(setup, data)


def class_counts(targets: Floats) -> Indices:
    """Return the number of samples of each class, (classes,), from one-hot rows, (n, outputs)."""
    counts: Indices = np.count_nonzero(class_outputs(targets) > 0.5, axis=0).astype(np.int64)
    return counts
