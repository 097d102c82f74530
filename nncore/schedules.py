"""Learning-rate schedules: the rate of every step, as a factor on the initial rate.

Factors go through float32, which leaves no trace of the last bits of a platform's cosine.
"""

import math
from itertools import repeat
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nncore.settings import ScheduleSettings

# After Smith & Topin, Super-convergence (2018), with the shape and the numbers of PyTorch's
# OneCycleLR: up from a 25th for 30 % of the steps, then down to a ten-thousandth of the start.
ONE_CYCLE_RISE = 0.3
ONE_CYCLE_START = 1 / 25
ONE_CYCLE_END = ONE_CYCLE_START / 10_000


def factors(
    settings: ScheduleSettings,
    *,
    epoch: int,
    epochs: int,
    steps: int,
    cuts: int = 0,
) -> NDArray[np.float32]:
    """Return the factor of each step of one epoch, (steps,).

    Parameters
    ----------
    epoch : from 1
    epochs : in the whole training
    steps : in one epoch
    cuts : made so far by the plateau schedule, see `plateau_cuts`

    ===========  ===========================================================================
    constant     1
    step         factor^k, with k cuts, one after each `every` epochs
    exponential  factor^k, with k epochs behind
    cosine       from 1 to `floor` along half a cosine: Loshchilov & Hutter, SGDR (ICLR
                 2017), equation 5
    one_cycle    up, then down to almost nothing, along half cosines
    plateau      factor^cuts, not below `floor`
    ===========  ===========================================================================

    Over the first `warmup_epochs` all of them are multiplied by a line that reaches 1. Cosine and
    one_cycle spread over the epochs after the warm-up.
    """
    warmup = settings.warmup_epochs * steps
    step = np.arange((epoch - 1) * steps, epoch * steps)
    # How much of what follows the warm-up is behind, in [0, 1).
    passed = np.maximum(step - warmup, 0) / max(epochs * steps - warmup, 1)
    base: NDArray[np.floating[Any]]
    match settings.name:
        case "constant":
            base = np.ones(steps)
        case "step":
            base = np.full(steps, _power(settings.factor, (epoch - 1) // settings.every))
        case "exponential":
            base = np.full(steps, _power(settings.factor, epoch - 1))
        case "cosine":
            base = settings.floor + (1 - settings.floor) * _half_cosine(passed)
        case "one_cycle":
            rise = 1 - _half_cosine(passed / ONE_CYCLE_RISE)
            fall = _half_cosine((passed - ONE_CYCLE_RISE) / (1 - ONE_CYCLE_RISE))
            base = np.where(
                passed < ONE_CYCLE_RISE,
                ONE_CYCLE_START + (1 - ONE_CYCLE_START) * rise,
                ONE_CYCLE_END + (1 - ONE_CYCLE_END) * fall,
            )
        case "plateau":
            base = np.full(steps, max(_power(settings.factor, cuts), settings.floor))
    ramp = np.minimum(1, (step + 1) / warmup) if warmup else 1
    return (base * ramp).astype(np.float32)


def plateau_cuts(losses: list[float], patience: int) -> int:
    """Return how often the plateau schedule has cut the rate, from the history of the monitor.

    A cut comes whenever `patience` epochs have gone by without a new least value, counted from
    that value or from the last cut. Smaller is better: pass accuracies negated.
    """
    cuts, best, waited = 0, math.inf, 0
    for loss in losses:
        waited += 1
        if loss < best:
            best, waited = loss, 0
        elif waited >= patience:
            cuts, waited = cuts + 1, 0
    return cuts


def _half_cosine(x: NDArray[np.float64]) -> NDArray[np.floating[Any]]:
    """Return (1 + cos(πx)) / 2, which falls from 1 to 0 over [0, 1], (steps,)."""
    angle = (np.pi * np.clip(x, 0, 1)).astype(np.float32)
    return np.asarray((1 + np.cos(angle)) / 2)


def _power(base: float, exponent: int) -> float:
    """Return base^exponent as a product: the C library's pow is not the same everywhere."""
    return math.prod(repeat(base, exponent))
