"""Settings of a training.

A program builds these classes directly and the pipeline builds them from params.yaml, so both get
the same checks and messages.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Generic, Literal, TypeVar, cast

from nncore.config.augment import AugmentSettings
from nncore.config.average import AverageName, AverageSettings
from nncore.config.optimizer import OptimizerName, OptimizerSettings
from nncore.config.schedule import ScheduleName, ScheduleSettings
from nncore.errors import (
    MAX_VALUE_LENGTH,
    STRICT,
    as_line,
    python_value,
    require,
    require_above_zero,
    require_at_least,
    require_choice,
    require_count,
    require_fraction,
    require_type,
    to_python,
)

_Settings = TypeVar("_Settings")
_Name = TypeVar("_Name", bound=str)
# Below it, a float64 counts exactly.
EPOCHS_LIMIT = 2**53
StoppingRule = Literal["change", "none", "patience"]
Monitor = Literal["train_accuracy", "train_loss", "validation_accuracy", "validation_loss"]


@dataclass(frozen=True, kw_only=True)
class RegularizationSettings:
    """Penalties, decay, norm bounds, dropout and label smoothing; 0 or None is off.

    Biases are never penalised, decayed or constrained.

    Attributes
    ----------
    l1, l2 : the loss gains l1 · Σ|w| + l2/2 · Σw²
    weight_decay : decoupled decay: every step also does w ← (1 - lr · weight_decay) · w
    max_norm : largest Euclidean norm of the weights that enter one unit
    clip_norm : largest Euclidean norm of the whole gradient
    dropout, input_dropout : probability of dropping a hidden unit, an input
    label_smoothing : fraction of the target that is spread evenly over the classes
    """

    __pydantic_config__ = STRICT

    l1: float = 0.0
    l2: float = 0.0
    weight_decay: float = 0.0
    max_norm: float | None = None
    clip_norm: float | None = None
    dropout: float = 0.0
    input_dropout: float = 0.0
    label_smoothing: float = 0.0

    def __post_init__(self) -> None:
        to_python(self)
        for key in ("l1", "l2", "weight_decay"):
            require_at_least(key, 0, getattr(self, key))
        for key in ("max_norm", "clip_norm"):
            if (value := getattr(self, key)) is not None:
                require_above_zero(key, value)
        for key in ("dropout", "input_dropout", "label_smoothing"):
            require_fraction(key, getattr(self, key))


@dataclass(frozen=True, kw_only=True)
class StoppingSettings:
    """The rule that stops a training before its last epoch.

    Attributes
    ----------
    rule : none; patience: the monitor has not improved by more than `threshold` for `epochs`
        epochs; change: the monitor has changed by less than `threshold` in the last `epochs` epochs
    epochs : number of epochs that the rule compares
    threshold : in the unit of the monitor
    """

    __pydantic_config__ = STRICT

    rule: StoppingRule = "none"
    epochs: int = 10
    threshold: float = 0.0

    def __post_init__(self) -> None:
        to_python(self)
        require_choice("rule", StoppingRule, self.rule)
        require_count("epochs", 1, self.epochs)
        require_at_least("threshold", 0, self.threshold)
        never_stops = self.rule == "change" and self.threshold == 0
        require(not never_stops, "threshold", "above 0 for the rule change", self.threshold)


if TYPE_CHECKING:
    ClassWeight = Literal["balanced"] | Mapping[Any, float] | tuple[tuple[Any, float], ...] | None

    class _ByName(Generic[_Settings, _Name]):
        """For a type checker: a field that is settings, and may be given as their name."""

        def __get__(self, instance: object, owner: type) -> _Settings: ...
        def __set__(self, instance: object, value: _Settings | _Name) -> None: ...

else:
    # `TrainingSettings` checks it, because pydantic's message would name types instead of the key.
    ClassWeight = Any


@dataclass(frozen=True, kw_only=True)
class TrainingSettings:
    """All settings of a training.

    Attributes
    ----------
    seed : seed of four independent streams: weights, order of the samples, dropout, distortions
    epochs : maximum number of epochs; 0 leaves the network untrained
    batch_size : samples in one step; the last batch of an epoch may be smaller
    lr : initial learning rate, on the gradient of the mean loss over the batch
    optimizer, schedule, average : settings, or the name alone. Validation and `keep` use the
        averaged weights
    class_weight : factors on the losses of the classes, for classes of unequal size; `balanced`
        gives each class the same total. A mapping has a number above 0 for the label of a class,
        or for its text; other classes have 1. The weights are scaled to a mean of 1 over the
        samples. The settings hold a mapping as a tuple of its items, in the order of their text
    monitor : history column that `keep`, `stopping` and the plateau schedule use
    keep : best: keep the weights of the epoch with the best monitor; last: of the last epoch.
        Newly drawn weights, those of epoch 0, are never the best, and don't count for patience
    """

    __pydantic_config__ = STRICT

    seed: int = 1
    epochs: int = 30
    batch_size: int = 32
    lr: float = 0.04
    if TYPE_CHECKING:
        optimizer: _ByName[OptimizerSettings, OptimizerName] = _ByName()
        schedule: _ByName[ScheduleSettings, ScheduleName] = _ByName()
        average: _ByName[AverageSettings, AverageName] = _ByName()
    else:
        optimizer: OptimizerSettings = field(default_factory=OptimizerSettings)
        schedule: ScheduleSettings = field(default_factory=ScheduleSettings)
        average: AverageSettings = field(default_factory=AverageSettings)
    regularization: RegularizationSettings = field(default_factory=RegularizationSettings)
    augment: AugmentSettings = field(default_factory=AugmentSettings)
    class_weight: ClassWeight = None
    stopping: StoppingSettings = field(default_factory=StoppingSettings)
    monitor: Monitor = "validation_loss"
    keep: Literal["best", "last"] = "last"

    def __post_init__(self) -> None:
        to_python(self)
        for key, settings_type, names in (
            ("optimizer", OptimizerSettings, OptimizerName),
            ("schedule", ScheduleSettings, ScheduleName),
            ("average", AverageSettings, AverageName),
        ):
            if isinstance(name := getattr(self, key), str):
                require_choice(key, names, name)
                object.__setattr__(self, key, settings_type(name=cast("Any", name)))
            require_type(key, getattr(self, key), settings_type)
        require_type("regularization", self.regularization, RegularizationSettings)
        require_type("augment", self.augment, AugmentSettings)
        require_type("stopping", self.stopping, StoppingSettings)
        require_count("seed", 0, self.seed)
        require_count("epochs", 0, self.epochs, below=EPOCHS_LIMIT)
        require_count("batch_size", 1, self.batch_size)
        require_above_zero("lr", self.lr)
        object.__setattr__(self, "class_weight", _check_class_weight(self.class_weight))
        require_choice("monitor", Monitor, self.monitor)
        require_choice("keep", Literal["best", "last"], self.keep)
        too_long = self.schedule.warmup_epochs > self.epochs > 0
        require(
            not too_long,
            "schedule.warmup_epochs",
            f"at most epochs ({self.epochs})",
            self.schedule.warmup_epochs,
        )
        decays = self.optimizer.name != "adamw" or self.regularization.weight_decay > 0
        require(
            decays,
            "regularization.weight_decay",
            "above 0 for adamw",
            self.regularization.weight_decay,
        )

        if self.average.name == "epochs":
            # The last epochs must be known before the training.
            rule = self.stopping.rule
            require(rule == "none", "average.name", f"none or exponential with {rule}", "epochs")
            fits = self.average.epochs <= self.epochs or self.epochs == 0
            expected = f"at most epochs ({self.epochs})"
            require(fits, "average.epochs", expected, self.average.epochs)

    def monitor_users(self) -> Iterable[str]:
        """Yield the names of the settings that use `monitor`."""
        if self.keep == "best":
            yield "keep"
        if self.stopping.rule != "none":
            yield "stopping"
        if self.schedule.name == "plateau":
            yield "schedule"


def _check_class_weight(value: Any) -> ClassWeight:  # noqa: ANN401  from a program or a file
    """Return a mapping as sorted pairs of a label and a number; `balanced` and None unchanged."""
    if value is None or (isinstance(value, str) and value == "balanced"):
        return cast("ClassWeight", value)
    # Pairs come from other settings: as tuples by dataclasses.replace, as lists from JSON.
    is_pairs = isinstance(value, list | tuple) and all(
        isinstance(x, list | tuple) and len(x) == 2 for x in value
    )
    pairs = value.items() if isinstance(value, Mapping) else value
    is_known = value and (is_pairs or isinstance(value, Mapping))
    is_known = is_known and all(isinstance(python_value(k), str | int | float) for k, _ in pairs)
    require(is_known, "class_weight", "balanced, or numbers by the names of classes", value)
    weights = {python_value(label): python_value(number) for label, number in pairs}
    require(len(weights) == len(pairs), "class_weight", "one number for each class", value)
    for label, number in weights.items():
        require_above_zero(f"class_weight.{as_line(str(label), MAX_VALUE_LENGTH)}", number)
    items = ((label, float(number)) for label, number in weights.items())
    # Pairs can be hashed and never change; labels of several types have no order but their text's.
    return tuple(sorted(items, key=lambda item: (str(item[0]), type(item[0]).__name__)))
