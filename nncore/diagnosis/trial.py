"""A short training on one half of the samples; the other half is held out."""

import math
from dataclasses import replace
from itertools import repeat
from typing import NamedTuple

from nncore.arrays import Indices
from nncore.data.dataset import Data
from nncore.diagnosis.chance import beats_chance
from nncore.diagnosis.setup import Setup, take
from nncore.diagnosis.short_training import step_count, train_steps
from nncore.network.network import Network
from nncore.training.evaluation import evaluate

# With fewer samples, none are left out.
MIN_SAMPLES = 40
# A trial that has not left chance, or contradicts labels, is repeated with so many times the steps.
LONGER_FACTOR = 4


class Trial(NamedTuple):
    """A network after a short training.

    Attributes
    ----------
    network : the trained network
    lr, steps : learning rate and number of steps
    start, end : loss of the half that it was trained on, before and after; infinite if the training
        diverged
    diverged : the step in which the training diverged; None if it did not
    learnt : whether the network is better than chance on that half
    """

    network: Network
    lr: float
    steps: int
    start: float
    end: float
    diverged: int | None
    learnt: bool

    @property
    def gain(self) -> float:
        """The reduction of the loss by the training."""
        return self.start - self.end


def halves(setup: Setup) -> tuple[Data, Data | None]:
    """Return two halves of the samples, drawn at random; all of them and None if they are few."""
    count = len(setup.data.inputs)
    if count < MIN_SAMPLES:
        return setup.data, None
    order = half_order(setup)
    return take(setup.data, order[: count // 2]), take(setup.data, order[count // 2 :])


def half_order(setup: Setup) -> Indices:
    """Return the samples in the order of the two halves, (n,)."""
    return setup.generator(1).permutation(len(setup.data.inputs))


def run_trial(setup: Setup, data: Data, *, steps: int | None = None) -> Trial:
    """Train a new network on some samples, with the setup's number of steps unless one is given."""
    network = setup.network()
    start = evaluate(network, data)[0]
    steps = steps or step_count(setup)
    diverged = train_steps(setup, network, data, repeat(setup.settings.lr, steps))
    end = math.inf if diverged else evaluate(network, data)[0]
    if not math.isfinite(end):
        end, diverged = math.inf, diverged or steps
    learnt = not diverged and beats_chance(setup, network, data)
    return Trial(network, setup.settings.lr, steps, start, end, diverged, learnt)


def with_rate(setup: Setup, lr: float) -> Setup:
    """Return a setup with another learning rate."""
    return replace(setup, settings=replace(setup.settings, lr=lr))
