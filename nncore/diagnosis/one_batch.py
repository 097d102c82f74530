"""The check whether the network can overfit a single batch.

Karpathy, A recipe for training neural networks (2019): a network that can't has a fault or is too
small, whatever the other data are.
"""

import math
from copy import copy
from dataclasses import replace
from itertools import repeat
from typing import NamedTuple

from nncore.config.training import RegularizationSettings
from nncore.diagnosis.chance import chance_loss
from nncore.diagnosis.setup import Setup
from nncore.diagnosis.short_training import train_steps
from nncore.training.evaluation import evaluate

SAMPLES, STEPS, STEPS_PER_LOOK = 16, 500, 10
# A batch is overfitted if its loss is at most this fraction of the loss of chance.
LEARNT_FRACTION = 0.1


class OneBatch(NamedTuple):
    """The result of a training on one batch.

    Attributes
    ----------
    samples, steps : number of samples, and of steps
    start, end : mean loss before and after; infinite if the training diverged
    learnt : whether the loss has become small enough
    """

    samples: int
    steps: int
    start: float
    end: float
    learnt: bool


def overfit_one_batch(setup: Setup) -> OneBatch:
    """Train on one batch without regularization, until it is learnt or for `STEPS` steps."""
    # A copy, because a small sample is the data of the setup, whose weights the later checks use.
    data = copy(setup.sample(SAMPLES))
    data.weights = None
    settings = setup.settings
    # AdamW is Adam without its decay.
    optimizer = settings.optimizer
    if optimizer.name == "adamw":
        optimizer = replace(optimizer, name="adam")
    settings = replace(
        settings,
        regularization=RegularizationSettings(),
        batch_size=len(data.inputs),
        optimizer=optimizer,
        class_weight=None,
    )
    setup = replace(setup, settings=settings)
    network = setup.network()
    start, target = evaluate(network, data)[0], LEARNT_FRACTION * chance_loss(setup, data)
    end, steps = start, 0

    def is_learnt(number: int, rate: float) -> bool:  # noqa: ARG001
        nonlocal end, steps
        steps = number
        if number % STEPS_PER_LOOK == 0:
            end = evaluate(network, data)[0]
        return end <= target

    if train_steps(setup, network, data, repeat(settings.lr, STEPS), on_step=is_learnt):
        end = math.inf
    return OneBatch(len(data.inputs), steps, start, end, end <= target)
