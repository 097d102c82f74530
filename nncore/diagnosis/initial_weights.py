"""The check of the initial weights, by the activations and gradients that they produce."""

import math
from collections.abc import Iterator
from dataclasses import replace
from typing import Any, NamedTuple

from nncore.arrays import Floats
from nncore.config.architecture import Architecture, InitializerName
from nncore.diagnosis.chance import initial_loss
from nncore.diagnosis.findings import Check, Finding
from nncore.diagnosis.hidden_units import UNIT_SAMPLES, StuckUnits, stuck_units, worst_layer
from nncore.diagnosis.layer_signals import LayerSignals, layer_signals, root_mean_square
from nncore.diagnosis.setup import PROBE_SAMPLES, Setup
from nncore.network.network import Network
from nncore.training.evaluation import evaluate

# Gradient of the first layer relative to the last. Adam and RMSProp scale each weight's gradient.
VANISHING_RATIO, ADAPTIVE_VANISHING_RATIO = 1e-2, 1e-4
EXPLODING_RATIO = 1e2
ADAPTIVE = {"adam", "adamw", "rmsprop"}
MAX_STUCK_AT_START = 0.5
# The loss before the first step may be so many times the expected one, plus so many nats.
LARGE_FACTOR, LARGE_SUMMAND = 3, 2
# Distributions that keep the size of signals from layer to layer, for some activation.
SUITABLE = {"fan_in", "glorot", "he"}
UNIT_SCALE_AND_NO_BIAS: dict[str, Any] = {
    "weight_scale": 1.0,
    "bias_init": "constant",
    "bias_scale": 0.0,
}


class LayerStart(NamedTuple):
    """A layer before the first step.

    Attributes
    ----------
    layer : its number, from 1
    activation : its activation function
    output, gradient : root mean square of its activations a, and of the derivatives of the loss
        with respect to its z
    units : its stuck units; None if its activation has none
    """

    layer: int
    activation: str
    output: float
    gradient: float
    units: StuckUnits | None


def layers_at_start(setup: Setup) -> list[LayerStart]:
    """Return the signals of each layer before the first step."""
    network = setup.network()
    signals = layer_signals(network, setup.sample(PROBE_SAMPLES))
    stuck = {units.layer: units for units in stuck_units(network, setup.sample(UNIT_SAMPLES))}
    pairs = zip(network.layers, signals.activations, signals.deltas, strict=True)
    return [
        LayerStart(
            *(number, layer.activation, root_mean_square(a), root_mean_square(delta)),
            units=stuck.get(number),
        )
        for number, (layer, a, delta) in enumerate(pairs, start=1)
    ]


class _Fault(NamedTuple):
    """The measurement of unsuitable weights, its meaning, and whether gradients vanish."""

    seen: str
    meaning: str
    vanishes: bool = False


def check_initial_weights(setup: Setup) -> tuple[Finding | Check, Setup]:
    """Return a finding or a check without one, and a setup without the fault."""
    fault = _fault(setup)
    if not fault:
        return Check("initial weights", _summary(setup)), setup
    for architecture in _suitable_initializations(setup.architecture):
        reinitialized = replace(setup, architecture=architecture)
        if not _fault(reinitialized):
            remedy = _remedy(setup.architecture, architecture)
            finding = Finding("initial weights", fault.seen, fault.meaning, remedy)
            return finding, reinitialized
    if not fault.vanishes:
        # Suitable weights are no better: a few units or samples are unusual by chance.
        return Check("initial weights", _summary(setup)), setup
    rectified = replace(
        setup.architecture, activation="relu", weight_init="he", **UNIT_SCALE_AND_NO_BIAS
    )
    remedy = "take fewer hidden layers, or more units in each"
    if any(layer.activation != "relu" for layer in setup.network().layers[:-1]):
        remedy = f"set `activation` to relu and `weight_init` to he, or {remedy}"
    finding = Finding("vanishing gradients", fault.seen, fault.meaning, remedy)
    return finding, replace(setup, architecture=rectified)


