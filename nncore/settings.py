"""How a network is trained: frozen values that check themselves. No NumPy here.

The same classes are built by hand in a program and from params.yaml in the pipeline, so that both
meet the same checks and the same messages.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Literal

from nncore.augment_settings import AugmentSettings
from nncore.checks import (
    STRICT,
    require,
    require_above_zero,
    require_at_least,
    require_choice,
    require_count,
    require_share,
)

OptimizerName = Literal["adam", "adamw", "momentum", "nesterov", "rmsprop", "sgd"]
ScheduleName = Literal["constant", "cosine", "exponential", "one_cycle", "plateau", "step"]
StoppingRule = Literal["change", "none", "patience"]
Monitor = Literal["train_accuracy", "train_loss", "validation_accuracy", "validation_loss"]


@dataclass(frozen=True, kw_only=True)
class OptimizerSettings:
    """The update rule and its constants; a rule ignores the constants of the others.

    Attributes
    ----------
    name : sgd, momentum, nesterov, rmsprop, adam or adamw
    momentum : of momentum and nesterov
    decay : of rmsprop's mean of squared gradients
    beta1, beta2 : of adam's and adamw's means
    epsilon : added to the root, in rmsprop, adam and adamw
    """

    __pydantic_config__ = STRICT

    name: OptimizerName = "momentum"
    momentum: float = 0.9
    decay: float = 0.9
    beta1: float = 0.9
    beta2: float = 0.999
    epsilon: float = 1e-8

    def __post_init__(self) -> None:
        require_choice("name", OptimizerName, self.name)
        for key in ("momentum", "decay", "beta1", "beta2"):
            require_share(key, getattr(self, key))
        require_above_zero("epsilon", self.epsilon)


@dataclass(frozen=True, kw_only=True)
class ScheduleSettings:
    """How the learning rate moves; see `nncore.schedules` for the formulas.

    Attributes
    ----------
    name : constant, step, exponential, cosine, one_cycle or plateau
    warmup_epochs : epochs of linear warm-up before any schedule
    factor : what step, exponential and plateau multiply the rate by
    every : epochs between two cuts of step
    patience : epochs without improvement before plateau cuts
    floor : the rate at the end of cosine, and plateau's least, as a share of the initial one
    """

    __pydantic_config__ = STRICT

    name: ScheduleName = "constant"
    warmup_epochs: int = 0
    factor: float = 0.5
    every: int = 10
    patience: int = 5
    floor: float = 0.0

    def __post_init__(self) -> None:
        require_choice("name", ScheduleName, self.name)
        require_count("warmup_epochs", 0, self.warmup_epochs)
        require(0 < self.factor <= 1, "factor", "above 0 and at most 1", self.factor)
        require_count("every", 1, self.every)
        require_count("patience", 1, self.patience)
        require_share("floor", self.floor)


@dataclass(frozen=True, kw_only=True)
class RegularizationSettings:
    """What keeps a network from learning its training set by heart; 0 or None is off.

    Biases are never penalised, decayed or constrained.

    Attributes
    ----------
    l1, l2 : the loss gains l1 · Σ|w| + l2/2 · Σw²
    weight_decay : decoupled: every step also does w ← (1 - lr · weight_decay) · w
    max_norm : largest Euclidean norm of the weights that enter one unit
    clip_norm : largest Euclidean norm of the whole gradient
    dropout, input_dropout : probability of dropping a hidden unit, an input
    label_smoothing : share of the target that is spread evenly over the classes
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
        for key in ("l1", "l2", "weight_decay"):
            require_at_least(key, 0, getattr(self, key))
        for key in ("max_norm", "clip_norm"):
            if (value := getattr(self, key)) is not None:
                require_above_zero(key, value)
        for key in ("dropout", "input_dropout", "label_smoothing"):
            require_share(key, getattr(self, key))


@dataclass(frozen=True, kw_only=True)
class StoppingSettings:
    """When to stop before the last epoch.

    Attributes
    ----------
    rule : none; patience: the monitor has not improved by more than `threshold` for `epochs`
        epochs; change: it has moved by less than `threshold` over the last `epochs` epochs
    epochs : epochs that the rule looks back
    threshold : in the monitor's unit
    """

    __pydantic_config__ = STRICT

    rule: StoppingRule = "none"
    epochs: int = 10
    threshold: float = 0.0

    def __post_init__(self) -> None:
        require_choice("rule", StoppingRule, self.rule)
        require_count("epochs", 1, self.epochs)
        require_at_least("threshold", 0, self.threshold)
        never = self.rule == "change" and self.threshold == 0
        require(not never, "threshold", "above 0 for the rule change", self.threshold)


@dataclass(frozen=True, kw_only=True)
class TrainingSettings:
    """How a network is trained.

    Attributes
    ----------
    seed : of the weights, the order of the images, the dropout and the distortions, as independent
        streams
    epochs : at most; 0 writes the untrained network
    batch_size : images in one step; the last batch of an epoch may be smaller
    shards : fixed parts of a batch whose gradients are summed in a fixed order, so that several
        workers can compute them; the result depends on this number, never on the workers
    lr : learning rate, on the gradient of the mean loss over the batch
    monitor : what `keep`, `stopping` and the plateau schedule watch
    keep : best: the weights of the epoch with the best monitor; last: those of the last one
    """

    __pydantic_config__ = STRICT

    seed: int = 1
    epochs: int = 30
    batch_size: int = 32
    shards: int = 1
    lr: float = 0.04
    optimizer: OptimizerSettings = field(default_factory=OptimizerSettings)
    schedule: ScheduleSettings = field(default_factory=ScheduleSettings)
    regularization: RegularizationSettings = field(default_factory=RegularizationSettings)
    augment: AugmentSettings = field(default_factory=AugmentSettings)
    stopping: StoppingSettings = field(default_factory=StoppingSettings)
    monitor: Monitor = "validation_loss"
    keep: Literal["best", "last"] = "last"

    def __post_init__(self) -> None:
        require_count("seed", 0, self.seed)
        require_count("epochs", 0, self.epochs)
        require_count("batch_size", 1, self.batch_size)
        require_count("shards", 1, self.shards)
        fits = self.shards <= self.batch_size
        require(fits, "shards", f"at most batch_size ({self.batch_size})", self.shards)
        require_above_zero("lr", self.lr)
        require_choice("monitor", Monitor, self.monitor)
        require_choice("keep", Literal["best", "last"], self.keep)
        short = self.schedule.warmup_epochs > self.epochs > 0
        require(
            not short,
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

    def watchers(self) -> Iterable[str]:
        """Yield the names of the settings that look at `monitor`."""
        if self.keep == "best":
            yield "keep"
        if self.stopping.rule != "none":
            yield "stopping"
        if self.schedule.name == "plateau":
            yield "schedule"
