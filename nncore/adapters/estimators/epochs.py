"""The epochs of a training with scikit-learn's rules for its end and its learning rate."""

import math
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
from sklearn.exceptions import ConvergenceWarning

from nncore.adapters.estimators.samples import Samples
from nncore.arrays import Floats
from nncore.errors import DivergenceError
from nncore.functions import exact
from nncore.network.inference import forward_blocks
from nncore.training.loop import Training

# An adaptive rate is divided by the first; at or below the second it ends the training.
ADAPTIVE_DIVISOR, SMALLEST_ADAPTIVE_RATE = 5.0, 1e-6
# (targets, outputs, weights) -> score
Score = Callable[[Floats, Floats, Floats | None], float]


class Epochs:
    """Losses, scores and learning rate of a training, from `fit` to the last `partial_fit`.

    Attributes
    ----------
    rate : learning rate of the next epoch
    losses : loss of each epoch
    scores : score of the validation samples after each epoch; None without such samples
    best_loss, best_score : the least of the losses, the highest of the scores; or None
    best_parameters : (size,) of the epoch of the best score; None before it
    no_improvement_count : epochs in a row without an improvement by more than `tol`
    samples_seen : samples of all epochs
    count : epochs of the last run
    """

    def __init__(self, rate: float, *, early_stopping: bool, loss_factor: float = 1.0) -> None:
        """Begin a training, whose losses are multiplied by `loss_factor`."""
        self.rate = rate
        self._loss_factor = loss_factor
        self.losses: list[float] = []
        self.scores: list[float] | None = [] if early_stopping else None
        self.best_loss = None if early_stopping else math.inf
        self.best_score = -math.inf if early_stopping else None
        self.best_parameters: Floats | None = None
        self.no_improvement_count = 0
        self.samples_seen = 0
        self.count = 0

    def run(
        self,
        training: Training,
        params: dict[str, Any],
        samples: int,
        validation: Samples | None = None,
        score: Score | None = None,
        *,
        incremental: bool = False,
    ) -> None:
        """Train until nothing improves or for `max_iter` epochs; for one epoch if incremental.

        Parameters
        ----------
        params : parameters of the estimator
        samples : number of training samples
        validation, score : samples and score by which the best epoch is chosen
        """
        self.count = 0
        for _ in range(1 if incremental else params["max_iter"]):
            is_finite = self._run_epoch(training, validation)
            self.samples_seen += samples
            if params["verbose"]:
                print(f"Iteration {self.count}, loss = {self.losses[-1]:.8f}")  # noqa: T201
            self._compare(training, params, validation, score)
            if params["learning_rate"] == "invscaling" and params["solver"] == "sgd":
                self.rate = inverse_scaling(
                    params["learning_rate_init"], params["power_t"], self.samples_seen
                )
            if not is_finite or self._stops(params):
                break
        else:
            if not incremental:
                warnings.warn(
                    f"Stochastic Optimizer: Maximum iterations ({params['max_iter']}) "
                    "reached and the optimization hasn't converged yet.",
                    ConvergenceWarning,
                    stacklevel=4,
                )
        # With averaged weights, this sets the average.
        training.restore_kept_weights()
        if validation is not None and self.best_parameters is not None:
            training.network.parameters[:] = self.best_parameters

    def _run_epoch(self, training: Training, validation: Samples | None) -> bool:
        """Train for an epoch; return whether its loss is finite.

        Raises
        ------
        DivergenceError
            The loss is not finite, and there are no validated weights to end with.
        """
        self.count += 1
        try:
            self.losses.append(self._loss_factor * training.run_epoch().train_loss)
        except DivergenceError:
            if validation is None or self.best_parameters is None:
                raise
            self.losses.append(math.nan)
            return False
        return True

    def _compare(
        self,
        training: Training,
        params: dict[str, Any],
        validation: Samples | None,
        score: Score | None,
    ) -> None:
        """Score the last epoch, compare it with the best one, and count epochs without progress."""
        if validation is None or score is None or self.scores is None or self.best_score is None:
            loss, best = self.losses[-1], self.best_loss
            best = math.inf if best is None else best
            fails = loss > best - params["tol"]
            self.best_loss = min(loss, best)
        else:
            network = training.network
            weights = network.parameters.copy()
            training.restore_kept_weights()
            blocks = forward_blocks(network, validation.inputs, 0, len(validation.inputs))
            # Before a training diverges, outputs or their squares may overflow.
            with np.errstate(over="ignore", invalid="ignore"):
                outputs = np.concatenate([block.copy() for _, _, block in blocks])
                value = math.nan
                if np.isfinite(outputs).all():
                    value = score(validation.targets, outputs, validation.weights)
            self.scores.append(value)
            if params["verbose"]:
                print(f"Validation score: {value:f}")  # noqa: T201
            fails = value < self.best_score + params["tol"]
            if value > self.best_score:
                self.best_score = value
                self.best_parameters = network.parameters.copy()
            network.parameters[:] = weights
        self.no_improvement_count = self.no_improvement_count + 1 if fails else 0

    def _stops(self, params: dict[str, Any]) -> bool:
        """Return whether the training ends; else lower an adaptive rate if nothing improves."""
        if self.no_improvement_count <= params["n_iter_no_change"]:
            return False
        name = "Training loss" if self.scores is None else "Validation score"
        line = (
            f"{name} did not improve more than tol={params['tol']:f} for "
            f"{params['n_iter_no_change']} consecutive epochs."
        )
        is_adaptive = params["learning_rate"] == "adaptive" and params["solver"] == "sgd"
        stops = not is_adaptive or self.rate <= SMALLEST_ADAPTIVE_RATE
        if not stops:
            self.rate /= ADAPTIVE_DIVISOR
            self.no_improvement_count = 0
        if params["verbose"]:
            print(f"{line} {'Stopping.' if stops else f'Setting learning rate to {self.rate:f}'}")  # noqa: T201
        return stops


def inverse_scaling(rate: float, power: float, samples: int) -> float:
    """Return rate / (samples + 1)^power, the same on every computer."""
    # The C library's pow depends on the platform.
    factor = -power * exact.log(np.array([samples + 1.0]))
    exact.exp(factor, factor)
    return float(rate * factor[0])
