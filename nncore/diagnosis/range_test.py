"""The learning-rate range test.

Smith, Cyclical learning rates for training neural networks (2017), section 3.3: train while the
rate grows, and look where the loss falls and where it rises again. Here the rate grows by a factor
in each step rather than by a summand, so that it passes through all orders of magnitude. The loss
is that of the same samples at each step, so that it needs no smoothing.
"""

import math
from itertools import repeat
from typing import NamedTuple

import numpy as np

from nncore.arrays import Doubles
from nncore.diagnosis.setup import PROBE_SAMPLES, Setup
from nncore.diagnosis.short_training import step_count, train_steps
from nncore.training.evaluation import evaluate

FIRST_RATE, STEPS = 1e-6, 200
# 10^(1/25), 25 steps for each order of magnitude: the C library's pow depends on the platform.
FACTOR = 1.0964781961431851
# The test ends when the loss is so many times the loss at the start.
MAX_LOSS_RATIO = 4.0
# A loss has fallen if it is below this fraction of the loss at the start.
FALLEN_FRACTION = 0.95
# The slope of the logarithm is the ratio of two losses so many measurements apart. With the
# logarithm, a large loss at the start does not hide later slopes.
SLOPE_STEPS = 12
# A fall below this fraction of the loss at the start does not count.
SMALLEST_FRACTION = 0.1


class RangeTest(NamedTuple):
    """The losses of a range test.

    Attributes
    ----------
    rates : (steps,) ascending
    losses : (steps,) after a step with this rate; the last one may be infinite
    start : loss before the first step
    suggestion : the rate where the loss falls most steeply, to one digit; None if it never falls
    lowest : the rate with the lowest loss, to one digit
    """

    rates: Doubles
    losses: Doubles
    start: float
    suggestion: float | None
    lowest: float


def range_test(setup: Setup) -> RangeTest:
    """Train with a rate that grows from 1e-6, to 100 at most, until the loss has risen."""
    network, probe = setup.network(), setup.sample(PROBE_SAMPLES)
    start = evaluate(network, probe)[0]
    # A very large network has fewer steps, with a larger factor.
    steps = step_count(setup, STEPS)
    stride = math.ceil(STEPS / steps)
    rates = np.multiply.accumulate([FIRST_RATE, *repeat(FACTOR, STEPS)])[::stride]
    losses: list[float] = []

    def measure(number: int, rate: float) -> bool:  # noqa: ARG001
        loss = evaluate(network, probe)[0]
        losses.append(loss if math.isfinite(loss) else math.inf)
        return not loss < MAX_LOSS_RATIO * max(start, losses[0])

    if train_steps(setup, network, setup.data, rates.tolist(), on_step=measure):
        losses.append(math.inf)
    measured = np.array(losses)
    tested = rates[: len(measured)]
    return RangeTest(tested, measured, start, *_read(tested, measured, start))


def _read(rates: Doubles, losses: Doubles, start: float) -> tuple[float | None, float]:
    """Return the rates where the loss falls most steeply, or None, and where it is lowest."""
    best = int(losses.argmin())
    lowest = round_rate(rates[best])
    if not losses[best] < FALLEN_FRACTION * start:
        return None, lowest
    apart = min(SLOPE_STEPS, best)
    # The lowest loss so far, because a fall after a jump does not count.
    until_best = np.minimum.accumulate(losses[: best + 1])
    until_best = np.maximum(until_best, SMALLEST_FRACTION * start)
    ratios = until_best[apart:] / until_best[: len(until_best) - apart]
    return round_rate(rates[int(ratios.argmin()) + apart // 2]), lowest


def round_rate(rate: float) -> float:
    """Return a rate with one digit, for instance 0.03."""
    return float(f"{rate:.0e}")
