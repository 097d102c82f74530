"""Forward and backward through a network, in buffers that are allocated once."""

import numpy as np

from nncore.activations import ACTIVATIONS
from nncore.arrays import Floats
from nncore.dropout import Dropout
from nncore.losses import LOSSES
from nncore.network import Network


class Propagation:
    """The way of one batch of `rows` images through a network and back.

    Buffers belong to this object and every call overwrites them; the gradient may be shared by
    several objects for the same network that work in turn.

    Attributes
    ----------
    gradient : (size,), laid out as `network.parameters`
        Of the mean loss over the batch, written by `backward`.
    """

    def __init__(
        self,
        network: Network,
        rows: int,
        *,
        gradient: Floats | None = None,
        dropout: Dropout | None = None,
    ) -> None:
        dtype = network.parameters.dtype
        self._network = network
        self._loss = LOSSES[network.architecture.loss]
        self._activations = [ACTIVATIONS[layer.activation] for layer in network.layers]
        self.gradient = np.empty_like(network.parameters) if gradient is None else gradient
        self._weight_grads, self._bias_grads = network.views(self.gradient)
        # Layer l has its deltas, dL/dz_l, in _deltas[l - 1]; on the way forward, z_l stands there.
        self._deltas = [np.empty((rows, layer.fan_out), dtype) for layer in network.layers]
        self._hidden = [np.empty((rows, layer.fan_out), dtype) for layer in network.layers[:-1]]
        # The sum over a batch as a product with ones: half the time of np.sum at these sizes.
        self._ones = np.ones(rows, dtype)
        # The backward functions use their `a` up, and the outputs are the caller's.
        self._scratch = np.empty_like(self._deltas[-1])
        self._dropout = dropout

    def forward(self, images: Floats, logits: Floats, outputs: Floats) -> None:
        """Write the last layer's z and a.

        Parameters
        ----------
        images : (rows, inputs)
        logits, outputs : (rows, classes), distinct arrays
        """
        a = self._dropout.inputs(images) if self._dropout else images
        # Kept for `backward`: what enters each layer.
        self._entering = [a]
        last = len(self._activations) - 1
        for index, activation in enumerate(self._activations):
            z = logits if index == last else self._deltas[index]
            # z_l = a_{l-1} @ W_l + b_l
            np.dot(a, self._network.weights[index], out=z)
            np.add(z, self._network.biases[index], out=z)
            if index == last:
                activation.forward(z, outputs)
            else:
                a = self._hidden[index]
                activation.forward(z, a)
                if self._dropout:
                    a = self._dropout.hidden(index, a)
                self._entering.append(a)

    def backward(self, outputs: Floats, targets: Floats, share: float = 1.0) -> None:
        """Write the gradient of the batch that last went `forward`; once for each time.

        Parameters
        ----------
        outputs, targets : (rows, classes), the outputs as `forward` wrote them
        share : of this batch in a larger one, of which it is a part; scales the gradient
        """
        delta = self._deltas[-1]
        self._loss.gradient(outputs, targets, delta)
        if share != 1:
            np.multiply(delta, share, out=delta)
        if not self._loss.at_logits:
            np.copyto(self._scratch, outputs)
            self._activations[-1].backward(self._scratch, delta)
        for index in range(len(self._deltas) - 1, -1, -1):
            delta = self._deltas[index]
            # dL/dW_l = a_{l-1}^T delta_l,  dL/db_l = sum over the batch of delta_l
            np.dot(self._entering[index].T, delta, out=self._weight_grads[index])
            np.dot(self._ones, delta, out=self._bias_grads[index])
            if index > 0:
                # delta_{l-1} = (delta_l @ W_l^T) * activation'(z_{l-1})
                below = self._deltas[index - 1]
                np.dot(delta, self._network.weights[index].T, out=below)
                if self._dropout:
                    self._dropout.hidden_backward(index - 1, below)
                self._activations[index - 1].backward(self._hidden[index - 1], below)
