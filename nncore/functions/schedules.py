"""Learning-rate schedules, as factors on the initial rate for each step.

Each epoch computes them from the history of the monitor, so there is no state to save.
"""

import math
from itertools import repeat
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nncore.arrays import Doubles
from nncore.config.schedule import ScheduleSettings
from nncore.config.training import TrainingSettings
from nncore.functions.elementary import sin_cos

# Smith & Topin, Super-convergence (2018), with the shape and constants of PyTorch's OneCycleLR: the
# rate rises from 1/25 for 30 % of the steps, then falls to a ten-thousandth of its start.
ONE_CYCLE_RISE_FRACTION = 0.3
ONE_CYCLE_START_FACTOR = 1 / 25
ONE_CYCLE_END_FACTOR = ONE_CYCLE_START_FACTOR / 10_000


def step_rates(
    settings: TrainingSettings, *, epoch: int, steps: int, losses: list[float]
) -> list[float]:
    """Return the learning rate of each step of an epoch.

    Parameters
    ----------
    epoch : from 1
    steps : number of steps of an epoch
    losses : the monitor of the epochs so far, where smaller is better, see `plateau_cuts`
    """
    cuts = plateau_cuts(losses, settings.schedule.patience)
    factors = lr_factors(
        settings.schedule, epoch=epoch, epochs=settings.epochs, steps=steps, cuts=cuts
    )
    return [settings.lr * factor for factor in factors.tolist()]


def lr_factors(
    settings: ScheduleSettings,
    *,
    epoch: int,
    epochs: int,
    steps: int,
    cuts: int = 0,
) -> NDArray[np.float32]:
    """Return the factor of each step of one epoch, (steps,).

    ===========  ===========================================================================
    constant     1
    step         factor^k, with k cuts, one after each `every` epochs
    exponential  factor^k, with k completed epochs
    cosine       from 1 to `floor` along half a cosine: Loshchilov & Hutter, SGDR (ICLR
                 2017), equation 5
    one_cycle    up from 1/25 to 1, then down to 4e-6, along half cosines
    plateau      factor^cuts, not below `floor`
    ===========  ===========================================================================

    During the first `warmup_epochs`, every schedule is multiplied by a line that reaches 1. cosine
    and one_cycle span the epochs after the warm-up.

    Parameters
    ----------
    epoch : from 1
    epochs : number of epochs of the training
    steps : number of steps of an epoch
    cuts : number of cuts of the plateau schedule so far, see `plateau_cuts`
    """
    warmup = settings.warmup_epochs * steps
    step = np.arange((epoch - 1) * steps, epoch * steps)
    # Fraction of the steps after the warm-up that are completed, in [0, 1).
    progress = np.maximum(step - warmup, 0) / max(epochs * steps - warmup, 1)
    base: NDArray[np.floating[Any]]
    match settings.name:
        case "constant":
            base = np.ones(steps)
        case "step":
            base = np.full(steps, _power(settings.factor, (epoch - 1) // settings.every))
        case "exponential":
            base = np.full(steps, _power(settings.factor, epoch - 1))
        case "cosine":
            base = settings.floor + (1 - settings.floor) * _half_cosine(progress)
        case "one_cycle":
            turn, start, end = ONE_CYCLE_RISE_FRACTION, ONE_CYCLE_START_FACTOR, ONE_CYCLE_END_FACTOR
            rise = 1 - _half_cosine(progress / turn)
            fall = _half_cosine((progress - turn) / (1 - turn))
            base = np.where(progress < turn, start + (1 - start) * rise, end + (1 - end) * fall)
        case "plateau":
            base = np.full(steps, max(_power(settings.factor, cuts), settings.floor))
    ramp = np.minimum(1, (step + 1) / warmup) if warmup else 1
    return (base * ramp).astype(np.float32)


def plateau_cuts(losses: list[float], patience: int) -> int:
    """Return the number of cuts of the plateau schedule, from the history of the monitor.

    The rate is cut after `patience` epochs without a new minimum, counted from the last minimum or
    the last cut. Smaller is better: pass accuracies negated.
    """
    cuts, best, epochs_waited = 0, math.inf, 0
    for loss in losses:
        epochs_waited += 1
        if loss < best:
            best, epochs_waited = loss, 0
        elif epochs_waited >= patience:
            cuts, epochs_waited = cuts + 1, 0
    return cuts


def _half_cosine(x: Doubles) -> Doubles:
    """Return (1 + cos(πx)) / 2, (steps,), which falls from 1 to 0 in [0, 1]."""
    return (1 + sin_cos(np.pi * np.clip(x, 0, 1))[1]) / 2


def _power(base: float, exponent: int) -> float:
    """Return base^exponent as a product: the C library's pow depends on the platform."""
    return math.prod(repeat(base, exponent))
