"""Optimizers: one update of the parameters from the gradient.

An optimizer works on flat vectors, independently of the network, and uses the gradient as scratch.
"""

from typing import Protocol

import numpy as np

from nncore.arrays import Floats
from nncore.config.optimizer import OptimizerSettings


class Optimizer(Protocol):
    """The interface of an optimizer."""

    @property
    def state(self) -> dict[str, Floats]:
        """The arrays that live from step to step; writing to them restores the optimizer."""

    def gradient_scale(self, lr: float) -> float:
        """Return the factor on the gradient that `step` expects with learning rate `lr`.

        SGD and momentum use the learning rate only as a factor on the gradient, so the loss's
        `backward`, in `nncore.functions.losses`, applies it to the output errors: 160 numbers
        rather than 24,000 (784-30-10, batch 16).
        """

    def step(self, parameters: Floats, scaled_gradient: Floats, lr: float) -> None:
        """Update `parameters`, (size,), in place with learning rate `lr`.

        `scaled_gradient`, (size,), is the gradient times `gradient_scale(lr)`; it is also scratch.
        """


class SGD:
    """Stochastic gradient descent: Robbins & Monro, Annals of Mathematical Statistics 22 (1951)."""

    def __init__(self) -> None:
        self.state: dict[str, Floats] = {}

    def gradient_scale(self, lr: float) -> float:
        """Return `lr`."""
        return lr

    def step(self, parameters: Floats, scaled_gradient: Floats, lr: float) -> None:  # noqa: ARG002
        """Do p <- p - lr g."""
        np.subtract(parameters, scaled_gradient, out=parameters)


class Momentum:
    """Momentum, plain or Nesterov's: Sutskever, Martens, Dahl, Hinton (ICML 2013).

    Nesterov's form updates the parameters at the look-ahead point: Bengio, Boulanger-Lewandowski,
    Pascanu, Advances in optimizing recurrent networks (2013), section 3.5.

    The velocity includes the learning rate, so past steps keep their length when the rate changes.
    """

    def __init__(self, size: int, dtype: np.dtype, *, momentum: float, nesterov: bool) -> None:
        self._momentum = momentum
        self._nesterov = nesterov
        self.state = {"velocity": np.zeros(size, dtype)}

    def gradient_scale(self, lr: float) -> float:
        """Return `lr`."""
        return lr

    def step(self, parameters: Floats, scaled_gradient: Floats, lr: float) -> None:  # noqa: ARG002
        """Do v <- mu v + lr g, then p <- p - v, or p <- p - (lr g + mu v) with Nesterov."""
        p, g, v = parameters, scaled_gradient, self.state["velocity"]
        np.multiply(v, self._momentum, out=v)
        np.add(v, g, out=v)
        if self._nesterov:
            np.subtract(p, g, out=p)
            np.multiply(v, self._momentum, out=g)
            np.subtract(p, g, out=p)
        else:
            np.subtract(p, v, out=p)


class RMSProp:
    """RMSProp: Tieleman & Hinton, Neural Networks for Machine Learning, lecture 6.5 (2012)."""

    def __init__(self, size: int, dtype: np.dtype, *, decay: float, epsilon: float) -> None:
        self._decay = decay
        self._epsilon = epsilon
        self.state = {"square": np.zeros(size, dtype)}
        self._work = np.empty(size, dtype)

    def gradient_scale(self, lr: float) -> float:  # noqa: ARG002
        """Return 1, because `state` holds means of the unscaled gradient."""
        return 1.0

    def step(self, parameters: Floats, scaled_gradient: Floats, lr: float) -> None:
        """Do s <- rho s + (1 - rho) g², then p <- p - lr g / (sqrt(s) + eps)."""
        p, g, s, work = parameters, scaled_gradient, self.state["square"], self._work
        np.multiply(g, g, out=work)
        np.multiply(work, 1 - self._decay, out=work)
        np.multiply(s, self._decay, out=s)
        np.add(s, work, out=s)
        np.sqrt(s, out=work)
        np.add(work, self._epsilon, out=work)
        np.divide(g, work, out=g)
        np.multiply(g, lr, out=g)
        np.subtract(p, g, out=p)


class Adam:
    """Adam: Kingma & Ba (ICLR 2015), algorithm 1.

    AdamW (Loshchilov & Hutter, ICLR 2019) is Adam with decoupled weight decay, which
    `nncore.network.regularization` applies with every optimizer.
    """

    def __init__(
        self, size: int, dtype: np.dtype, *, beta1: float, beta2: float, epsilon: float
    ) -> None:
        self._beta1 = beta1
        self._beta2 = beta2
        self._epsilon = epsilon
        self.state = {
            "mean": np.zeros(size, dtype),
            "square": np.zeros(size, dtype),
            # beta1^t and beta2^t, as running products: the C library's pow depends on the platform.
            "powers": np.ones(2, np.float64),
        }
        self._work = np.empty(size, dtype)

    def gradient_scale(self, lr: float) -> float:  # noqa: ARG002
        """Return 1, because `state` holds means of the unscaled gradient."""
        return 1.0

    def step(self, parameters: Floats, scaled_gradient: Floats, lr: float) -> None:
        """Update m, v and p as in algorithm 1."""
        self.state["powers"] *= (self._beta1, self._beta2)
        power1, power2 = map(float, self.state["powers"])
        p, g, work = parameters, scaled_gradient, self._work
        m, v = self.state["mean"], self.state["square"]
        # m <- m + (1 - beta1) (g - m), which is beta1 m + (1 - beta1) g
        np.subtract(g, m, out=work)
        np.multiply(work, 1 - self._beta1, out=work)
        np.add(m, work, out=m)
        # v <- v + (1 - beta2) (g² - v)
        np.multiply(g, g, out=g)
        np.subtract(g, v, out=g)
        np.multiply(g, 1 - self._beta2, out=g)
        np.add(v, g, out=v)
        # p <- p - lr / (1 - beta1^t) m / (sqrt(v / (1 - beta2^t)) + eps)
        np.multiply(v, 1 / (1 - power2), out=work)
        np.sqrt(work, out=work)
        np.add(work, self._epsilon, out=work)
        np.divide(m, work, out=work)
        np.multiply(work, lr / (1 - power1), out=work)
        np.subtract(p, work, out=p)


def make_optimizer(settings: OptimizerSettings, size: int, dtype: np.dtype) -> Optimizer:
    """Return the named optimizer for a vector of `size` values, before its first step."""
    match settings.name:
        case "sgd":
            return SGD()
        case "momentum" | "nesterov":
            nesterov = settings.name == "nesterov"
            return Momentum(size, dtype, momentum=settings.momentum, nesterov=nesterov)
        case "rmsprop":
            return RMSProp(size, dtype, decay=settings.decay, epsilon=settings.epsilon)
        case "adam" | "adamw":
            return Adam(
                size,
                dtype,
                beta1=settings.beta1,
                beta2=settings.beta2,
                epsilon=settings.epsilon,
            )
