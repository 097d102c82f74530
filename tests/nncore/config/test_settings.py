"""Settings: what is accepted, what is refused in which words, and names that lead somewhere."""

import re
from dataclasses import FrozenInstanceError, replace
from typing import get_args

import numpy as np
import pytest

from nncore.config.architecture import (
    ActivationName,
    Architecture,
    InitializerName,
    Layer,
    LossName,
)
from nncore.config.optimizer import OptimizerName, OptimizerSettings
from nncore.config.schedule import ScheduleName, ScheduleSettings
from nncore.config.training import (
    RegularizationSettings,
    StoppingRule,
    StoppingSettings,
    TrainingSettings,
)
from nncore.errors import SettingsError
from nncore.functions import exact, plain
from nncore.functions.activations import activation
from nncore.functions.early_stopping import should_stop
from nncore.functions.losses import LOSSES
from nncore.functions.schedules import lr_factors
from nncore.network.parameters import initial_values
from nncore.training.optimizers import make_optimizer

NAN, INF = float("nan"), float("inf")
FRACTION, ABOVE_ZERO = "at least 0 and below 1", "a finite number above 0"
ACTIVATION_NAMES = "one of identity, leaky_relu, relu, sigmoid, softmax, tanh"
HIDDEN_NAMES = "one of identity, leaky_relu, relu, sigmoid, tanh"
LOSS_NAMES = (
    "one of binary_cross_entropy, cross_entropy, half_squared_error, huber, mean_absolute_error, "
    "mean_squared_error"
)
INITIALIZER_NAMES = "one of constant, fan_in, glorot, he, normal, uniform"
OPTIMIZER_NAMES = "one of adam, adamw, momentum, nesterov, rmsprop, sgd"
SCHEDULE_NAMES = "one of constant, cosine, exponential, one_cycle, plateau, step"
MONITOR_NAMES = "one of train_accuracy, train_loss, validation_accuracy, validation_loss"
CLASS_WEIGHT = "balanced, or numbers by the names of classes"
ADAMW = OptimizerSettings(name="adamw")


@pytest.mark.parametrize(
    ("made", "settings"),
    [
        (Architecture, {}),
        (Architecture, {"hidden": ()}),
        (Architecture, {"hidden": (1, 1), "activation": ("tanh", "identity")}),
        (Architecture, {"hidden": (5,), "weight_init": ("he", "glorot"), "bias_scale": (0.0, 1.0)}),
        (Architecture, {"hidden": (), "activation": "relu"}),
        (Architecture, {"weight_scale": -0.5, "bias_scale": -1.0}),
        (Architecture, {"output": "sigmoid", "loss": "binary_cross_entropy"}),
        (Architecture, {"output": "softmax", "loss": "mean_squared_error"}),
        (OptimizerSettings, {"momentum": 0.0, "beta1": 0.0, "beta2": 0.0, "decay": 0.0}),
        (ScheduleSettings, {"factor": 1.0, "every": 1, "patience": 1, "floor": 0.0}),
        (RegularizationSettings, {"l1": 0.0, "max_norm": 1e-9, "clip_norm": 1e9, "dropout": 0.999}),
        (StoppingSettings, {"rule": "change", "epochs": 1, "threshold": 1e-9}),
        (TrainingSettings, {"class_weight": "balanced"}),
        (TrainingSettings, {"class_weight": ((2, 0.25), (True, 3.0), ("a", 1.0))}),
        (TrainingSettings, {"seed": 0, "epochs": 0, "batch_size": 1}),
        (TrainingSettings, {"epochs": 3, "schedule": ScheduleSettings(warmup_epochs=3)}),
        (TrainingSettings, {"epochs": 0, "schedule": ScheduleSettings(warmup_epochs=3)}),
        (
            TrainingSettings,
            {"optimizer": ADAMW, "regularization": RegularizationSettings(weight_decay=0.1)},
        ),
    ],
)
def test_settings_are_accepted_and_stay_as_given(made, settings):
    for key, value in settings.items():
        assert getattr(made(**settings), key) == value


