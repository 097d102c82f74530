"""A training of a few hundred steps."""

import math
from collections.abc import Callable, Iterable
from itertools import pairwise

import numpy as np

from nncore.data.batches import Batches
from nncore.data.dataset import Data
from nncore.diagnosis.setup import Setup
from nncore.functions.losses import smooth_labels
from nncore.network.network import Network
from nncore.training.step import TrainStep

# Samples in all steps of a short training; and its smallest and largest number of steps.
SAMPLES_SEEN = 20_000
MIN_STEPS, MAX_STEPS = 300, 1500
# Products of a weight and a sample in all forward passes; larger networks have fewer steps.
MAX_WORK = 10**10
MIN_STEPS_OF_LARGE_NETWORK = 60


def step_count(setup: Setup, steps: int | None = None) -> int:
    """Return the number of steps of a short training, which is smaller for a very large network.

    Parameters
    ----------
    steps : the number for other networks; None for a number that suits the batch size
    """
    batch = min(setup.settings.batch_size, len(setup.data.inputs))
    if steps is None:
        steps = min(max(SAMPLES_SEEN // batch, MIN_STEPS), MAX_STEPS)
    sizes = setup.data.inputs.shape[1], *setup.architecture.hidden, setup.data.targets.shape[1]
    weights: int = sum(math.prod(pair) for pair in pairwise(sizes))
    return min(steps, max(MAX_WORK // (weights * batch), MIN_STEPS_OF_LARGE_NETWORK))


def train_steps(
    setup: Setup,
    network: Network,
    data: Data,
    rates: Iterable[float],
    *,
    on_step: Callable[[int, float], bool] | None = None,
) -> int | None:
    """Train a network in place, one step for each rate.

    Parameters
    ----------
    on_step : called with the number of each step, from 1, and its rate; True ends the training

    Returns
    -------
    The number of the step in which an output or a parameter was not finite; None if none was
    """
    settings = setup.settings
    shuffle_rng, dropout_rng = setup.generator(3), setup.generator(4)
    step = TrainStep(
        network, settings, dropout_rng, samples=len(data.inputs), workers=setup.workers
    )
    batches = Batches(data, settings.batch_size)
    remaining = iter(rates)
    number = epoch = 0
    while True:
        epoch += 1
        for gather, gather_batches in batches.shuffle(shuffle_rng, epoch):
            smooth_labels(gather.targets, settings.regularization.label_smoothing)
            for batch in gather_batches:
                rate = next(remaining, None)
                if rate is None:
                    is_finite = bool(np.isfinite(network.parameters).all())
                    return None if is_finite else number
                number += 1
                step.step(batch, rate)
                if not np.isfinite(batch.logits).all():
                    return number
                if on_step and on_step(number, rate):
                    return None
