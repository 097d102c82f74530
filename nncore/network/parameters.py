"""The parameters of a multi-layer perceptron: one flat vector with views of each layer."""

import math
from itertools import accumulate
from typing import Any, Literal

import numpy as np
from numpy.typing import DTypeLike, NDArray

from nncore.arrays import Floats
from nncore.config.architecture import Architecture, InitializerName
from nncore.config.numerics import Numerics
from nncore.errors import SettingsError, python_value, require, require_choice, require_type
from nncore.functions.elementary import standard_normal, uniform

# 4 TiB in float32: no machine holds more.
MAX_PARAMETERS = 2**40
# From so many units on, a first layer is faster with weights stored input by input: forward by a
# tenth to a half, and its gradient is as fast. No error goes back through a first layer.
MIN_UNITS_OF_INPUT_ORDER = 64
WeightOrder = Literal["by unit", "by input"]


class NetworkParameters:
    """The weights and biases of a multi-layer perceptron.

    Layer 0 is the input. `weights[l - 1]`, (fan_in, fan_out), and `biases[l - 1]`, (fan_out,),
    enter layer l = 1…L:  z_l = a_{l-1} @ weights[l - 1] + biases[l - 1],  a_l = activation(z_l).

    Attributes
    ----------
    architecture, inputs, outputs, numerics : as passed to the constructor
    layers : the layers 1…L
    parameters : (size,) float32 or float64
        All weights, layer by layer, then all biases. So the weights, which penalties and decay
        act on, are one slice. Write through the vector or its views, never rebind them.
    weight_count : number of weights, which come first in `parameters`
    weights, biases : views of `parameters`, a tuple of L arrays each
        A weight is stored unit by unit, in Fortran order: with few units, computing its gradient
        takes as little as half the time of C order. With `numerics="fast"` a first layer of
        `MIN_UNITS_OF_INPUT_ORDER` units or more is stored input by input, in C order.
    """

    def __init__(
        self,
        architecture: Architecture,
        *,
        inputs: int,
        outputs: int,
        dtype: DTypeLike = np.float32,
        numerics: Numerics = "exact",
    ) -> None:
        """Make parameters that are all zero; `fit` draws and trains them.

        Parameters
        ----------
        inputs : number of inputs, the columns of the samples
        outputs : number of outputs, one for each class; a single one, with sigmoid, has two classes
        dtype : float32 or float64
        numerics : exact: float32 networks compute the same bits on every computer; fast: plain
            floating point, which is faster. float64 networks always compute so

        Raises
        ------
        SettingsError
            An argument is wrong, or the architecture does not allow so many inputs or outputs.
        """
        require_type("architecture", architecture, Architecture)
        require(_is_float(dtype), "dtype", "float32 or float64", dtype)
        require_choice("numerics", Numerics, numerics)
        self.architecture = architecture
        self.numerics = numerics
        self.inputs: int = python_value(inputs)
        self.outputs: int = python_value(outputs)
        self.layers = architecture.layers(self.inputs, self.outputs)
        self.weight_count = sum(layer.fan_in * layer.fan_out for layer in self.layers)
        size = self.weight_count + sum(layer.fan_out for layer in self.layers)
        units = f"inputs ({inputs}), hidden and outputs ({outputs})"
        require(size <= MAX_PARAMETERS, units, f"of at most {MAX_PARAMETERS:,} parameters", size)
        # An attribute, because a copied or pickled vector keeps its order.
        has_many_units = self.layers[0].fan_out >= MIN_UNITS_OF_INPUT_ORDER
        self._first_by_input = numerics == "fast" and has_many_units
        self.parameters: Floats = np.zeros(size, dtype)
        self.weights, self.biases = self.views(self.parameters)

    def __getstate__(self) -> dict[str, Any]:
        """Leave out the views: their copies would not share the memory of the vector."""
        return {key: value for key, value in vars(self).items() if key not in {"weights", "biases"}}

    def __setstate__(self, state: dict[str, Any]) -> None:
        """Restore a copied or pickled state, and make views of its vector."""
        # Old pickles lack these two attributes.
        vars(self).update({"numerics": "exact", "_first_by_input": False} | state)
        self.weights, self.biases = self.views(self.parameters)

    @property
    def weight_order(self) -> WeightOrder:
        """The order, by unit or by input, in which the vector stores the first layer's weights."""
        return "by input" if self._first_by_input else "by unit"

    def views(self, vector: Floats) -> tuple[tuple[Floats, ...], tuple[Floats, ...]]:
        """Return the weights and the biases of the layers 1…L as views of `vector`, (size,)."""
        shapes: list[tuple[int, ...]] = [(layer.fan_out, layer.fan_in) for layer in self.layers]
        shapes += [(layer.fan_out,) for layer in self.layers]
        ends = list(accumulate(math.prod(shape) for shape in shapes))
        slices = np.split(vector, ends[:-1])
        arrays = [flat.reshape(shape).T for flat, shape in zip(slices, shapes, strict=True)]
        if self._first_by_input:
            arrays[0] = slices[0].reshape(arrays[0].shape)
        return tuple(arrays[: len(self.layers)]), tuple(arrays[len(self.layers) :])

    def require_finite(self) -> None:
        """Raise `SettingsError` unless all parameters are finite: a training may have diverged."""
        if not np.isfinite(self.parameters).all():
            raise SettingsError("parameters must be finite, got others; the training has diverged")

    def initialize(self, rng: "np.random.Generator") -> None:
        """Draw all weights, then all biases, from the architecture's distributions.

        Raises
        ------
        SettingsError
            A value is not finite in the network's dtype; all parameters are then zero.
        """
        with np.errstate(over="ignore"):
            self._draw(rng)
        if not np.isfinite(self.parameters).all():
            self.parameters[:] = 0
            expected = f"small enough for finite initial values in {self.parameters.dtype}"
            scales = (self.architecture.weight_scale, self.architecture.bias_scale)
            require(False, "weight_scale and bias_scale", expected, scales)

    def _draw(self, rng: "np.random.Generator") -> None:
        for layer, weight in zip(self.layers, self.weights, strict=True):
            fans = {"fan_in": layer.fan_in, "fan_out": layer.fan_out}
            values = initial_values(
                layer.weight_init, layer.weight_scale, weight.shape, **fans, rng=rng
            )
            # A scale of 0 makes zeros of either sign, and adding 0 makes them positive.
            np.add(values, 0, out=weight, casting="same_kind")
        for layer, bias in zip(self.layers, self.biases, strict=True):
            fans = {"fan_in": layer.fan_in, "fan_out": layer.fan_out}
            values = initial_values(layer.bias_init, layer.bias_scale, bias.shape, **fans, rng=rng)
            np.add(values, 0, out=bias, casting="same_kind")


