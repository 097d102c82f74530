"""Settings of a network's layers and loss."""

from dataclasses import dataclass
from typing import Literal, TypeVar

from nncore.errors import (
    STRICT,
    python_value,
    require,
    require_choice,
    require_count,
    require_finite,
    to_python,
)

ActivationName = Literal["identity", "leaky_relu", "relu", "sigmoid", "softmax", "tanh"]
# No softmax: it would force the outputs of a hidden layer to sum to 1.
HiddenActivationName = Literal["identity", "leaky_relu", "relu", "sigmoid", "tanh"]
InitializerName = Literal["constant", "fan_in", "glorot", "he", "normal", "uniform"]
LossName = Literal[
    "binary_cross_entropy",
    "cross_entropy",
    "half_squared_error",
    "huber",
    "mean_absolute_error",
    "mean_squared_error",
]

# A cross-entropy is computed from the logits, so it determines the output activation.
REQUIRED_OUTPUT = {"cross_entropy": "softmax", "binary_cross_entropy": "sigmoid"}

_T = TypeVar("_T")


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
    """The hidden layers, loss and initial values of a multi-layer perceptron.

    The numbers of inputs and outputs come with the data. Layer 0 is the input; weights enter the
    hidden layers and the output layer, 1…L. A setting that may be a tuple holds one value for all
    layers, or one for each.

    Attributes
    ----------
    hidden : units of each hidden layer; empty for a network without one
    activation : activations of the hidden layers
    output : activation of the output layer; `identity` is for a regression, whose outputs are
        numbers, see `nncore.network.network.Network.is_regression`
    loss : the function that training minimises
    weight_init, bias_init : distributions, see `nncore.network.parameters.initial_values`
    weight_scale, bias_scale : factor on the drawn values, or the constant itself

    Raises
    ------
    SettingsError
        A name is unknown, a value is out of range, a list has the wrong length, or the loss needs
        another output activation.
    """

    __pydantic_config__ = STRICT

    hidden: tuple[int, ...] = (128,)
    activation: HiddenActivationName | tuple[HiddenActivationName, ...] = "relu"
    output: ActivationName = "softmax"
    loss: LossName = "cross_entropy"
    weight_init: InitializerName | tuple[InitializerName, ...] = "he"
    weight_scale: float | tuple[float, ...] = 1.0
    bias_init: InitializerName | tuple[InitializerName, ...] = "constant"
    bias_scale: float | tuple[float, ...] = 0.0

    def __post_init__(self) -> None:
        to_python(self)
        for key, value in vars(self).items():
            if isinstance(value, list | tuple):
                # A list could be changed later.
                object.__setattr__(self, key, tuple(map(python_value, value)))
        require(isinstance(self.hidden, tuple), "hidden", "a list", self.hidden)
        for units in self.hidden:
            is_count = type(units) is int and units >= 1
            require(is_count, "hidden", "a list of integers of at least 1", self.hidden)
        depth = len(self.hidden)
        for name in _per_layer("activation", self.activation, depth) or (self.activation,):
            require_choice("activation", HiddenActivationName, name)
        require_choice("output", ActivationName, self.output)
        require_choice("loss", LossName, self.loss)
        for key in ("weight_init", "bias_init"):
            for name in _per_layer(key, getattr(self, key), depth + 1):
                require_choice(key, InitializerName, name)
        for key in ("weight_scale", "bias_scale"):
            for scale in _per_layer(key, getattr(self, key), depth + 1):
                require_finite(key, scale)
        required = REQUIRED_OUTPUT.get(self.loss, self.output)
        require(self.output == required, "output", f"{required} for {self.loss}", self.output)

    def layers(self, inputs: int, outputs: int) -> tuple[Layer, ...]:
        """Return the layers 1…L of a network of `inputs` inputs and `outputs` outputs."""
        require_count("inputs", 1, inputs)
        require_count("outputs", 1, outputs)
        # The softmax of a single output is the constant 1, whose gradient is 0.
        can_learn = self.output != "softmax" or outputs >= 2
        require(can_learn, "outputs", "at least 2 with softmax", outputs)
        depth = len(self.hidden)
        sizes = (inputs, *self.hidden, outputs)
        columns = zip(
            sizes[:-1],
            sizes[1:],
            (*_per_layer("activation", self.activation, depth), self.output),
            _per_layer("weight_init", self.weight_init, depth + 1),
            _per_layer("weight_scale", self.weight_scale, depth + 1),
            _per_layer("bias_init", self.bias_init, depth + 1),
            _per_layer("bias_scale", self.bias_scale, depth + 1),
            strict=True,
        )
        return tuple(Layer(*column) for column in columns)


def _per_layer(name: str, value: _T | tuple[_T, ...], count: int) -> tuple[_T, ...]:
    """Return one value for each of `count` layers."""
    if not isinstance(value, tuple):
        return (value,) * count
    require(len(value) == count, name, f"one value or a list of {count}", value)
    return value
