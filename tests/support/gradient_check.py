"""Gradients against directional derivatives in float64, after autograd's `check_grads`.

Nothing of the backward pass is typed again: a gradient is right when its product with a random
direction is the slope of the function along that direction.
"""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import pytest

from nncore.arrays import Floats
from nncore.config.architecture import Architecture
from nncore.functions import plain
from nncore.functions.activations import activation
from nncore.functions.losses import LOSSES
from nncore.network.dropout import Dropout, Masks
from nncore.network.network import Network
from nncore.network.products import layer_weights
from nncore.network.propagation import Propagation

ROWS, INPUTS, OUTPUTS = 5, 4, 3
STEP = 1e-6
# A change of STEP must not take any z over the corner of relu at 0.
LEAST_Z = 1e-3


class Problem(NamedTuple):
    """A network and a batch, everything float64; with a seed, dropout of always the same units.

    `weights`, (rows, 1), multiply the losses.
    """

    network: Network
    images: Floats
    targets: Floats
    dropout_seed: int | None = None
    weights: Floats | None = None

    def masks(self) -> Masks | None:
        """Return masks of dropout, the same every time."""
        if self.dropout_seed is None:
            return None
        rng = np.random.default_rng(self.dropout_seed)
        dropout = Dropout(self.network, ROWS, rate=0.4, input_rate=0.3, rng=rng)
        dropout.draw(ROWS)
        return dropout.masks(slice(ROWS))


def assert_gradient(
    function: Callable[[Floats], float], point: Floats, gradient: Floats, seed: int = 0
) -> None:
    """Require `gradient` to be that of `function` at `point`, along three random directions."""
    rng = np.random.default_rng(seed)
    for _ in range(3):
        direction = rng.standard_normal(point.shape)
        ahead, behind = function(point + STEP * direction), function(point - STEP * direction)
        slope = (ahead - behind) / (2 * STEP)
        assert np.vdot(gradient, direction) == pytest.approx(slope, rel=1e-6, abs=1e-8)


def make_problem(
    architecture: Architecture, seed: int, *, soft: bool = False, dropout_seed: int | None = None
) -> Problem:
    """Draw a network and a batch that meets no corner and whose outputs are not all dead."""
    rng = np.random.default_rng(seed)
    network = Network(architecture, inputs=INPUTS, outputs=OUTPUTS, dtype=np.float64)
    for _ in range(100):
        network.initialize(rng)
        one_hot = np.eye(OUTPUTS)[rng.integers(OUTPUTS, size=ROWS)]
        targets = rng.dirichlet(np.ones(OUTPUTS), ROWS) if soft else one_hot
        problem = Problem(network, rng.standard_normal((ROWS, INPUTS)), targets, dropout_seed)
        least_z, outputs = _walk(problem)
        if least_z > LEAST_Z and np.any(outputs):
            return problem
    raise AssertionError("no problem away from the corners")


def gradient_of(problem: Problem) -> Floats:
    """Return the gradient that the backward pass computes."""
    propagation, _, outputs = _forward(problem)
    propagation.backward(outputs, problem.targets, 1 / ROWS, problem.weights)
    propagation.write_gradient(ROWS)
    return propagation.gradient


def check(problem: Problem, gradient: Floats) -> None:
    """Require `gradient` to be that of the mean loss of the batch."""
    network, loss = problem.network, LOSSES[problem.network.architecture.loss]
    start = network.parameters.copy()

    def mean_loss(parameters: Floats) -> float:
        network.parameters[:] = parameters
        _, logits, outputs = _forward(problem)
        losses = loss.per_sample(logits, outputs, problem.targets, plain)
        if problem.weights is not None:
            losses = losses * problem.weights[:, 0]
        return float(losses.mean())

    assert np.any(gradient), "a gradient of zeros would prove nothing"
    assert_gradient(mean_loss, start, gradient)


def _forward(problem: Problem) -> tuple[Propagation, Floats, Floats]:
    weights = layer_weights(problem.network)
    propagation = Propagation(problem.network, weights, ROWS, masks=problem.masks())
    logits, outputs = np.empty((ROWS, OUTPUTS)), np.empty((ROWS, OUTPUTS))
    propagation.forward(problem.images, logits, outputs)
    return propagation, logits, outputs


def _walk(problem: Problem) -> tuple[float, Floats]:
    """Return the |z| nearest to 0 in all layers, and the outputs."""
    network, masks = problem.network, problem.masks()
    a = masks.drop_inputs(problem.images) if masks else problem.images
    least = np.inf
    for index, layer in enumerate(network.layers):
        z = a @ network.weights[index] + network.biases[index]
        least = min(least, float(np.abs(z).min()))
        a = np.empty_like(z)
        activation(layer.activation, plain).forward(z, a, np.empty_like(z))
        if masks and index < len(network.layers) - 1:
            a = masks.drop_hidden(index, a)
    return least, a