def _suitable_initializations(architecture: Architecture) -> Iterator[Architecture]:
    """Yield architectures with weights of a size that suits the activations, if any does."""
    if architecture.weight_init in SUITABLE:
        yield replace(architecture, **UNIT_SCALE_AND_NO_BIAS)
    rectifies = any("relu" in layer.activation for layer in architecture.layers(2, 2))
    name: InitializerName = "he" if rectifies else "glorot"
    yield replace(architecture, weight_init=name, **UNIT_SCALE_AND_NO_BIAS)


def _remedy(now: Architecture, suitable: Architecture) -> str:
    """Return the settings that differ, with their suitable values."""
    changes = [
        f"`{key}` to {value if isinstance(value, str) else format(value, 'g')}"
        for key in ("weight_init", *UNIT_SCALE_AND_NO_BIAS)
        if getattr(now, key) != (value := getattr(suitable, key))
    ]
    return f"set {' and '.join(changes)}"


def _fault(setup: Setup) -> _Fault | None:
    """Return the fault of the initial weights, or None."""
    network, probe = setup.network(), setup.sample(PROBE_SAMPLES)
    if symmetric := _symmetric_layers(network):
        numbers = ", ".join(map(str, symmetric))
        layers = "layer" if len(symmetric) == 1 else "layers"
        is_zero = not any(network.weights[number - 1].any() for number in symmetric)
        return _Fault(
            f"the units of hidden {layers} {numbers} have all weights "
            + ("0" if is_zero else "equal"),
            "they all learn the same, as one unit would, or nothing at all",
        )
    loss, expected = evaluate(network, probe)[0], initial_loss(setup)
    if not math.isfinite(loss):
        return _Fault(f"the loss before the first step is {loss}", "the weights are far too large")
    if expected is not None and loss > LARGE_FACTOR * expected + LARGE_SUMMAND:
        seen = f"the loss before the first step is {loss:.3g}, where small weights have"
        return _Fault(
            f"{seen} {expected:.3g}",
            "the weights are too large: the network is sure of its errors from the start",
        )
    signals = layer_signals(network, probe)
    return _stuck_fault(setup, network) or _gradient_fault(setup, network, signals)


def _gradient_fault(setup: Setup, network: Network, signals: LayerSignals) -> _Fault | None:
    sizes = [root_mean_square(delta) for delta in signals.deltas]
    # Weights of 0 in the last layer stop the gradient only in the first step.
    if len(sizes) < 2 or not network.weights[-1].any():
        return None
    ratio = sizes[0] / sizes[-1] if sizes[-1] else math.nan
    is_adaptive = setup.settings.optimizer.name in ADAPTIVE
    threshold = ADAPTIVE_VANISHING_RATIO if is_adaptive else VANISHING_RATIO
    names = ", ".join(dict.fromkeys(layer.activation for layer in network.layers[:-1]))
    seen = f"the gradient of hidden layer 1 is {ratio:.1g} times that of the output layer"
    if ratio < threshold:
        return _Fault(
            f"{seen}, with {len(sizes) - 1} hidden layers of {names}",
            "it vanishes on its way back, so the first layers hardly learn",
            vanishes=True,
        )
    if ratio > EXPLODING_RATIO:
        return _Fault(seen, "it explodes on its way back: the weights are too large")
    return None


def _stuck_fault(setup: Setup, network: Network) -> _Fault | None:
    layer = worst_layer(stuck_units(network, setup.sample(UNIT_SAMPLES)))
    if layer is None or layer.fraction <= MAX_STUCK_AT_START:
        return None
    return _Fault(
        f"{layer} for every sample before the first step",
        "their gradient is 0 or nearly so; weights or biases are too large",
    )


def _symmetric_layers(network: Network) -> list[int]:
    """Return the hidden layers, from 1, whose units enter and leave by equal weights."""

    def equal(rows: Floats) -> bool:
        return bool((rows == rows[:1]).all())

    pairs = enumerate(zip(network.weights[:-1], network.weights[1:], strict=True), start=1)
    return [
        number
        for number, (entering, leaving) in pairs
        if entering.shape[1] > 1 and equal(entering.T) and equal(leaving)
    ]


def _summary(setup: Setup) -> str:
    network, probe = setup.network(), setup.sample(PROBE_SAMPLES)
    loss, expected = evaluate(network, probe)[0], initial_loss(setup)
    text = f"loss {loss:.3g} at the start"
    if expected is not None:
        text += f", {expected:.3g} expected"
    return text