@pytest.mark.parametrize(
    ("made", "key", "value", "expected"),
    [
        (Architecture, "hidden", (5, 0), "a list of integers of at least 1"),
        (Architecture, "hidden", (2.5,), "a list of integers of at least 1"),
        (Architecture, "activation", "swish", HIDDEN_NAMES),
        (Architecture, "activation", "softmax", HIDDEN_NAMES),
        (Architecture, "activation", ("relu", "relu"), "one value or a list of 1"),
        (Architecture, "output", "max", ACTIVATION_NAMES),
        (Architecture, "loss", "hinge", LOSS_NAMES),
        (Architecture, "weight_init", "zeros", INITIALIZER_NAMES),
        (Architecture, "bias_init", ("he",), "one value or a list of 2"),
        (Architecture, "weight_scale", INF, "finite"),
        (Architecture, "bias_scale", NAN, "finite"),
        (OptimizerSettings, "name", "lion", OPTIMIZER_NAMES),
        (OptimizerSettings, "momentum", 1.0, FRACTION),
        (OptimizerSettings, "decay", -0.1, FRACTION),
        (OptimizerSettings, "beta1", NAN, FRACTION),
        (OptimizerSettings, "beta2", 1, FRACTION),
        (OptimizerSettings, "epsilon", 0.0, ABOVE_ZERO),
        (ScheduleSettings, "name", "linear", SCHEDULE_NAMES),
        (ScheduleSettings, "warmup_epochs", -1, "at least 0"),
        (ScheduleSettings, "factor", 0.0, "above 0 and at most 1"),
        (ScheduleSettings, "factor", 1.5, "above 0 and at most 1"),
        (ScheduleSettings, "every", 0, "at least 1"),
        (ScheduleSettings, "patience", 0, "at least 1"),
        (ScheduleSettings, "floor", 1.0, FRACTION),
        (RegularizationSettings, "l1", -1.0, "at least 0"),
        (RegularizationSettings, "l2", INF, "at least 0"),
        (RegularizationSettings, "weight_decay", NAN, "at least 0"),
        (RegularizationSettings, "max_norm", 0.0, ABOVE_ZERO),
        (RegularizationSettings, "clip_norm", INF, ABOVE_ZERO),
        (RegularizationSettings, "dropout", 1.0, FRACTION),
        (RegularizationSettings, "input_dropout", -0.5, FRACTION),
        (RegularizationSettings, "label_smoothing", 1, FRACTION),
        (StoppingSettings, "rule", "early", "one of change, none, patience"),
        (StoppingSettings, "epochs", 0, "at least 1"),
        (StoppingSettings, "threshold", -1.0, "at least 0"),
        (TrainingSettings, "seed", -1, "at least 0"),
        (TrainingSettings, "epochs", -1, "at least 0"),
        (TrainingSettings, "batch_size", 0, "at least 1"),
        (TrainingSettings, "lr", 0.0, ABOVE_ZERO),
        (TrainingSettings, "lr", INF, ABOVE_ZERO),
        (TrainingSettings, "class_weight", "even", CLASS_WEIGHT),
        (TrainingSettings, "class_weight", {}, CLASS_WEIGHT),
        (TrainingSettings, "class_weight", (([1], 2.0),), CLASS_WEIGHT),
        (TrainingSettings, "class_weight", {(1, 2): 2.0}, CLASS_WEIGHT),
        (TrainingSettings, "class_weight", {None: 2.0}, CLASS_WEIGHT),
        (TrainingSettings, "class_weight", (("a", 1.0), ("a", 2.0)), "one number for each class"),
        (TrainingSettings, "class_weight", ((1, 1.0), (True, 2.0)), "one number for each class"),
        (TrainingSettings, "class_weight", 2.0, CLASS_WEIGHT),
        (TrainingSettings, "monitor", "loss", MONITOR_NAMES),
        (TrainingSettings, "keep", "first", "one of best, last"),
    ],
)
def test_a_refused_setting_is_named_with_the_expectation_and_the_value(made, key, value, expected):
    shown = list(value) if isinstance(value, tuple) else value
    message = f"{key} must be {expected}, got {shown!r}"
    with pytest.raises(SettingsError, match=f"^{re.escape(message)}$"):
        made(**{key: value})


@pytest.mark.parametrize(
    ("made", "settings", "message"),
    [
        (
            Architecture,
            {"hidden": (3, 4), "activation": ("relu", "softmax")},
            f"activation must be {HIDDEN_NAMES}, got 'softmax'",
        ),
        (
            Architecture,
            {"hidden": (), "activation": "swish"},
            f"activation must be {HIDDEN_NAMES}, got 'swish'",
        ),
        (
            StoppingSettings,
            {"rule": "change"},
            "threshold must be above 0 for the rule change, got 0.0",
        ),
        (
            TrainingSettings,
            {"epochs": 2, "schedule": ScheduleSettings(warmup_epochs=3)},
            "schedule.warmup_epochs must be at most epochs (2), got 3",
        ),
        (
            TrainingSettings,
            {"class_weight": {"a": 1, "b": -1}},
            f"class_weight.b must be {ABOVE_ZERO}, got -1",
        ),
        (
            TrainingSettings,
            {"class_weight": {3: "x"}},
            "class_weight.3 must be a number, got 'x'",
        ),
        (
            TrainingSettings,
            {"optimizer": ADAMW},
            "regularization.weight_decay must be above 0 for adamw, got 0.0",
        ),
    ],
)
def test_settings_that_contradict_each_other_are_refused(made, settings, message):
    with pytest.raises(SettingsError, match=f"^{re.escape(message)}$"):
        made(**settings)


