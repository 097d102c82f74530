"""The base of the classifier and the regressor: fit, one epoch, warm start."""

import warnings
from numbers import Integral
from typing import Any, Self

import numpy as np
from sklearn.exceptions import ConvergenceWarning
from sklearn.model_selection import train_test_split
from sklearn.utils import check_random_state

from nncore.adapters.estimators.epochs import Epochs
from nncore.adapters.estimators.lbfgs import draw_weights, minimize_loss
from nncore.adapters.estimators.network_attributes import NetworkAttributes
from nncore.adapters.estimators.samples import Samples
from nncore.adapters.estimators.settings import check_params, epoch_settings, training_settings
from nncore.arrays import Array, Floats
from nncore.errors import DataError, DivergenceError
from nncore.training.checkpoint import WarmStart, continue_training, warm_start_from
from nncore.training.loop import Training
from nncore.training.network_data import data_for_training


class MLPEstimator(NetworkAttributes):
    """A multi-layer perceptron with scikit-learn's interface."""

    _seed: int
    _epochs: Epochs
    _warm_start: WarmStart | None = None

    def _score_outputs(self, targets: Floats, outputs: Floats, weights: Floats | None) -> float:
        """Return the score of the outputs for validation samples, (n, outputs)."""
        raise NotImplementedError

    def _keeps_weights(self) -> bool:
        """Return whether `fit` starts from the present weights; else delete them.

        If a fit fails, `predict` must not use the weights of an earlier one.
        """
        if self.warm_start and hasattr(self, "coefs_"):
            return True
        for name in ("coefs_", "intercepts_", "classes_", "_warm_start", "_epochs"):
            self.__dict__.pop(name, None)
        return False

    def _train(self, samples: Samples) -> Self:
        """Train to the end, from new weights or from `coefs_` and `intercepts_`."""
        params, first = check_params(self.get_params()), not hasattr(self, "coefs_")
        self.n_outputs_ = samples.targets.shape[1]
        if params["solver"] == "lbfgs":
            return self._minimize(samples, params, first=first)
        self._seed = self._draw_seed()
        validation = None
        if params["early_stopping"]:
            samples, validation = self._split(samples)
        settings = training_settings(params, self._seed, samples)
        epochs = getattr(self, "_epochs", None)
        if epochs is None or (epochs.scores is not None) != params["early_stopping"]:
            epochs = self._epochs = self._new_epochs(early_stopping=params["early_stopping"])
        epochs.rate = params["learning_rate_init"]
        follows = params["learning_rate"] in {"adaptive", "invscaling"}
        network = self._network(samples.inputs.dtype)
        try:
            training = Training(
                *(network, settings, samples.data()),
                sample_weight=samples.weights,
                initialize=first,
                shuffle=params["shuffle"],
                lr_schedule=(lambda _: epochs.rate) if follows else None,
            )
            count = len(samples.inputs)
            epochs.run(training, params, count, validation, self._score_outputs)
        except DivergenceError as error:
            raise self._explain(error) from None
        return self._take(training)

    def _train_one_epoch(self, samples: Samples) -> Self:
        """Train for an epoch, from the present weights and the optimizer's state if they exist."""
        params, first = check_params(self.get_params()), not hasattr(self, "coefs_")
        self.n_outputs_ = samples.targets.shape[1]
        if not hasattr(self, "_epochs"):
            self._seed = self._draw_seed()
            self._epochs = self._new_epochs(early_stopping=False)
        if params["learning_rate"] == "constant":
            self._epochs.rate = params["learning_rate_init"]
        settings = epoch_settings(params, self._seed, samples, self._epochs.rate)
        weights, shuffle, data = samples.weights, params["shuffle"], samples.data()
        network = self._network(samples.inputs.dtype)
        try:
            if self._warm_start is None:
                training = Training(
                    *(network, settings, data),
                    sample_weight=weights,
                    initialize=first,
                    shuffle=shuffle,
                )
            else:
                warm_start = self._warm_start._replace(parameters=network.parameters)
                training = continue_training(
                    *(warm_start, network.architecture, settings, data, weights), shuffle=shuffle
                )
            self._epochs.run(training, params, len(samples.inputs), incremental=True)
        except DivergenceError as error:
            raise self._explain(error) from None
        return self._take(training)

    def _take(self, training: Training) -> Self:
        """Set the attributes that prediction, `partial_fit` and a warm start need."""
        warm_start, epochs = warm_start_from(training), self._epochs
        # `coefs_` and `intercepts_` hold the parameters, and the user may change them.
        self._warm_start = warm_start._replace(parameters=np.empty(0))
        self._set_weights(training.network)
        self.loss_curve_, self.validation_scores_ = epochs.losses, epochs.scores
        self.loss_, self.best_loss_ = epochs.losses[-1], epochs.best_loss
        self.best_validation_score_ = epochs.best_score
        self.n_iter_, self.t_ = epochs.count, epochs.samples_seen
        self._no_improvement_count = epochs.no_improvement_count
        return self

    def _minimize(self, samples: Samples, params: dict[str, Any], *, first: bool) -> Self:
        """Minimise the loss of all samples with L-BFGS, in float64."""
        # The seed is not used: only the initial weights are random.
        settings = training_settings(params, 0, samples)
        network, data = self._network(np.float64), samples.data()
        if first:
            draw_weights(network, check_random_state(self.random_state))

        def show(iteration: int, loss: float) -> None:
            if params["verbose"]:
                print(f"Iteration {iteration}, loss = {loss:.8f}")  # noqa: T201

        data, _, _ = data_for_training(
            *(network, settings, data, None), initialize=False, sample_weight=samples.weights
        )
        limits = {name: params[name] for name in ("tol", "max_iter", "max_fun")}
        minimum = minimize_loss(network, settings, data, **limits, on_iteration=show)
        if not np.isfinite(network.parameters).all():
            raise self._explain(DivergenceError("lbfgs diverged"))
        if minimum.fault:
            line = f"lbfgs failed to converge after {minimum.iterations} iterations: "
            warnings.warn(line + minimum.fault, ConvergenceWarning, stacklevel=4)
        self._warm_start = None
        result = self._network(samples.inputs.dtype)
        np.copyto(result.parameters, network.parameters, casting="same_kind")
        self._set_weights(result)
        self.loss_, self.n_iter_, self.t_ = minimum.loss, minimum.iterations, 0
        return self

    def _split(self, samples: Samples) -> tuple[Samples, Samples]:
        """Return the samples to train on, and those to validate with."""
        rows, validation_rows = train_test_split(
            np.arange(len(samples.inputs)),
            test_size=self.validation_fraction,
            stratify=self._strata(samples),
            random_state=self._seed,
        )
        if len(validation_rows) < 2:
            raise DataError(
                "The validation set is too small. Increase 'validation_fraction' or the size of "
                f"your dataset: it must have at least 2 samples, got {len(validation_rows)}"
            )
        return samples.take(rows), samples.take(validation_rows)

    def _strata(self, samples: Samples) -> Array | None:
        """Return the classes by which the split is stratified, (n,), or None."""
        raise NotImplementedError

    def _draw_seed(self) -> int:
        rng, seed = check_random_state(self.random_state), self.random_state
        return int(seed) if isinstance(seed, Integral) else int(rng.randint(2**31))

    def _new_epochs(self, *, early_stopping: bool) -> Epochs:
        return Epochs(self.learning_rate_init, early_stopping=early_stopping)

    def _explain(self, error: DivergenceError) -> DivergenceError:
        """Return the error in scikit-learn's words, with a remedy."""
        return DivergenceError(
            "Solver produced non-finite parameter weights. The input data may contain large values "
            f"and need to be preprocessed. ({str(error).partition(';')[0]}); "
            f"lower learning_rate_init ({self.learning_rate_init:g}) or scale the samples"
        )
