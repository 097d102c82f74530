"""Forward and backward through a network, in buffers that are allocated once."""

from dataclasses import dataclass

import numpy as np

from nncore.activations import ACTIVATIONS, Activation
from nncore.arrays import Floats
from nncore.dropout import Dropout
from nncore.losses import LOSSES
from nncore.network import Network


@dataclass(frozen=True, slots=True)
class _Layer:
    """What a batch meets in layer l: views of the parameters and of the gradient, and buffers.

    Attributes
    ----------
    weight, bias, bias_grad : of layer l
    weight_grad : of layer l, transposed, (fan_out, fan_in), as it is stored
    activation : of layer l
    z : (rows, fan_out), on the way back overwritten by delta, dL/dz
    a : (rows, fan_out), activation(z), used up on the way back; scratch in layer L, whose a is the
        caller's
    """

    weight: Floats
    bias: Floats
    weight_grad: Floats
    bias_grad: Floats
    activation: Activation
    z: Floats
    a: Floats


class Propagation:
    """The way of one batch of `rows` images through a network and back.

    Buffers belong to this object and every call overwrites them; the gradient may be shared by
    several objects for the same network that work in turn.

    Attributes
    ----------
    gradient : (size,), laid out as `network.parameters`
        Of the mean loss over the batch, times a scale, written by `backward`.
    """

    def __init__(
        self,
        network: Network,
        rows: int,
        *,
        gradient: Floats | None = None,
        dropout: Dropout | None = None,
    ) -> None:
        self.gradient = np.empty_like(network.parameters) if gradient is None else gradient
        loss = LOSSES[network.architecture.loss]
        self._at_logits = loss.at_logits
        # dL/d(a - y), and an array for its product with a scale: see the activations' constants.
        self._slope = loss.slope(network.outputs) / rows
        self._scaled = np.empty((), network.parameters.dtype)
        self._dropout = dropout
        # The sum over a batch as a product with ones: half the time of np.sum at these sizes.
        self._ones = np.ones(rows, network.parameters.dtype)
        views = zip(
            network.layers,
            *(network.weights, network.biases),
            *network.views(self.gradient),
            strict=True,
        )
        layers = [
            _Layer(
                *(weight, bias, weight_grad.T, bias_grad),
                ACTIVATIONS[layer.activation],
                *np.empty((2, rows, layer.fan_out), weight.dtype),
            )
            for layer, weight, bias, weight_grad, bias_grad in views
        ]
        *self._hidden, self._last = layers

    def forward(self, images: Floats, logits: Floats, outputs: Floats) -> None:
        """Write the last layer's z and a.

        Parameters
        ----------
        images : (rows, inputs)
        logits, outputs : (rows, classes), distinct arrays
        """
        last = self._last
        a = self._dropout.inputs(images) if self._dropout else images
        # Kept for `backward`: what enters each layer.
        self._entering = [a]
        for index, layer in enumerate(self._hidden):
            # z_l = a_{l-1} @ W_l + b_l. The method: np.dot's dispatch takes 0.3 µs more.
            a.dot(layer.weight, out=layer.z)
            np.add(layer.z, layer.bias, out=layer.z)
            # Only softmax needs scratch of its own, and it stands in the last layer alone.
            layer.activation.forward(layer.z, layer.a, layer.z)
            a = layer.a
            if self._dropout:
                a = self._dropout.hidden(index, a)
            self._entering.append(a)
        a.dot(last.weight, out=logits)
        np.add(logits, last.bias, out=logits)
        last.activation.forward(logits, outputs, last.a)

    def backward(self, outputs: Floats, targets: Floats, scale: float = 1.0) -> None:
        """Write the gradient of the batch that last went `forward`; once for each time.

        Parameters
        ----------
        outputs, targets : (rows, classes), the outputs as `forward` wrote them
        scale : multiplies the gradient
        """
        layer = self._last
        delta = layer.z
        # dL/dz_L, or dL/da_L
        self._scaled[()] = scale * self._slope
        np.subtract(outputs, targets, out=delta)
        np.multiply(delta, self._scaled, out=delta)
        if not self._at_logits:
            layer.activation.backward(outputs, delta, layer.a)
        for index in range(len(self._hidden), -1, -1):
            # (dL/dW_l)^T = delta_l^T a_{l-1},  dL/db_l = sum over the batch of delta_l
            delta.T.dot(self._entering[index], out=layer.weight_grad)
            self._ones.dot(delta, out=layer.bias_grad)
            if index > 0:
                below = self._hidden[index - 1]
                # delta_{l-1} = (delta_l @ W_l^T) * activation'(z_{l-1})
                delta.dot(layer.weight.T, out=below.z)
                layer, delta = below, below.z
                if self._dropout:
                    self._dropout.hidden_backward(index - 1, delta)
                layer.activation.backward(layer.a, delta, layer.a)