@pytest.mark.parametrize("output", get_args(ActivationName))
@pytest.mark.parametrize(
    ("loss", "needed"), [("cross_entropy", "softmax"), ("binary_cross_entropy", "sigmoid")]
)
def test_cross_entropies_accept_their_own_output_activation_only(output, loss, needed):
    if output == needed:
        assert Architecture(output=output, loss=loss).output == needed
        return
    message = f"^output must be {needed} for {loss}, got '{output}'$"
    with pytest.raises(SettingsError, match=message):
        Architecture(output=output, loss=loss)


@pytest.mark.parametrize("output", get_args(ActivationName))
@pytest.mark.parametrize("loss", ["half_squared_error", "mean_squared_error"])
def test_squared_errors_accept_every_output_activation(output, loss):
    assert Architecture(output=output, loss=loss).output == output


def test_layers_spell_out_every_layer():
    architecture = Architecture(
        hidden=(300, 20),
        activation=("relu", "tanh"),
        weight_scale=(1.0, 2.0, 3.0),
        bias_init=("normal", "constant", "uniform"),
        bias_scale=0.5,
    )
    assert architecture.layers(784, 10) == (
        Layer(784, 300, "relu", "he", 1.0, "normal", 0.5),
        Layer(300, 20, "tanh", "he", 2.0, "constant", 0.5),
        Layer(20, 10, "softmax", "he", 3.0, "uniform", 0.5),
    )


def test_names_of_losses_are_the_keys_of_their_table():
    assert set(get_args(LossName)) == set(LOSSES)


@pytest.mark.parametrize("arithmetic", [exact, plain])
def test_each_activation_has_a_pair_of_functions_of_its_own(arithmetic):
    made = [activation(name, arithmetic) for name in get_args(ActivationName)]
    assert len({pair.forward for pair in made}) == len({str(pair.backward) for pair in made}) == 6


@pytest.mark.parametrize("name", get_args(InitializerName))
def test_every_initializer_draws(name):
    rng = np.random.default_rng(1)
    assert initial_values(name, 1.0, (2, 3), fan_in=2, fan_out=3, rng=rng).shape == (2, 3)


@pytest.mark.parametrize("name", get_args(OptimizerName))
def test_every_optimizer_is_made(name):
    assert make_optimizer(OptimizerSettings(name=name), 3, np.dtype("f4")).step


@pytest.mark.parametrize("name", get_args(ScheduleName))
def test_every_schedule_has_factors(name):
    assert len(lr_factors(ScheduleSettings(name=name), epoch=1, epochs=2, steps=3)) == 3


@pytest.mark.parametrize("rule", get_args(StoppingRule))
def test_every_stopping_rule_decides(rule):
    assert should_stop(StoppingSettings(rule=rule, threshold=1.0), [1.0]) is False


@pytest.mark.parametrize("made", [Architecture, OptimizerSettings, TrainingSettings])
def test_settings_are_frozen(made):
    with pytest.raises(FrozenInstanceError):
        made().name = "sgd"


@pytest.mark.parametrize(
    ("settings", "names"),
    [
        ({}, []),
        ({"keep": "best"}, ["keep"]),
        ({"stopping": StoppingSettings(rule="patience")}, ["stopping"]),
        ({"schedule": ScheduleSettings(name="plateau"), "keep": "best"}, ["keep", "schedule"]),
    ],
)
def test_monitor_users_are_the_settings_that_use_the_monitor(settings, names):
    assert list(TrainingSettings(**settings).monitor_users()) == names


def test_settings_with_weights_of_classes_are_equal_hashable_and_frozen():
    weights = {"b": 2, 1: 0.5, "a": np.float64(3)}
    first = TrainingSettings(class_weight=weights)
    second = TrainingSettings(class_weight=dict(reversed(weights.items())))
    weights["b"] = 7
    assert {first, second, replace(first, lr=0.5), replace(first, lr=first.lr)} == {
        first,
        replace(second, lr=0.5),
    }
    assert first.class_weight == ((1, 0.5), ("a", 3.0), ("b", 2.0))
