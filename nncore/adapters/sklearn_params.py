"""Settings of nncore from the parameters of scikit-learn's `MLPClassifier`.

The names and meanings of the parameters are scikit-learn's. This file does not import it.
"""

import math
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any, Literal

from nncore.adapters.sklearn_data import Samples
from nncore.config.architecture import Architecture
from nncore.config.optimizer import OptimizerSettings
from nncore.config.schedule import ScheduleName, ScheduleSettings
from nncore.config.training import RegularizationSettings, StoppingSettings, TrainingSettings
from nncore.errors import (
    python_value,
    require,
    require_above_zero,
    require_at_least,
    require_choice,
    require_count,
    require_fraction,
)

ActivationName = Literal["identity", "logistic", "relu", "tanh"]
SolverName = Literal["adam", "sgd"]
AUTO_BATCH_SIZE = 200


def architecture(params: Mapping[str, Any]) -> Architecture:
    """Return the architecture of the network.

    Initial weights and biases are drawn as in scikit-learn: uniform, with the limit of Glorot &
    Bengio, and for `logistic` with that divided by √3.

    Raises
    ------
    SettingsError
        A value is out of range; the message has scikit-learn's name.
    """
    params = {name: python_value(value) for name, value in params.items()}
    require_choice("activation", ActivationName, name := params["activation"])
    sizes = params["hidden_layer_sizes"]
    units = list(map(python_value, sizes)) if isinstance(sizes, Iterable) else [sizes]
    are_counts = all(type(number) is int and number >= 1 for number in units)
    require(are_counts, "hidden_layer_sizes", "a number of at least 1, or a tuple of them", sizes)
    scale = 1 / math.sqrt(3) if name == "logistic" else 1.0
    return Architecture(
        hidden=tuple(units),
        activation="sigmoid" if name == "logistic" else name,
        weight_init="glorot",
        weight_scale=scale,
        bias_init="glorot",
        bias_scale=scale,
    )


def training_settings(params: Mapping[str, Any], seed: int, samples: Samples) -> TrainingSettings:
    """Return the settings of a training on samples.

    Raises
    ------
    SettingsError
        A value is out of range; the message has scikit-learn's name.
    """
    params = {name: python_value(value) for name, value in params.items()}
    _check(params)
    automatic = params["batch_size"] == "auto"
    batch_size = min(AUTO_BATCH_SIZE if automatic else params["batch_size"], len(samples.labels))
    early_stopping = params["early_stopping"]
    return TrainingSettings(
        seed=seed,
        epochs=params["max_iter"],
        batch_size=batch_size,
        lr=params["learning_rate_init"],
        optimizer=_optimizer(params),
        class_weight=params["class_weight"],
        schedule=ScheduleSettings(name=params["learning_rate"]),
        regularization=RegularizationSettings(
            # scikit-learn divides its penalty by the sum of the weights in a batch.
            l2=params["alpha"] / batch_size / samples.mean_weight(),
            dropout=params["dropout"],
        ),
        stopping=StoppingSettings(
            # scikit-learn stops after more than so many epochs.
            rule="patience",
            epochs=params["n_iter_no_change"] + 1,
            threshold=params["tol"],
        ),
        monitor="validation_accuracy" if early_stopping else "train_loss",
        keep="best" if early_stopping else "last",
    )


def epoch_settings(params: Mapping[str, Any], seed: int, samples: Samples) -> TrainingSettings:
    """Return the settings of one more epoch on samples.

    Raises
    ------
    SettingsError
        As `training_settings`; also early stopping, a schedule or class weights, because they
        depend on the number of epochs or on all samples.
    """
    values = {"learning_rate": "constant", "early_stopping": False, "class_weight": None}
    for name, value in values.items():
        require(params[name] == value, name, f"{value} for partial_fit", params[name])
    return replace(training_settings(params, seed, samples), epochs=1)


def _optimizer(params: Mapping[str, Any]) -> OptimizerSettings:
    if params["solver"] == "adam":
        return OptimizerSettings(name="adam")
    # Without momentum, Nesterov's form is plain gradient descent, which needs no velocity.
    name: Literal["nesterov", "sgd"] = "nesterov" if params["momentum"] else "sgd"
    return OptimizerSettings(name=name, momentum=params["momentum"])


def _check(params: Mapping[str, Any]) -> None:
    require_choice("solver", SolverName, params["solver"])
    require_at_least("alpha", 0, params["alpha"])
    if params["batch_size"] != "auto":
        is_count = type(params["batch_size"]) is int and params["batch_size"] >= 1
        require(is_count, "batch_size", "auto or a number of at least 1", params["batch_size"])
    require_choice("learning_rate", ScheduleName, params["learning_rate"])
    require_above_zero("learning_rate_init", params["learning_rate_init"])
    for name in ("max_iter", "n_iter_no_change"):
        require_count(name, 1, params[name])
    require_at_least("tol", 0, params["tol"])
    for name in ("momentum", "dropout"):
        require_fraction(name, params[name])
    early_stopping = params["early_stopping"]
    require(isinstance(early_stopping, bool), "early_stopping", "True or False", early_stopping)
