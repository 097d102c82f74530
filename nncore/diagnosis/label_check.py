"""The check of labels that do not belong to their samples.

Two networks are trained, each on one half of the samples, and predict the other half. So every
prediction is by a network that was not trained on the label. Labels that are wrong at random are
wrong for samples with a confident prediction too: Northcutt, Jiang, Chuang, Confident learning:
estimating uncertainty in dataset labels (2021). Where classes overlap, labels contradict
predictions too, but of low confidence. And wrong labels contradict those of the nearest samples.
"""

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from nncore.arrays import Doubles, Floats, Indices
from nncore.data.dataset import Data
from nncore.diagnosis.chance import BETTER_LOSS_FRACTION, chance_loss, class_counts
from nncore.diagnosis.findings import Check, Finding, Suspect
from nncore.diagnosis.neighbours import neighbour_classes
from nncore.diagnosis.setup import Setup
from nncore.diagnosis.trial import LONGER_FACTOR, Trial, half_order, run_trial
from nncore.functions.arithmetic import choose_arithmetic
from nncore.functions.exact import sum_all
from nncore.functions.losses import LOSSES
from nncore.network.inference import forward_blocks
from nncore.network.network import Network
from nncore.network.prediction import Prediction, class_outputs

# The fraction of the samples that counts as classified with confidence.
CONFIDENT_FRACTION = 1 / 3
MIN_CONFIDENT = 30
MAX_SUSPECTS = 10
# Largest estimated fraction of wrong labels without a finding.
MAX_NOISE = 0.05
# Standard errors by which an accuracy must be better than that of the most frequent class.
MIN_STANDARD_ERRORS = 4


class HeldOut(NamedTuple):
    """Predictions of all samples by networks that were not trained on them.

    Attributes
    ----------
    losses : (n,)
    outputs, targets : (n, outputs)
    rows : (n,) numbers of the samples in the training data
    """

    losses: Doubles
    outputs: Floats
    targets: Floats
    rows: Indices


def check_labels(
    setup: Setup, halves: tuple[Data, Data], first: Trial, second: Trial
) -> tuple[Finding | Check, list[Suspect]]:
    """Return a finding or a check without one, and the samples with the highest losses.

    Parameters
    ----------
    halves : the two halves of the samples
    first : a trial on the first half, which has learnt it
    second : a trial on the second half, of as many steps, which has not diverged
    """
    held_out = predict_held_out(setup, halves, first, second)
    if _looks_wrong(setup, held_out):
        # With more steps, the errors of a network that has not learnt enough go; wrong labels stay.
        trials = [run_trial(setup, half, steps=LONGER_FACTOR * first.steps) for half in halves]
        if not any(trial.diverged for trial in trials):
            later = predict_held_out(setup, halves, *trials)
            held_out = held_out if _looks_wrong(setup, later) else later
    if not depends_on_inputs(setup, held_out):
        finding = Finding(
            "labels",
            "networks learn the samples that they are trained on, and are at chance with the "
            f"others, in {len(held_out.losses):,} samples",
            "the targets don't depend on the inputs: they are those of other samples, as after a "
            "shuffle of one of the two",
            "look at how samples and targets are brought together",
        )
        return finding, []
    suspects = find_suspects(setup, held_out)
    noise = noise_fraction(held_out) if setup.is_one_hot else None
    if noise is not None and noise > MAX_NOISE:
        # A network that learns little is confident of errors too; the neighbours make other errors.
        noise = noise_fraction(held_out, _neighbour_classes(halves))
    if noise is None:
        return Check("labels", "other samples are predicted better than by chance"), suspects
    if noise <= MAX_NOISE:
        return Check("labels", f"about {noise:.1%} look wrong"), suspects
    finding = Finding(
        "labels",
        f"about {noise:.0%} of the labels contradict what networks predict with confidence from "
        "the other samples",
        "these labels are wrong",
        "look at the samples with the highest losses, and correct or remove such ones",
    )
    return finding, suspects


