"""Forward and backward propagation, in buffers that are allocated once."""

from collections.abc import Sequence
from copy import copy
from dataclasses import dataclass, replace

import numpy as np

from nncore.arrays import Doubles, Floats
from nncore.functions.activations import Activation, activation
from nncore.functions.arithmetic import choose_arithmetic
from nncore.functions.losses import LOSSES
from nncore.network.dropout import Masks
from nncore.network.parameters import NetworkParameters
from nncore.network.products import LayerWeights, Products, gradient_dtype


@dataclass(frozen=True, slots=True)
class _Layer:
    """Layer l: its products, views of its bias and its gradient, and buffers for a batch.

    Attributes
    ----------
    products : products with the weights
    bias, bias_grad : views, (fan_out,)
    weight_grad : transposed view, (fan_out, fan_in)
    bounds : view of the bounds of its products, (2,)
    activation : activation function
    z : (rows, fan_out); the backward pass overwrites it with delta = dL/dz
    a : (rows, fan_out), activation(z). Unused in layer L, whose a the caller owns
    work : (rows, fan_out) scratch, which layers may share
    """

    products: Products
    bias: Floats
    weight_grad: Floats
    bias_grad: Floats
    bounds: Doubles
    activation: Activation
    z: Floats
    a: Floats
    work: Floats

    def part(self, rows: slice, bounds: Doubles) -> "_Layer":
        """Return the layer of some of the rows, in the same buffers but for the scratch."""
        return replace(
            self,
            products=self.products.part(rows),
            bounds=bounds,
            z=self.z[rows],
            a=self.a[rows],
            # Parts run on threads at once, and the rows of two layers may share memory.
            work=np.empty_like(self.work[rows]),
        )


