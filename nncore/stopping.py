"""Early stopping, decided anew each epoch from the history of the monitor: no state to save."""

import math

from nncore.settings import StoppingSettings


def best_epoch(losses: list[float]) -> int:
    """Return the index of the least value; the earliest, where several are equal."""
    return min(range(len(losses)), key=losses.__getitem__)


def should_stop(settings: StoppingSettings, losses: list[float]) -> bool:
    """Tell whether to stop, from the monitor's values of all epochs from 0 on.

    Smaller is better: pass accuracies negated.
    """
    match settings.rule:
        case "none":
            return False
        case "patience":
            best, since = math.inf, 0
            for loss in losses:
                improved = loss < best - settings.threshold
                best, since = (loss, 0) if improved else (best, since + 1)
            return since >= settings.epochs
        case "change":
            if len(losses) <= settings.epochs:
                return False
            return abs(losses[-1] - losses[-1 - settings.epochs]) < settings.threshold
