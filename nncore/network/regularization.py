"""Penalties, weight decay, gradient clipping, norm bounds and dropout.

Only clipping and dropout act on biases.
"""

import math

import numpy as np

from nncore.arrays import Floats
from nncore.config.training import RegularizationSettings
from nncore.network.network import Network


class Regularizer:
    """Regularization of the gradient before a step, and of the weights before and after it."""

    def __init__(self, settings: RegularizationSettings, network: Network) -> None:
        self._settings = settings
        self._network = network
        self._weights = network.parameters[: network.weight_count]
        work_size = network.weight_count if settings.l1 or settings.l2 else 0
        self._work = np.empty(work_size, network.parameters.dtype)

    def regularize_gradient(self, gradient: Floats, lr: float, scale: float = 1.0) -> None:
        """Clip `gradient`, add the gradients of the penalties, and decay the weights, in place.

        The clipped norm is that of the loss without penalties: they are added afterwards.

        Parameters
        ----------
        gradient : (size,), already multiplied by `scale`
        lr : learning rate, a factor on the decay
        scale : factor on the gradient
        """
        settings = self._settings
        if settings.clip_norm is not None:
            clip_by_global_norm(gradient, settings.clip_norm * scale)
        if not (settings.l1 or settings.l2 or settings.weight_decay):
            return
        w, g, work = self._weights, gradient[: len(self._weights)], self._work
        if settings.l2:
            # d(l2/2 Σw²)/dw = l2 w
            np.multiply(w, settings.l2 * scale, out=work)
            np.add(g, work, out=g)
        if settings.l1:
            # d(l1 Σ|w|)/dw = l1 sign(w)
            np.sign(w, out=work)
            np.multiply(work, settings.l1 * scale, out=work)
            np.add(g, work, out=g)
        if settings.weight_decay:
            # w <- (1 - lr decay) w, decoupled from the gradient: Loshchilov & Hutter (ICLR 2019).
            # The factor lr is PyTorch's convention.
            np.multiply(w, 1 - lr * settings.weight_decay, out=w)

    def constrain_weights(self) -> None:
        """Scale the weights down to `max_norm`."""
        if self._settings.max_norm is not None:
            for weight in self._network.weights:
                project_max_norm(weight, self._settings.max_norm)


def clip_by_global_norm(gradient: Floats, limit: float) -> None:
    """Scale `gradient`, (size,), in place to a Euclidean norm of at most `limit`.

    Pascanu, Mikolov, Bengio, On the difficulty of training recurrent neural networks (2013),
    algorithm 1.
    """
    # In float64, because the square of a float32 overflows from 1.8e19 on.
    norm = math.sqrt(float(np.einsum("i,i->", gradient, gradient, dtype=np.float64)))
    if norm > limit:
        np.multiply(gradient, limit / norm, out=gradient)


def project_max_norm(weight: Floats, limit: float) -> None:
    """Scale each column of `weight`, (fan_in, fan_out), in place to a norm of at most `limit`.

    A column holds the weights that enter one unit: Srivastava et al., Journal of Machine Learning
    Research 15 (2014), section 5.1.
    """
    # A column is contiguous, so BLAS computes this: 70 µs for 1,024 x 1,024, a quarter of einsum's
    # time.
    norms = np.sqrt(np.vecdot(weight.T, weight.T))
    if norms.max() > limit:
        np.multiply(weight, limit / np.maximum(norms, limit), out=weight)


class Dropout:
    """Inverted dropout: the forward pass draws the masks, the backward pass reuses them.

    A hidden unit is dropped with probability `rate`, an input with `input_rate`. The other values
    are divided by the probability of keeping them, so that prediction needs no change: Srivastava
    et al., Journal of Machine Learning Research 15 (2014), section 10.
    """

    def __init__(
        self,
        network: Network,
        rows: int,
        *,
        rate: float,
        input_rate: float,
        rng: np.random.Generator,
    ) -> None:
        self._rate = rate
        self._input_rate = input_rate
        self._rng = rng
        dtype = network.parameters.dtype
        units = [layer.fan_out for layer in network.layers[:-1]] if rate else []
        self._masks = [np.empty((rows, count), dtype) for count in units]
        self._masked = [np.empty_like(mask) for mask in self._masks]
        if input_rate:
            self._input_mask = np.empty((rows, network.inputs), dtype)
            self._masked_input = np.empty_like(self._input_mask)

    def drop_inputs(self, images: Floats) -> Floats:
        """Return `images`, (rows, inputs), with inputs dropped; the next call overwrites it."""
        if not self._input_rate:
            return images
        self._draw(self._input_mask, self._input_rate)
        np.multiply(images, self._input_mask, out=self._masked_input)
        return self._masked_input

    def drop_hidden(self, index: int, a: Floats) -> Floats:
        """Return `a` of layer `index + 1`, (rows, units), with units dropped.

        The next call for this layer overwrites it.
        """
        if not self._rate:
            return a
        self._draw(self._masks[index], self._rate)
        np.multiply(a, self._masks[index], out=self._masked[index])
        return self._masked[index]

    def backward_hidden(self, index: int, grad: Floats) -> None:
        """Scale `grad`, (rows, units), in place by the mask that `drop_hidden` drew."""
        if self._rate:
            np.multiply(grad, self._masks[index], out=grad)

    def _draw(self, mask: Floats, rate: float) -> None:
        """Fill `mask` with 0 with probability `rate`, else with 1 / (1 - rate)."""
        self._rng.random(out=mask, dtype=mask.dtype)
        np.greater_equal(mask, rate, out=mask, casting="unsafe")
        np.multiply(mask, 1 / (1 - rate), out=mask)
