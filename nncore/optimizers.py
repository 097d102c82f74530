"""Update rules: one step of the parameters against the gradient.

A rule sees one flat vector and does not know what network it belongs to. It works through it in
blocks that stay in the processor's cache, and uses the gradient up as scratch.
"""

from collections.abc import Iterator
from typing import Protocol

import numpy as np

from nncore.arrays import Floats
from nncore.settings import OptimizerSettings

# 64 Ki float32 values are 256 KiB: parameters, gradient and two moments fit a 1 MiB cache.
BLOCK = 1 << 16


class Optimizer(Protocol):
    """What training asks of an update rule."""

    @property
    def state(self) -> dict[str, Floats]:
        """Every array that lives from step to step; writing to them restores the optimizer."""

    def step(self, parameters: Floats, gradient: Floats, lr: float) -> None:
        """Update `parameters`, (size,), in place with learning rate `lr`; use `gradient` up."""


def blocks(*vectors: Floats) -> Iterator[tuple[Floats, ...]]:
    """Yield the same slices of all `vectors`, each (size,), at most `BLOCK` long."""
    size = len(vectors[0])
    if size <= BLOCK:
        yield vectors
        return
    for start in range(0, size, BLOCK):
        yield tuple(vector[start : start + BLOCK] for vector in vectors)


class Sgd:
    """Stochastic gradient descent: Robbins & Monro, Annals of Mathematical Statistics 22 (1951)."""

    def __init__(self) -> None:
        self.state: dict[str, Floats] = {}

    def step(self, parameters: Floats, gradient: Floats, lr: float) -> None:
        """Do p <- p - lr g."""
        for p, g in blocks(parameters, gradient):
            np.multiply(g, lr, out=g)
            np.subtract(p, g, out=p)


class Momentum:
    """Momentum, plain or Nesterov's: Sutskever, Martens, Dahl, Hinton (ICML 2013).

    Nesterov's is written for the parameters at the point to which the velocity looks ahead: Bengio,
    Boulanger-Lewandowski, Pascanu, Advances in optimizing recurrent networks (2013), section 3.5.

    The velocity is kept in units of the gradient, so that a changed learning rate acts at once.
    """

    def __init__(self, size: int, dtype: np.dtype, *, momentum: float, nesterov: bool) -> None:
        self._momentum = momentum
        self._nesterov = nesterov
        self.state = {"velocity": np.zeros(size, dtype)}

    def step(self, parameters: Floats, gradient: Floats, lr: float) -> None:
        """Do v <- mu v + g, then p <- p - lr v, or p <- p - lr (g + mu v) with Nesterov."""
        for p, g, v in blocks(parameters, gradient, self.state["velocity"]):
            np.multiply(v, self._momentum, out=v)
            np.add(v, g, out=v)
            if self._nesterov:
                np.multiply(g, lr, out=g)
                np.subtract(p, g, out=p)
                np.multiply(v, lr * self._momentum, out=g)
            else:
                np.multiply(v, lr, out=g)
            np.subtract(p, g, out=p)


class RmsProp:
    """RMSProp: Tieleman & Hinton, Neural Networks for Machine Learning, lecture 6.5 (2012)."""

    def __init__(self, size: int, dtype: np.dtype, *, decay: float, epsilon: float) -> None:
        self._decay = decay
        self._epsilon = epsilon
        self.state = {"square": np.zeros(size, dtype)}
        self._work = np.empty(min(size, BLOCK), dtype)

    def step(self, parameters: Floats, gradient: Floats, lr: float) -> None:
        """Do s <- rho s + (1 - rho) g², then p <- p - lr g / (sqrt(s) + eps)."""
        for p, g, s in blocks(parameters, gradient, self.state["square"]):
            work = self._work[: len(p)]
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

    AdamW (Loshchilov & Hutter, ICLR 2019) is this rule with decoupled weight decay, which
    `nncore.regularization` does for every rule.
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
            # beta1^t and beta2^t, as running products: the C library's pow is not the same
            # everywhere.
            "powers": np.ones(2, np.float64),
        }
        self._work = np.empty(min(size, BLOCK), dtype)

    def step(self, parameters: Floats, gradient: Floats, lr: float) -> None:
        """Do the four updates of algorithm 1, written beside their lines."""
        self.state["powers"] *= (self._beta1, self._beta2)
        power1, power2 = map(float, self.state["powers"])
        mean, square = self.state["mean"], self.state["square"]
        for p, g, m, v in blocks(parameters, gradient, mean, square):
            work = self._work[: len(p)]
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
    """Return the named rule for a vector of `size` values, before its first step."""
    match settings.name:
        case "sgd":
            return Sgd()
        case "momentum" | "nesterov":
            nesterov = settings.name == "nesterov"
            return Momentum(size, dtype, momentum=settings.momentum, nesterov=nesterov)
        case "rmsprop":
            return RmsProp(size, dtype, decay=settings.decay, epsilon=settings.epsilon)
        case "adam" | "adamw":
            return Adam(
                size,
                dtype,
                beta1=settings.beta1,
                beta2=settings.beta2,
                epsilon=settings.epsilon,
            )
