"""The multi-layer perceptron: one flat vector of parameters, with a view for each layer."""

import math
from itertools import accumulate

import numpy as np
from numpy.typing import DTypeLike

from nncore.architecture import Architecture
from nncore.arrays import Floats
from nncore.initializers import draw


class Network:
    """Parameters of a multi-layer perceptron.

    Layer 0 is the input. `weights[l - 1]`, (fan_in, fan_out), and `biases[l - 1]`, (fan_out,),
    enter layer l = 1…L:  z_l = a_{l-1} @ weights[l - 1] + biases[l - 1],  a_l = activation(z_l).

    Attributes
    ----------
    architecture, inputs, outputs : what the network is made of
    layers : the layers 1…L
    parameters : (size,) float32 or float64
        All weights, layer by layer, then all biases; so the weights, which alone are penalised,
        are one slice. Write through it or its views, never rebind them.
    weight_count : number of weights, which stand first in `parameters`
    weights, biases : views of `parameters`, a tuple of L arrays each
        A weight is stored unit by unit, in Fortran order: with few units, its gradient takes as
        little as half the time of one in C order.
    """

    def __init__(
        self,
        architecture: Architecture,
        *,
        inputs: int,
        outputs: int,
        dtype: DTypeLike = np.float32,
    ) -> None:
        """Make a network whose parameters are all zero; `initialize` draws them.

        Raises
        ------
        SettingsError
            A number of inputs or outputs that the architecture does not allow.
        """
        self.architecture = architecture
        self.inputs = inputs
        self.outputs = outputs
        self.layers = architecture.layers(inputs, outputs)
        self.weight_count = sum(layer.fan_in * layer.fan_out for layer in self.layers)
        bias_count = sum(layer.fan_out for layer in self.layers)
        self.parameters: Floats = np.zeros(self.weight_count + bias_count, dtype)
        self.weights, self.biases = self.views(self.parameters)

    def views(self, vector: Floats) -> tuple[tuple[Floats, ...], tuple[Floats, ...]]:
        """Return the weights and the biases of the layers 1…L as views of `vector`, (size,)."""
        shapes: list[tuple[int, ...]] = [(layer.fan_out, layer.fan_in) for layer in self.layers]
        shapes += [(layer.fan_out,) for layer in self.layers]
        ends = list(accumulate(math.prod(shape) for shape in shapes))
        pieces = np.split(vector, ends[:-1])
        arrays = tuple(piece.reshape(shape).T for piece, shape in zip(pieces, shapes, strict=True))
        return arrays[: len(self.layers)], arrays[len(self.layers) :]

    def initialize(self, rng: np.random.Generator) -> None:
        """Draw all weights, then all biases, as the architecture says."""
        for layer, weight in zip(self.layers, self.weights, strict=True):
            fans = {"fan_in": layer.fan_in, "fan_out": layer.fan_out}
            weight[:] = draw(layer.weight_init, layer.weight_scale, weight.shape, **fans, rng=rng)
        for layer, bias in zip(self.layers, self.biases, strict=True):
            fans = {"fan_in": layer.fan_in, "fan_out": layer.fan_out}
            bias[:] = draw(layer.bias_init, layer.bias_scale, bias.shape, **fans, rng=rng)

    def describe(self) -> str:
        """Return a table of the layers: shapes, activations and numbers of parameters."""
        rows = [("layer", "weight", "bias", "activation", "parameters")]
        for number, layer in enumerate(self.layers, start=1):
            count = (layer.fan_in + 1) * layer.fan_out
            weight = f"{layer.fan_in} x {layer.fan_out}"
            rows.append((str(number), weight, str(layer.fan_out), layer.activation, f"{count:,}"))
        rows.append(("total", "", "", "", f"{self.parameters.size:,}"))
        widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
        return "\n".join(
            "  ".join(
                cell.rjust(width) if index == len(row) - 1 else cell.ljust(width)
                for index, (cell, width) in enumerate(zip(row, widths, strict=True))
            )
            for row in rows
        )
