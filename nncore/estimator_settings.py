"""What scikit-learn's names for the settings of a perceptron are in this package's own.

No scikit-learn here, only its words: names, defaults and meanings are those of its `MLPClassifier`.
"""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any, Literal

import numpy as np

from nncore.architecture import Architecture
from nncore.checks import (
    require,
    require_above_zero,
    require_at_least,
    require_choice,
    require_count,
    require_share,
)
from nncore.settings import (
    OptimizerSettings,
    RegularizationSettings,
    ScheduleName,
    ScheduleSettings,
    StoppingSettings,
    TrainingSettings,
)

ActivationWord = Literal["identity", "logistic", "relu", "tanh"]
SolverWord = Literal["adam", "sgd"]
AUTO_BATCH = 200


def architecture(words: Mapping[str, Any]) -> Architecture:
    """Return what the network is made of.

    Weights begin as He et al. have them for ReLU, as Glorot & Bengio have them for the others.

    Raises
    ------
    SettingsError
        A value that is none of its setting, by scikit-learn's name.
    """
    given = _plain(words)
    require_choice("activation", ActivationWord, name := given["activation"])
    sizes = given["hidden_layer_sizes"]
    units = _listed(sizes) if isinstance(sizes, Iterable) else [sizes]
    good = all(type(number) is int and number >= 1 for number in units)
    require(good, "hidden_layer_sizes", "a number of at least 1, or a tuple of them", sizes)
    return Architecture(
        hidden=tuple(units),
        activation="sigmoid" if name == "logistic" else name,
        weight_init="he" if name == "relu" else "glorot",
    )


def training_settings(words: Mapping[str, Any], *, seed: int, count: int) -> TrainingSettings:
    """Return how the network is trained on `count` samples.

    Raises
    ------
    SettingsError
        A value that is none of its setting, by scikit-learn's name.
    """
    given = _plain(words)
    _check(given)
    batch = AUTO_BATCH if given["batch_size"] == "auto" else given["batch_size"]
    batch = min(batch, count)
    early = given["early_stopping"]
    return TrainingSettings(
        seed=seed,
        epochs=given["max_iter"],
        batch_size=batch,
        lr=given["learning_rate_init"],
        optimizer=_optimizer(given),
        schedule=ScheduleSettings(name=given["learning_rate"]),
        regularization=RegularizationSettings(
            # scikit-learn divides its penalty by the samples of a batch.
            l2=given["alpha"] / batch,
            dropout=given["dropout"],
        ),
        stopping=StoppingSettings(
            rule="patience", epochs=given["n_iter_no_change"], threshold=given["tol"]
        ),
        monitor="validation_accuracy" if early else "train_loss",
        keep="best" if early else "last",
    )


def epoch_settings(words: Mapping[str, Any], *, seed: int, count: int) -> TrainingSettings:
    """Return how the network is trained on `count` samples for one epoch that may be any.

    Raises
    ------
    SettingsError
        As `training_settings`; also early stopping, or a schedule, which would have to know the
        last epoch.
    """
    for name, only in (("learning_rate", "constant"), ("early_stopping", False)):
        require(words[name] == only, name, f"{only} for partial_fit", words[name])
    return replace(training_settings(words, seed=seed, count=count), epochs=1)


def _optimizer(given: Mapping[str, Any]) -> OptimizerSettings:
    if given["solver"] == "adam":
        return OptimizerSettings(name="adam")
    # Without momentum Nesterov's rule is plain gradient descent, which needs no velocity.
    name: Literal["nesterov", "sgd"] = "nesterov" if given["momentum"] else "sgd"
    return OptimizerSettings(name=name, momentum=given["momentum"])


def _check(given: Mapping[str, Any]) -> None:
    require_choice("solver", SolverWord, given["solver"])
    require_at_least("alpha", 0, given["alpha"])
    if given["batch_size"] != "auto":
        number = type(given["batch_size"]) is int and given["batch_size"] >= 1
        require(number, "batch_size", "auto or a number of at least 1", given["batch_size"])
    require_choice("learning_rate", ScheduleName, given["learning_rate"])
    require_above_zero("learning_rate_init", given["learning_rate_init"])
    for name in ("max_iter", "n_iter_no_change"):
        require_count(name, 1, given[name])
    require_at_least("tol", 0, given["tol"])
    for name in ("momentum", "dropout"):
        require_share(name, given[name])
    early = given["early_stopping"]
    require(isinstance(early, bool), "early_stopping", "True or False", early)


def _plain(words: Mapping[str, Any]) -> dict[str, Any]:
    """Return the values with NumPy's numbers as Python's: a grid is often one of np.logspace."""
    return {
        name: value.item() if isinstance(value, np.generic) else value
        for name, value in words.items()
    }


def _listed(sizes: Iterable[Any]) -> list[Any]:
    return [size.item() if isinstance(size, np.generic) else size for size in sizes]
