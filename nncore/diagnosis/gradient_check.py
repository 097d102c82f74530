"""The check of a network's gradient, on its samples, against numeric derivatives in float64."""

import math
from dataclasses import replace
from typing import NamedTuple

import numpy as np

from nncore.arrays import Doubles, Floats
from nncore.data.dataset import Data
from nncore.diagnosis.findings import Check, Finding
from nncore.diagnosis.setup import Setup
from nncore.functions import plain
from nncore.functions.elementary import standard_normal
from nncore.functions.losses import LOSSES
from nncore.network.network import Network
from nncore.network.products import layer_weights
from nncore.network.propagation import Propagation

SAMPLES, DIRECTIONS = 16, 3
# Relative to the size of the parameters. The error of a central difference is of order STEP².
STEP, OFFSET = 1e-6, 1e-3
# The error of a wrong formula is much larger, that of a step over the corner of a ReLU smaller.
RELATIVE_TOLERANCE = 1e-3
# A derivative below this fraction of the loss is lost in rounding.
ROUNDING_FRACTION = 1e-7


class GradientError(NamedTuple):
    """A layer whose gradient along a direction differs from the numeric derivative.

    Attributes
    ----------
    layer : its number, from 1
    gradient, numeric : the derivative by the backward pass, and by differences of the loss
    """

    layer: int
    gradient: float
    numeric: float


def check_gradients(setup: Setup) -> Finding | Check:
    """Return a finding if the gradient of the backward pass is not that of the loss."""
    errors = gradient_errors(setup)
    if errors is None:
        return Check("gradients", "not checked, because the loss is not finite")
    if not errors:
        count = len(setup.architecture.hidden) + 1
        layers = "that of 1 layer agrees" if count == 1 else f"those of {count} layers agree"
        return Check("gradients", f"{layers} with numeric ones in float64")
    first, layers = errors[0], ", ".join(str(error.layer) for error in errors)
    return Finding(
        "gradients",
        f"in float64 the gradient of layer {layers} is not the derivative of the loss: "
        f"{first.gradient:.3g} in place of {first.numeric:.3g} along a direction",
        "the backward pass has a fault",
        "look at the derivatives of the activations and of the loss",
    )


def gradient_errors(setup: Setup) -> list[GradientError] | None:
    """Return the layers whose gradient does not agree; None if the loss is not finite.

    The parameters of one layer are moved along a random direction, forward and back. The difference
    of the two losses divided by the distance is the derivative, independently of the backward pass.
    """
    setup = replace(setup, numerics="fast")
    network = setup.network(np.float64)
    sample = setup.sample(SAMPLES)
    data = Data(sample.inputs[:].astype(np.float64), sample.targets.astype(np.float64))
    rng = setup.generator(2)
    # Away from parameters that are exactly 0, with which a ReLU is at its corner.
    for index in range(len(network.layers)):
        network.parameters += OFFSET * _direction(network, index, network.parameters, rng)
    loss, gradient = _loss_and_gradient(network, data)
    if not np.isfinite(loss):
        return None
    start, gradient = network.parameters.copy(), gradient.copy()
    errors = []
    for index in range(len(network.layers)):
        for _ in range(DIRECTIONS):
            direction = _direction(network, index, start, rng)
            network.parameters[:] = start + STEP * direction
            ahead = _loss_and_gradient(network, data)[0]
            network.parameters[:] = start - STEP * direction
            behind = _loss_and_gradient(network, data)[0]
            numeric = (ahead - behind) / (2 * STEP)
            by_formula = plain.sum_all(gradient * direction)
            largest = max(abs(numeric), abs(by_formula))
            allowed = RELATIVE_TOLERANCE * largest + ROUNDING_FRACTION * abs(loss)
            if not abs(numeric - by_formula) <= allowed:
                errors.append(GradientError(index + 1, by_formula, numeric))
                break
    return errors


def _direction(network: Network, index: int, start: Floats, rng: np.random.Generator) -> Doubles:
    """Return a direction that changes the parameters of one layer, in proportion to their size."""
    direction = np.zeros(len(start))
    weights, biases = network.views(direction)
    layer = network.layers[index]
    size = max(float(np.abs(network.views(start)[0][index]).max()), 1 / math.sqrt(layer.fan_in))
    weights[index][:] = size * standard_normal(rng, weights[index].shape)
    biases[index][:] = size * standard_normal(rng, biases[index].shape)
    return direction


def _loss_and_gradient(network: Network, data: Data) -> tuple[float, Floats]:
    rows = len(data.inputs)
    propagation = Propagation(network, layer_weights(network), rows)
    logits, outputs = np.empty(data.targets.shape), np.empty(data.targets.shape)
    propagation.forward(data.inputs[:], logits, outputs)
    losses = LOSSES[network.architecture.loss].per_sample(logits, outputs, data.targets, plain)
    propagation.backward(outputs, data.targets, 1 / rows)
    propagation.write_gradient(rows)
    return plain.sum_all(losses) / rows, propagation.gradient
