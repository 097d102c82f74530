"""Settings of nncore from the parameters of scikit-learn's estimators.

The names and meanings of the parameters are scikit-learn's. This file does not import it.
"""

import math
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any, Literal

from nncore.adapters.estimators.samples import Samples
from nncore.config.architecture import ActivationName, Architecture, LossName
from nncore.config.average import AverageSettings
from nncore.config.optimizer import OptimizerSettings
from nncore.config.schedule import ScheduleSettings
from nncore.config.training import RegularizationSettings, TrainingSettings
from nncore.errors import (
    SettingsError,
    python_value,
    require,
    require_above_zero,
    require_at_least,
    require_choice,
    require_count,
    require_fraction,
    require_type,
)

HiddenActivationName = Literal["identity", "logistic", "relu", "tanh"]
SolverName = Literal["adam", "lbfgs", "sgd"]
# `nncore.adapters.estimators.epochs` computes the first two, nncore's schedules the others.
LearningRateName = Literal[
    "adaptive",
    "invscaling",
    "constant",
    "cosine",
    "exponential",
    "one_cycle",
    "plateau",
    "step",
]
RegressionLossName = Literal["absolute_error", "huber", "squared_error"]
REGRESSION_LOSSES: dict[RegressionLossName, LossName] = {
    "absolute_error": "mean_absolute_error",
    "huber": "huber",
    "squared_error": "half_squared_error",
}
AUTO_BATCH_SIZE = 200


def architecture(
    params: Mapping[str, Any], *, output: ActivationName, loss: LossName
) -> Architecture:
    """Return the architecture of the network.

    Initial weights and biases are drawn as in scikit-learn: uniform, with the limit of Glorot &
    Bengio, and for `logistic` with that divided by √3.

    Raises
    ------
    SettingsError
        A value is out of range; the message has scikit-learn's name.
    """
    params = {name: python_value(value) for name, value in params.items()}
    require_choice("activation", HiddenActivationName, name := params["activation"])
    sizes = params["hidden_layer_sizes"]
    units = list(map(python_value, sizes)) if isinstance(sizes, Iterable) else [sizes]
    are_counts = all(type(number) is int and number >= 1 for number in units)
    require(are_counts, "hidden_layer_sizes", "a number of at least 1, or a tuple of them", sizes)
    scale = 1 / math.sqrt(3) if name == "logistic" else 1.0
    return Architecture(
        hidden=tuple(units),
        activation="sigmoid" if name == "logistic" else name,
        output=output,
        loss=loss,
        weight_init="glorot",
        weight_scale=scale,
        bias_init="glorot",
        bias_scale=scale,
    )


def training_settings(params: Mapping[str, Any], seed: int, samples: Samples) -> TrainingSettings:
    """Return the settings of a training on samples; the estimator itself stops the training.

    Raises
    ------
    SettingsError
        A value is out of range; the message has scikit-learn's name.
    """
    params = check_params(params)
    count = len(samples.inputs)
    automatic = params["batch_size"] == "auto"
    batch_size = min(AUTO_BATCH_SIZE if automatic else params["batch_size"], count)
    if params["solver"] == "lbfgs":
        batch_size = count
    name = params["learning_rate"]
    return TrainingSettings(
        seed=seed,
        epochs=params["max_iter"],
        batch_size=batch_size,
        lr=params["learning_rate_init"],
        optimizer=_optimizer(params),
        class_weight=params.get("class_weight"),
        schedule=ScheduleSettings(name="constant" if name in {"adaptive", "invscaling"} else name),
        regularization=RegularizationSettings(
            # scikit-learn divides its penalty by the sum of the weights in a batch.
            l2=params["alpha"] / batch_size / samples.mean_weight(),
            dropout=params["dropout"],
        ),
        average=AverageSettings(
            name="exponential" if params["average_decay"] else "none", decay=params["average_decay"]
        ),
        monitor="train_loss",
    )


def epoch_settings(
    params: Mapping[str, Any], seed: int, samples: Samples, rate: float
) -> TrainingSettings:
    """Return the settings of one more epoch on samples, at a learning rate.

    Raises
    ------
    SettingsError
        As `training_settings`; also early stopping, a schedule of nncore, class weights or averaged
        weights, because they depend on other epochs or on all samples.
    """
    if params["early_stopping"]:
        # The beginning is scikit-learn's message, which its tests expect.
        raise SettingsError(
            "partial_fit does not support early_stopping=True; early_stopping must be False, "
            "got True"
        )
    settings = training_settings(params, seed, samples)
    expected = "constant, invscaling or adaptive for partial_fit"
    is_constant = settings.schedule.name == "constant"
    require(is_constant, "learning_rate", expected, settings.schedule.name)
    class_weight = settings.class_weight
    require(class_weight is None, "class_weight", "None for partial_fit", class_weight)
    decay = settings.average.decay
    require(not decay, "average_decay", "0 for partial_fit", decay)
    return replace(settings, epochs=1, lr=rate)


def check_params(params: Mapping[str, Any]) -> dict[str, Any]:
    """Return the parameters as Python's values.

    Raises
    ------
    SettingsError
        A value is out of range.
    """
    params = {name: python_value(value) for name, value in params.items()}
    require_choice("solver", SolverName, params["solver"])
    require_at_least("alpha", 0, params["alpha"])
    if params["batch_size"] != "auto":
        is_count = type(params["batch_size"]) is int and params["batch_size"] >= 1
        require(is_count, "batch_size", "auto or a number of at least 1", params["batch_size"])
    require_choice("learning_rate", LearningRateName, params["learning_rate"])
    require_above_zero("learning_rate_init", params["learning_rate_init"])
    for name in ("power_t", "tol"):
        require_at_least(name, 0, params[name])
    for name in ("max_iter", "max_fun"):
        require_count(name, 1, params[name])
    if params["n_iter_no_change"] != math.inf:
        require_count("n_iter_no_change", 1, params["n_iter_no_change"])
    for name in ("momentum", "validation_fraction", "beta_1", "beta_2"):
        require_fraction(name, params[name])
    for name in ("dropout", "average_decay"):
        require_fraction(name, params[name])
        can_be = params["solver"] != "lbfgs" or not params[name]
        require(can_be, name, "0 with lbfgs", params[name])
    require_above_zero("epsilon", params["epsilon"])
    for name in ("early_stopping", "nesterovs_momentum", "shuffle", "warm_start"):
        require(isinstance(params[name], bool), name, "True or False", params[name])
    require_type("verbose", params["verbose"], bool, int)
    return params


def _optimizer(params: Mapping[str, Any]) -> OptimizerSettings:
    if params["solver"] != "sgd":
        moments = {"beta1": params["beta_1"], "beta2": params["beta_2"]}
        return OptimizerSettings(name="adam", epsilon=params["epsilon"], **moments)
    if not params["momentum"]:
        # SGD without momentum needs no velocity.
        return OptimizerSettings(name="sgd")
    name: Literal["momentum", "nesterov"] = "nesterov"
    if not params["nesterovs_momentum"]:
        name = "momentum"
    return OptimizerSettings(name=name, momentum=params["momentum"])