def predict_held_out(
    setup: Setup, halves: tuple[Data, Data], first: Trial, second: Trial
) -> HeldOut:
    """Return the predictions of the two networks, each for the half that the other was trained on.

    Parameters
    ----------
    first, second : trials on the two halves
    """
    losses, outputs = zip(
        _predict(setup, first.network, halves[1]),
        _predict(setup, second.network, halves[0]),
        strict=True,
    )
    count = len(setup.data.inputs)
    order = np.roll(half_order(setup), -(count // 2))
    targets = np.concatenate([halves[1].targets, halves[0].targets])
    return HeldOut(np.concatenate(losses), np.concatenate(outputs), targets, setup.rows[order])


def depends_on_inputs(setup: Setup, held_out: HeldOut) -> bool:
    """Return whether the predictions are clearly better than those of constant outputs."""
    data = Data(held_out.outputs, held_out.targets)
    loss = sum_all(held_out.losses) / len(held_out.losses)
    if loss < BETTER_LOSS_FRACTION * chance_loss(setup, data):
        return True
    if not setup.is_one_hot:
        return False
    accuracy = 1 - np.count_nonzero(_is_wrong(held_out)) / len(held_out.losses)
    fraction = float(class_counts(held_out.targets).max()) / len(held_out.losses)
    error = math.sqrt(fraction * (1 - fraction) / len(held_out.losses))
    return bool(accuracy > fraction + MIN_STANDARD_ERRORS * error)


def _neighbour_classes(halves: tuple[Data, Data]) -> Indices:
    """Return the classes of each sample's neighbours in the other half, as `HeldOut` is ordered."""
    first, second = halves
    return np.concatenate(
        [
            neighbour_classes(some.inputs[:], others.inputs[:], others.targets)
            for some, others in ((second, first), (first, second))
        ]
    )


def _looks_wrong(setup: Setup, held_out: HeldOut) -> bool:
    if not depends_on_inputs(setup, held_out):
        return True
    return setup.is_one_hot and (noise_fraction(held_out) or 0) > MAX_NOISE


def noise_fraction(held_out: HeldOut, others: Indices | None = None) -> float | None:
    """Return the estimated fraction of wrong labels; None if there are too few samples.

    Parameters
    ----------
    others : (n,) classes from another source, which must be those of the networks
    """
    count = math.ceil(CONFIDENT_FRACTION * len(held_out.losses))
    if count < MIN_CONFIDENT:
        return None
    wrong = _is_wrong(held_out)
    if others is not None:
        wrong &= class_outputs(held_out.outputs).argmax(axis=1) == others
    confidence = Prediction.from_outputs(held_out.outputs).confidence
    confident = np.argsort(-confidence, kind="stable")[:count]
    return float(np.count_nonzero(wrong[confident])) / count


def find_suspects(setup: Setup, held_out: HeldOut) -> list[Suspect]:
    """Return the samples with the highest losses, the highest first."""
    order = np.argsort(-held_out.losses, kind="stable")
    labels = class_outputs(held_out.targets).argmax(axis=1)
    predicted = class_outputs(held_out.outputs).argmax(axis=1)
    if setup.is_one_hot:
        # A correctly predicted label is not suspect, even if its loss is high.
        order = order[(labels != predicted)[order]]
    return [
        Suspect(
            sample=int(held_out.rows[index]),
            label=int(labels[index]) if setup.is_one_hot else None,
            predicted=int(predicted[index]) if setup.is_one_hot else None,
            loss=float(held_out.losses[index]),
        )
        for index in order[:MAX_SUSPECTS]
    ]


def _predict(setup: Setup, network: Network, data: Data) -> tuple[Doubles, Floats]:
    losses, outputs = np.empty(len(data.inputs)), np.empty_like(data.targets)
    per_sample = LOSSES[setup.architecture.loss].per_sample
    arithmetic = choose_arithmetic(setup.numerics, data.targets.dtype)
    for start, logits, block in forward_blocks(network, data.inputs, 0, len(losses)):
        rows = slice(start, start + len(block))
        losses[rows] = per_sample(logits, block, data.targets[rows], arithmetic)
        outputs[rows] = block
    return losses, outputs


def _is_wrong(held_out: HeldOut) -> NDArray[np.bool_]:
    predicted = class_outputs(held_out.outputs).argmax(axis=1)
    result: NDArray[np.bool_] = predicted != class_outputs(held_out.targets).argmax(axis=1)
    return result
