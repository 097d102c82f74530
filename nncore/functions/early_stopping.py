"""Early stopping and the choice of the best epoch, from the history of the monitor.

`nncore.training.loop.Training` keeps the weights of that epoch.
"""

import math

from nncore.config.training import StoppingSettings


def best_epoch(losses: list[float], *, first: int = 0) -> int:
    """Return the index of the smallest value from index `first` on, the first of equal ones."""
    return min(range(min(first, len(losses) - 1), len(losses)), key=losses.__getitem__)


def should_stop(settings: StoppingSettings, losses: list[float], *, first: int = 0) -> bool:
    """Return whether to stop, from the monitor's values of all epochs, epoch 0 first.

    Smaller is better: pass accuracies negated.

    Parameters
    ----------
    first : the first epoch whose value may be the best one, for the rule patience
    """
    match settings.rule:
        case "none":
            return False
        case "patience":
            best, epochs_since = math.inf, 0
            for loss in losses[first:]:
                improved = loss < best - settings.threshold
                best, epochs_since = (loss, 0) if improved else (best, epochs_since + 1)
            return epochs_since >= settings.epochs
        case "change":
            if len(losses) <= settings.epochs:
                return False
            return abs(losses[-1] - losses[-1 - settings.epochs]) < settings.threshold