def _is_float(dtype: DTypeLike) -> bool:
    try:
        # None would be float64.
        return dtype is not None and np.dtype(dtype) in (np.float32, np.float64)
    except TypeError:
        return False


def initial_values(
    name: InitializerName,
    scale: float,
    shape: tuple[int, ...],
    *,
    fan_in: int,
    fan_out: int,
    rng: "np.random.Generator",
) -> NDArray[np.float64]:
    """Return `scale` times an array drawn from the named distribution.

    ========  ========================================================================
    constant  1, so that `scale` is the value
    fan_in    normal, standard deviation 1/√fan_in: LeCun, Bottou, Orr, Müller,
              Efficient BackProp (1998), equation 16
    glorot    uniform within ±√(6 / (fan_in + fan_out)): Glorot & Bengio,
              Understanding the difficulty of training deep feedforward neural
              networks (2010), equation 16
    he        normal, standard deviation √(2/fan_in): He, Zhang, Ren, Sun, Delving
              deep into rectifiers (2015), equation 10
    normal    standard normal
    uniform   uniform within ±1
    ========  ========================================================================

    Values are drawn in float64 whatever the network's dtype, so that float32 and float64 networks
    start alike.
    """
    match name:
        case "constant":
            return np.full(shape, float(scale))
        case "fan_in":
            return scale / math.sqrt(fan_in) * standard_normal(rng, shape)
        case "glorot":
            limit = math.sqrt(6 / (fan_in + fan_out))
            return scale * uniform(rng, limit, shape)
        case "he":
            return scale * math.sqrt(2 / fan_in) * standard_normal(rng, shape)
        case "normal":
            return scale * standard_normal(rng, shape)
        case "uniform":
            return scale * uniform(rng, 1, shape)
