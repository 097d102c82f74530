"""Early stopping decided from tables of the monitor."""

import pytest

from nncore.config.training import StoppingSettings
from nncore.functions.early_stopping import best_epoch, should_stop


@pytest.mark.parametrize(
    ("losses", "best"),
    [([3], 0), ([3, 2, 1], 2), ([1, 2, 3], 0), ([3, 1, 2, 1], 1), ([-0.2, -0.9, -0.5], 1)],
)
def test_best_epoch_is_the_earliest_of_the_least(losses, best):
    assert best_epoch(losses) == best


@pytest.mark.parametrize(("losses", "best"), [([3], 0), ([1, 3, 2], 2), ([1, 2, 2], 1)])
def test_epoch_0_counts_where_it_is_alone(losses, best):
    assert best_epoch(losses, first=1) == best


@pytest.mark.parametrize("losses", [[], [1], [1, 2, 3, 4, 5]])
def test_no_rule_never_stops(losses):
    assert not should_stop(StoppingSettings(rule="none", epochs=1), losses)


@pytest.mark.parametrize(
    ("losses", "epochs", "threshold", "stops"),
    [
        ([], 1, 0.0, False),
        ([5], 1, 0.0, False),
        ([5, 4], 1, 0.0, False),
        ([5, 5], 1, 0.0, True),
        ([5, 6], 2, 0.0, False),
        ([5, 6, 7], 2, 0.0, True),
        # 4 is new, so the count is 2 again
        ([5, 6, 4, 6], 2, 0.0, False),
        ([5, 6, 4, 6, 5], 2, 0.0, True),
        # Better, but not by more than the threshold
        ([5, 4.5, 4.25], 2, 1.0, True),
        # Not by each step, but by both together, against the best that counted
        ([5, 4.5, 3.5], 2, 1.0, False),
        ([5, 4], 1, 1.0, True),
    ],
)
def test_patience_ends_when_nothing_has_improved(losses, epochs, threshold, stops):
    settings = StoppingSettings(rule="patience", epochs=epochs, threshold=threshold)
    assert should_stop(settings, losses) is stops


def test_patience_begins_with_the_first_candidate():
    settings = StoppingSettings(rule="patience", epochs=2)
    assert should_stop(settings, [1, 3, 2])
    assert not should_stop(settings, [1, 3, 2], first=1)
    assert should_stop(settings, [1, 3, 3, 3], first=1)


@pytest.mark.parametrize(
    ("losses", "epochs", "stops"),
    [
        ([], 1, False),
        ([5], 1, False),
        ([5, 4.75], 1, True),
        ([5, 5.25], 1, True),
        ([5, 4.5], 1, False),
        ([5, 5], 2, False),
        # Compared with two epochs before, wherever the one between was
        ([5, 1, 5.25], 2, True),
        ([9, 5, 1, 5.25], 2, True),
        ([5, 5, 4], 2, False),
    ],
)
def test_change_ends_when_the_monitor_stands_still(losses, epochs, stops):
    """When it has moved by less than 1/2."""
    settings = StoppingSettings(rule="change", epochs=epochs, threshold=0.5)
    assert should_stop(settings, losses) is stops
