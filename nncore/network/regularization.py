"""Penalties, weight decay, gradient clipping and norm bounds; only clipping acts on biases."""

import math

import numpy as np

from nncore.arrays import Floats
from nncore.config.training import RegularizationSettings
from nncore.functions.arithmetic import Arithmetic, choose_arithmetic
from nncore.network.parameters import NetworkParameters


class Regularizer:
    """Regularization of the gradient before a step, and of the weights before and after it."""

    def __init__(self, settings: RegularizationSettings, network: NetworkParameters) -> None:
        self._settings = settings
        self._network = network
        self._arithmetic = choose_arithmetic(network.numerics, network.parameters.dtype)
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
            clip_by_global_norm(gradient, settings.clip_norm * scale, self._arithmetic)
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
                project_max_norm(weight, self._settings.max_norm, self._arithmetic)


def clip_by_global_norm(gradient: Floats, limit: float, arithmetic: Arithmetic) -> None:
    """Scale `gradient`, (size,), in place to a Euclidean norm of at most `limit`.

    Pascanu, Mikolov, Bengio, On the difficulty of training recurrent neural networks (2013),
    algorithm 1.
    """
    norm = math.sqrt(arithmetic.sum_of_squares(gradient))
    if norm > limit:
        np.multiply(gradient, limit / norm, out=gradient)


def project_max_norm(weight: Floats, limit: float, arithmetic: Arithmetic) -> None:
    """Scale each column of `weight`, (fan_in, fan_out), in place to a norm of at most `limit`.

    A column holds the weights that enter one unit: Srivastava et al., Journal of Machine Learning
    Research 15 (2014), section 5.1.
    """
    # A column is contiguous.
    norms = np.sqrt(arithmetic.row_sums_of_squares(weight.T))
    if norms.max() > limit:
        factors = (limit / np.maximum(norms, limit)).astype(weight.dtype)
        np.multiply(weight, factors, out=weight)
