"""What a network and its training are made of: frozen values that check themselves.

No NumPy here. The same classes are built by hand in a program and from params.yaml in the
pipeline, so that both meet the same checks and the same messages.
"""

import math
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Literal, TypeVar, get_args

ActivationName = Literal["identity", "leaky_relu", "relu", "sigmoid", "softmax", "tanh"]
InitializerName = Literal["constant", "fan_in", "glorot", "he", "normal", "uniform"]
LossName = Literal[
    "binary_cross_entropy", "cross_entropy", "half_squared_error", "mean_squared_error"
]
OptimizerName = Literal["adam", "adamw", "momentum", "nesterov", "rmsprop", "sgd"]
ScheduleName = Literal["constant", "cosine", "exponential", "one_cycle", "plateau", "step"]
StoppingRule = Literal["change", "none", "patience"]
Monitor = Literal["train_accuracy", "train_loss", "validation_accuracy", "validation_loss"]

# The cross-entropies are taken of the logits, so the output activation is theirs to choose.
REQUIRED_OUTPUT = {"cross_entropy": "softmax", "binary_cross_entropy": "sigmoid"}

_T = TypeVar("_T")

# Read by pydantic where params.yaml is checked: no unknown key, no silent conversion.
_STRICT = {"extra": "forbid", "strict": True, "allow_inf_nan": False}


def _require(holds: object, name: str, expected: str, got: object) -> None:
    if not holds:
        shown = list(got) if isinstance(got, tuple) else got
        raise ValueError(f"{name} must be {expected}, got {shown!r}")


def _require_choice(name: str, choices: object, got: object) -> None:
    allowed = get_args(choices)
    _require(got in allowed, name, f"one of {', '.join(allowed)}", got)


def _require_at_least(name: str, least: float, *values: float) -> None:
    for value in values:
        good = math.isfinite(value) and value >= least
        _require(good, name, f"at least {least}", value)


def _require_share(name: str, value: float) -> None:
    _require(0 <= value < 1, name, "at least 0 and below 1", value)


def _spread(name: str, value: _T | tuple[_T, ...], count: int) -> tuple[_T, ...]:
    """Return one value for each of `count` layers."""
    if not isinstance(value, tuple):
        return (value,) * count
    _require(len(value) == count, name, f"one value or a list of {count}", value)
    return value


@dataclass(frozen=True)
class Layer:
    """One layer of weights, from `fan_in` units to `fan_out` units."""

    fan_in: int
    fan_out: int
    activation: ActivationName
    weight_init: InitializerName
    weight_scale: float
    bias_init: InitializerName
    bias_scale: float