class Propagation:
    """Forward and backward pass of `rows` samples, a batch or a part of one.

    Every call overwrites the buffers of this object and of its parts.

    Attributes
    ----------
    gradient : (size,), laid out as `network.parameters`
        `write_gradient` writes the samples' part of the gradient here, in float64 if it is exact.
    bounds : (L, 2) largest magnitudes of each layer's inputs and delta, for `write_gradient`
    layer_inputs : inputs of each layer, (rows, fan_in), after `forward`; if `forward` ran for the
        parts, after `take_inputs`
    """

    def __init__(
        self,
        network: NetworkParameters,
        weights: Sequence[LayerWeights],
        rows: int,
        *,
        gradient: Floats | None = None,
        masks: Masks | None = None,
    ) -> None:
        """Allocate the buffers.

        Parameters
        ----------
        weights : from `layer_weights`; after a change of the network, update each before `forward`
        gradient : (size,) buffer, which propagations may share that are used in turn
        masks : masks of dropout for these rows; None for no dropout
        """
        if gradient is None:
            gradient = np.empty(network.parameters.size, gradient_dtype(network))
        self.gradient = gradient
        self._loss = LOSSES[network.architecture.loss]
        self._masks = masks
        arithmetic = choose_arithmetic(network.numerics, network.parameters.dtype)
        self.bounds = np.zeros((len(network.layers), 2))
        dtype = network.parameters.dtype
        work = np.empty(rows * max(layer.fan_out for layer in network.layers), dtype)
        weight_grads, bias_grads = network.views(gradient)
        self._layers = [
            _Layer(
                products=weights[index].products(rows),
                bias=network.biases[index],
                weight_grad=weight_grads[index].T,
                bias_grad=bias_grads[index],
                bounds=self.bounds[index],
                activation=activation(layer.activation, arithmetic),
                z=np.empty((rows, layer.fan_out), dtype),
                a=np.empty((rows, layer.fan_out), dtype),
                work=work[: rows * layer.fan_out].reshape(rows, layer.fan_out),
            )
            for index, layer in enumerate(network.layers)
        ]
        *self._hidden, self._last = self._layers

    def part(self, rows: slice) -> "Propagation":
        """Return the propagation of some of the samples, in the same buffers."""
        part = copy(self)
        part.take_part(rows)
        return part

    def take_part(self, rows: slice) -> None:
        """Reduce this propagation to some of the samples."""
        self.bounds = np.zeros_like(self.bounds)
        self._masks = self._masks and self._masks.part(rows)
        pairs = zip(self._layers, self.bounds, strict=True)
        self._layers = [layer.part(rows, bounds) for layer, bounds in pairs]
        *self._hidden, self._last = self._layers

    @property
    def activations(self) -> list[Floats]:
        """The outputs of each hidden layer, (rows, units), which the next `forward` overwrites."""
        return [layer.a for layer in self._hidden]

    @property
    def deltas(self) -> list[Floats]:
        """dL/dz of each layer, (rows, fan_out), after `backward`; the next `forward` overwrites."""
        return [layer.z for layer in self._layers]

    def take_inputs(self, inputs: Floats) -> None:
        """Set `layer_inputs` to `inputs`, (rows, inputs), and the buffers that the parts filled."""
        self.layer_inputs = [inputs, *self.activations]
        if self._masks:
            self.layer_inputs = self._masks.after_dropout(self.layer_inputs)

    def forward(self, inputs: Floats, logits: Floats, outputs: Floats) -> None:
        """Write the last layer's z and a.

        Parameters
        ----------
        inputs : (rows, inputs)
        logits, outputs : (rows, outputs), distinct arrays
        """
        last = self._last
        a = self._masks.drop_inputs(inputs) if self._masks else inputs
        self.layer_inputs = [a]
        for index, layer in enumerate(self._hidden):
            # z_l = a_{l-1} @ W_l + b_l
            layer.products.forward(a, layer.z)
            np.add(layer.z, layer.bias, out=layer.z)
            layer.activation.forward(layer.z, layer.a, layer.work)
            a = layer.a
            if self._masks:
                a = self._masks.drop_hidden(index, a)
            self.layer_inputs.append(a)
        last.products.forward(a, logits)
        np.add(logits, last.bias, out=logits)
        last.activation.forward(logits, outputs, last.work)

    def backward(
        self, outputs: Floats, targets: Floats, scale: float, weights: Floats | None = None
    ) -> None:
        """Write delta of each layer, and `bounds`; call once after each `forward`.

        Parameters
        ----------
        outputs, targets : (rows, outputs); `forward` has written the outputs
        scale : factor on the gradient of the sum of the losses; 1 / n makes it that of the mean
        weights : (rows, 1) factors on the losses; None for 1
        """
        layer = self._last
        delta = layer.z
        # dL/dz_L if fused, else dL/da_L
        self._loss.backward(outputs, targets, scale, delta)
        if weights is not None:
            np.multiply(delta, weights, out=delta)
        if not self._loss.fused_with_activation:
            layer.activation.backward(outputs, delta, layer.work)
        for index in range(len(self._hidden) - 1, -1, -1):
            below = self._hidden[index]
            # delta_{l-1} = (delta_l @ W_l^T) * activation'(z_{l-1})
            layer.products.backward(delta, below.z)
            layer, delta = below, below.z
            if self._masks:
                self._masks.backward_hidden(index, delta)
            layer.activation.backward(layer.a, delta, layer.work)
        for layer in self._layers:
            layer.products.bounds(layer.z, layer.bounds)

    def write_gradient(self, batch_rows: int) -> None:
        """Write the samples' part of the gradient, after `backward`.

        The batch has `batch_rows` samples. If it has parts, the caller first writes the largest
        magnitudes of all parts to `bounds`.
        """
        self.prepare_gradient(batch_rows)
        for layer, a in zip(self._layers, self.layer_inputs, strict=True):
            # (dL/dW_l)^T = delta_l^T a_{l-1},  dL/db_l = sum over the batch of delta_l
            layer.products.gradient(a, layer.z, layer.weight_grad, layer.bias_grad)

    def prepare_gradient(self, batch_rows: int) -> None:
        """Prepare `write_gradient_of_units`; each part of the samples calls this first."""
        for layer, a in zip(self._layers, self.layer_inputs, strict=True):
            layer.products.prepare_gradient(a, layer.z, layer.bounds, batch_rows)

    def write_gradient_of_units(self, chunk: int, chunk_count: int) -> None:
        """Write the gradient of one of `chunk_count` chunks of each layer's units."""
        for layer, a in zip(self._layers, self.layer_inputs, strict=True):
            count = len(layer.bias)
            units = slice(count * chunk // chunk_count, count * (chunk + 1) // chunk_count)
            gradients = layer.weight_grad[units], layer.bias_grad[units]
            layer.products.gradient(a, layer.z, *gradients, units)
