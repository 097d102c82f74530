"""L-BFGS, SciPy's, on the loss of all samples at once."""

import math
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from scipy.optimize import minimize

from nncore.arrays import Doubles, Floats
from nncore.config.training import TrainingSettings
from nncore.data.dataset import Data
from nncore.functions.arithmetic import choose_arithmetic
from nncore.network.network import Network
from nncore.network.products import layer_weights
from nncore.network.propagation import Propagation
from nncore.network.regularization import Regularizer
from nncore.training.evaluation import sum_loss_and_correct


class Minimum(NamedTuple):
    """The end of a minimization.

    Attributes
    ----------
    loss : mean loss and penalty
    iterations : number of iterations
    fault : why the minimum has not been reached, in SciPy's words; empty if it has
    """

    loss: float
    iterations: int
    fault: str


def draw_weights(network: Network, rng: np.random.RandomState) -> None:
    """Set the parameters to the initial ones of scikit-learn's own estimators.

    Only the start of L-BFGS is random, so the same `random_state` ends near the same minimum as
    theirs. Weights and biases are uniform within the limits of Glorot & Bengio, Understanding the
    difficulty of training deep feedforward neural networks (2010), equation 16; with sigmoid, these
    are divided by √3.
    """
    factor = 2 if network.architecture.activation == "sigmoid" else 6
    for weight, bias in zip(network.weights, network.biases, strict=True):
        limit = math.sqrt(factor / sum(weight.shape))
        for values in (weight, bias):
            # Two rounded operations; on some processors `uniform` rounds both at once.
            values[:] = 2 * limit * rng.random_sample(values.shape) - limit


def minimize_loss(
    network: Network,
    settings: TrainingSettings,
    data: Data,
    *,
    tol: float,
    max_iter: int,
    max_fun: int,
    on_iteration: Callable[[int, float], None],
) -> Minimum:
    """Set the parameters of a float64 network to a minimum near the present ones.

    The method is that of Byrd, Lu, Nocedal, Zhu, A limited memory algorithm for bound constrained
    optimization, SIAM Journal on Scientific Computing 16 (1995).

    Parameters
    ----------
    settings : only the penalties are used
    data : samples as the network takes them, with weights
    tol : largest component of the gradient at the minimum
    max_iter, max_fun : maximum number of iterations, and of evaluations of the loss
    on_iteration : called with the number of an iteration and its loss
    """
    objective = _Objective(network, settings, data)
    count = 0

    def follow(intermediate_result: Any) -> None:  # noqa: ANN401  SciPy passes it by this name
        nonlocal count
        count += 1
        on_iteration(count, float(intermediate_result.fun))

    with np.errstate(over="ignore", invalid="ignore"):
        result = minimize(
            objective,
            network.parameters.copy(),
            method="L-BFGS-B",
            jac=True,
            callback=follow,
            options={"maxfun": max_fun, "maxiter": max_iter, "gtol": tol},
        )
    network.parameters[:] = result.x
    fault = "" if result.success else str(result.message)
    return Minimum(float(result.fun), int(result.nit), fault)


class _Objective:
    """Mean loss and penalty of all samples, and their gradient, as a function of the parameters."""

    def __init__(self, network: Network, settings: TrainingSettings, data: Data) -> None:
        count = len(data.inputs)
        self._network = network
        self._data = data
        self._l2 = settings.regularization.l2
        self._regularizer = Regularizer(settings.regularization, network)
        self._weights = layer_weights(network)
        self._propagation = Propagation(network, self._weights, count)
        self._logits, self._outputs = (np.empty((count, network.outputs)) for _ in range(2))

    def __call__(self, parameters: Doubles) -> tuple[float, Floats]:
        """Return the value at `parameters`, (size,), and the gradient, (size,), a new array."""
        network, data = self._network, self._data
        network.parameters[:] = parameters
        for layer in self._weights:
            layer.update()
        self._propagation.forward(data.inputs[:], self._logits, self._outputs)
        count = len(self._outputs)
        samples = self._logits, self._outputs, data.targets, data.weights
        loss = sum_loss_and_correct(network, *samples)[0] / count
        self._propagation.backward(self._outputs, data.targets, 1 / count, data.weights)
        self._propagation.write_gradient(count)
        gradient = self._propagation.gradient.copy()
        self._regularizer.regularize_gradient(gradient, lr=1.0)
        arithmetic = choose_arithmetic(network.numerics, network.parameters.dtype)
        squares = arithmetic.sum_of_squares(network.parameters[: network.weight_count])
        return float(loss + self._l2 / 2 * squares), gradient