@dataclass(frozen=True, kw_only=True)
class Architecture:
    """A multi-layer perceptron, apart from the number of its inputs and outputs.

    Layer 0 is the input; weights enter the layers 1…L, the hidden ones and the output. A setting
    that may be a tuple holds one value for all layers, or one for each.

    Attributes
    ----------
    hidden : units of each hidden layer; empty for a network without one
    activation : of the hidden layers
    output : activation of the output layer
    loss : what training minimises
    weight_init, bias_init : distributions, see `nncore.initializers`
    weight_scale, bias_scale : factor on the drawn values, or the constant itself

    Raises
    ------
    ValueError
        An unknown name, a value out of range, a list of the wrong length, or a loss that the
        output activation makes meaningless.
    """

    __pydantic_config__ = _STRICT

    hidden: tuple[int, ...] = (128,)
    activation: ActivationName | tuple[ActivationName, ...] = "relu"
    output: ActivationName = "softmax"
    loss: LossName = "cross_entropy"
    weight_init: InitializerName | tuple[InitializerName, ...] = "he"
    weight_scale: float | tuple[float, ...] = 1.0
    bias_init: InitializerName | tuple[InitializerName, ...] = "constant"
    bias_scale: float | tuple[float, ...] = 0.0

    def __post_init__(self) -> None:
        for units in self.hidden:
            good = isinstance(units, int) and units >= 1
            _require(good, "hidden", "a list of integers of at least 1", self.hidden)
        depth = len(self.hidden)
        for name in _spread("activation", self.activation, depth):
            _require_choice("activation", ActivationName, name)
            _require(name != "softmax", "activation", "no softmax in a hidden layer", name)
        _require_choice("output", ActivationName, self.output)
        _require_choice("loss", LossName, self.loss)
        for key in ("weight_init", "bias_init"):
            for name in _spread(key, getattr(self, key), depth + 1):
                _require_choice(key, InitializerName, name)
        for key in ("weight_scale", "bias_scale"):
            for scale in _spread(key, getattr(self, key), depth + 1):
                _require(math.isfinite(scale), key, "finite", scale)
        needed = REQUIRED_OUTPUT.get(self.loss, self.output)
        _require(self.output == needed, "output", f"{needed} for {self.loss}", self.output)

    def layers(self, inputs: int, outputs: int) -> tuple[Layer, ...]:
        """Return the layers 1…L of a network of `inputs` inputs and `outputs` outputs."""
        _require(inputs >= 1, "inputs", "at least 1", inputs)
        _require(outputs >= 1, "outputs", "at least 1", outputs)
        # Softmax over a single output is the constant 1 and cannot learn.
        fits = self.output != "softmax" or outputs >= 2
        _require(fits, "outputs", "at least 2 with softmax", outputs)
        depth = len(self.hidden)
        sizes = (inputs, *self.hidden, outputs)
        columns = zip(
            sizes[:-1],
            sizes[1:],
            (*_spread("activation", self.activation, depth), self.output),
            _spread("weight_init", self.weight_init, depth + 1),
            _spread("weight_scale", self.weight_scale, depth + 1),
            _spread("bias_init", self.bias_init, depth + 1),
            _spread("bias_scale", self.bias_scale, depth + 1),
            strict=True,
        )
        return tuple(Layer(*column) for column in columns)


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

    __pydantic_config__ = _STRICT

    name: OptimizerName = "momentum"
    momentum: float = 0.9
    decay: float = 0.9
    beta1: float = 0.9
    beta2: float = 0.999
    epsilon: float = 1e-8

    def __post_init__(self) -> None:
        _require_choice("name", OptimizerName, self.name)
        for key in ("momentum", "decay", "beta1", "beta2"):
            _require_share(key, getattr(self, key))
        good = math.isfinite(self.epsilon) and self.epsilon > 0
        _require(good, "epsilon", "a finite number above 0", self.epsilon)


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

    __pydantic_config__ = _STRICT

    name: ScheduleName = "constant"
    warmup_epochs: int = 0
    factor: float = 0.5
    every: int = 10
    patience: int = 5
    floor: float = 0.0

    def __post_init__(self) -> None:
        _require_choice("name", ScheduleName, self.name)
        _require_at_least("warmup_epochs", 0, self.warmup_epochs)
        _require(0 < self.factor <= 1, "factor", "above 0 and at most 1", self.factor)
        _require_at_least("every", 1, self.every)
        _require_at_least("patience", 1, self.patience)
        _require_share("floor", self.floor)


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

    __pydantic_config__ = _STRICT

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
            _require_at_least(key, 0, getattr(self, key))
        for key in ("max_norm", "clip_norm"):
            value = getattr(self, key)
            good = value is None or (math.isfinite(value) and value > 0)
            _require(good, key, "null or a finite number above 0", value)
        for key in ("dropout", "input_dropout", "label_smoothing"):
            _require_share(key, getattr(self, key))


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

    __pydantic_config__ = _STRICT

    rule: StoppingRule = "none"
    epochs: int = 10
    threshold: float = 0.0

    def __post_init__(self) -> None:
        _require_choice("rule", StoppingRule, self.rule)
        _require_at_least("epochs", 1, self.epochs)
        _require_at_least("threshold", 0, self.threshold)
        never = self.rule == "change" and self.threshold == 0
        _require(not never, "threshold", "above 0 for the rule change", self.threshold)


@dataclass(frozen=True, kw_only=True)
class TrainingSettings:
    """How a network is trained.

    Attributes
    ----------
    seed : of the weights, the order of the images and the dropout, as independent streams
    epochs : at most; 0 writes the untrained network
    batch_size : images in one step; the last batch of an epoch may be smaller
    lr : learning rate, on the gradient of the mean loss over the batch
    monitor : what `keep`, `stopping` and the plateau schedule watch
    keep : best: the weights of the epoch with the best monitor; last: those of the last one
    """

    __pydantic_config__ = _STRICT

    seed: int = 1
    epochs: int = 20
    batch_size: int = 64
    lr: float = 0.05
    optimizer: OptimizerSettings = field(default_factory=OptimizerSettings)
    schedule: ScheduleSettings = field(default_factory=ScheduleSettings)
    regularization: RegularizationSettings = field(default_factory=RegularizationSettings)
    stopping: StoppingSettings = field(default_factory=StoppingSettings)
    monitor: Monitor = "validation_loss"
    keep: Literal["best", "last"] = "last"

    def __post_init__(self) -> None:
        _require_at_least("seed", 0, self.seed)
        _require_at_least("epochs", 0, self.epochs)
        _require_at_least("batch_size", 1, self.batch_size)
        good = math.isfinite(self.lr) and self.lr > 0
        _require(good, "lr", "a finite number above 0", self.lr)
        _require_choice("monitor", Monitor, self.monitor)
        _require_choice("keep", Literal["best", "last"], self.keep)
        short = self.schedule.warmup_epochs > self.epochs > 0
        _require(
            not short,
            "schedule.warmup_epochs",
            f"at most epochs ({self.epochs})",
            self.schedule.warmup_epochs,
        )
        decays = self.optimizer.name != "adamw" or self.regularization.weight_decay > 0
        _require(
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
