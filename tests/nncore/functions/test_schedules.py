"""Learning-rate factors at values worked by hand, and their continuity over the epochs."""

import math
from typing import get_args

import numpy as np
import pytest

from nncore.config.schedule import ScheduleName, ScheduleSettings
from nncore.functions.schedules import lr_factors, plateau_cuts

EVERY_NAME = pytest.mark.parametrize("name", get_args(ScheduleName))


def whole(epochs, steps, **settings):
    """Return the factors of a whole training."""
    made = ScheduleSettings(**settings)
    return np.concatenate(
        [lr_factors(made, epoch=e, epochs=epochs, steps=steps) for e in range(1, epochs + 1)]
    )


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        ({"name": "constant"}, [1, 1, 1, 1, 1, 1]),
        ({"name": "step", "factor": 0.5, "every": 2}, [1, 1, 0.5, 0.5, 0.25, 0.25]),
        ({"name": "exponential", "factor": 0.5}, [1, 0.5, 0.25, 0.125, 0.0625, 0.03125]),
        ({"name": "plateau"}, [1, 1, 1, 1, 1, 1]),
        # (1 + cos 0°, 30°, 60°, 90°, 120°, 150°) / 2
        (
            {"name": "cosine"},
            [1, 0.5 + math.sqrt(3) / 4, 0.75, 0.5, 0.25, 0.5 - math.sqrt(3) / 4],
        ),
        # The same, from 1 down to 0.2
        (
            {"name": "cosine", "floor": 0.2},
            [1, 0.6 + 0.2 * math.sqrt(3), 0.8, 0.6, 0.4, 0.6 - 0.2 * math.sqrt(3)],
        ),
        # A third, two thirds and the whole of the way up
        ({"name": "constant", "warmup_epochs": 3}, [1 / 3, 2 / 3, 1, 1, 1, 1]),
        (
            {"name": "exponential", "factor": 0.5, "warmup_epochs": 2},
            [0.5, 0.5, 0.25, 0.125, 0.0625, 0.03125],
        ),
        # After a warm-up of two, cosine begins: 0°, 45°, 90°, 135°
        (
            {"name": "cosine", "warmup_epochs": 2},
            [0.5, 1, 1, 0.5 + math.sqrt(2) / 4, 0.5, 0.5 - math.sqrt(2) / 4],
        ),
    ],
)
def test_factors_of_six_epochs_of_one_step(settings, expected):
    assert whole(6, 1, **settings) == pytest.approx(expected, rel=1e-6)


@pytest.mark.parametrize("name", ["constant", "cosine", "one_cycle"])
@pytest.mark.parametrize("warmup", [0, 1])
def test_epochs_continue_each_other(name, warmup):
    """Six epochs of 5 steps are three epochs of 10, with a warm-up as long."""
    short = whole(6, 5, name=name, warmup_epochs=2 * warmup)
    assert short.tolist() == whole(3, 10, name=name, warmup_epochs=warmup).tolist()


@EVERY_NAME
def test_warm_up_is_a_straight_line_to_one(name):
    """Its 8 steps are multiples of 1/8 of the factors that there would be without it."""
    made = {"name": name, "warmup_epochs": 2, "every": 100, "factor": 1.0}
    rise = whole(5, 4, **made)[:8]
    assert rise / rise[-1] == pytest.approx(np.arange(1, 9) / 8, rel=1e-6)


@EVERY_NAME
def test_training_that_is_all_warm_up_has_finite_rates(name):
    rise = whole(3, 2, name=name, warmup_epochs=3)
    assert np.all((rise > 0) & (rise <= 1))


def test_one_cycle_rises_from_a_25th_to_one_after_three_tenths():
    rates = whole(10, 10, name="one_cycle")
    assert rates[0] == pytest.approx(1 / 25, rel=1e-6)
    # Halfway up, a half cosine is halfway.
    assert rates[15] == pytest.approx((1 / 25 + 1) / 2, rel=1e-6)
    assert (rates[30], rates.argmax()) == (1, 30)
    assert np.all(np.diff(rates[:31]) > 0)


def test_one_cycle_falls_from_its_peak_to_almost_nothing():
    rates = whole(10, 10, name="one_cycle")
    assert rates[65] == pytest.approx(0.5, rel=1e-5)
    assert np.all(np.diff(rates[30:]) < 0)
    # One step of 70 before the end: (1 - cos(π/70)) / 2 = 0.0005035
    assert rates[-1] == pytest.approx(0.0005035 + 4e-6, rel=2e-3)


@pytest.mark.parametrize("floor", [0.0, 0.1])
def test_cosine_ends_at_its_floor(floor):
    """The last of 1,000 steps is within one step's share, (π/2000)², of it."""
    rates = whole(10, 100, name="cosine", floor=floor)
    assert rates[0] == 1
    assert floor < rates[-1] < floor + 3e-6
    assert np.all(np.diff(rates) <= 0)


@pytest.mark.parametrize(("cuts", "factor"), [(0, 1), (1, 0.5), (2, 0.25), (3, 0.2), (9, 0.2)])
def test_plateau_is_cut_down_to_its_floor(cuts, factor):
    made = ScheduleSettings(name="plateau", factor=0.5, floor=0.2)
    rates = lr_factors(made, epoch=7, epochs=9, steps=2, cuts=cuts)
    assert rates == pytest.approx([factor] * 2, rel=1e-6)


@pytest.mark.parametrize(
    ("losses", "patience", "cuts"),
    [
        ([], 1, 0),
        ([5], 1, 0),
        ([5, 4, 3], 1, 0),
        ([5, 5], 1, 1),
        ([5, 6, 7], 1, 2),
        ([5, 6, 7], 2, 1),
        # Counted from the last cut again
        ([5, 6, 7, 8], 2, 1),
        ([5, 6, 7, 8, 9], 2, 2),
        # A new least value starts the count anew; a value above the least does not.
        ([5, 6, 4, 6, 5, 4], 2, 1),
        ([5, 6, 4, 6], 2, 0),
        # Accuracies come negated
        ([-0.5, -0.6, -0.6, -0.6], 2, 1),
    ],
)
def test_a_plateau_cuts_once_for_each_patience_without_improvement(losses, patience, cuts):
    assert plateau_cuts(losses, patience) == cuts


@EVERY_NAME
def test_every_name_has_a_float32_factor_for_each_step(name):
    rates = lr_factors(ScheduleSettings(name=name), epoch=2, epochs=4, steps=7)
    assert (rates.shape, rates.dtype) == ((7,), np.float32)
