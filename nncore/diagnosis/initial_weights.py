"""Initial weights, and what they do to activations and gradients."""

import math
from dataclasses import replace

from nncore.arrays import Floats
from nncore.config.architecture import Architecture, InitializerName
from nncore.diagnosis.chance import initial_loss
from nncore.diagnosis.findings import Check, Finding
from nncore.diagnosis.layer_signals import LayerSignals, layer_signals, root_mean_square
from nncore.diagnosis.setup import Setup
from nncore.diagnosis.units import stuck_units, worst
from nncore.network.network import Network
from nncore.training.evaluation import evaluate

PROBE_SAMPLES = 256
# From the last layer to the first; each weight of Adam's and RMSProp's has a step of its own size.
VANISHED, VANISHED_ADAPTIVE = 1e-2, 1e-4
EXPLODED = 1e2
ADAPTIVE = {"adam", "adamw", "rmsprop"}
MAX_STUCK = 0.5
# For an activation, the distribution that keeps the size of its signals from layer to layer.
SUITABLE: dict[str, InitializerName] = {"relu": "he", "leaky_relu": "he"}
OTHERWISE: InitializerName = "glorot"


def check_initial_weights(setup: Setup) -> tuple[Finding | Check, Setup]:
    """Return a finding or what is well, and a setup without the fault."""
    fault = _fault(setup)
    if not fault:
        return Check("initial weights", _summary(setup)), setup
    seen, meaning = fault
    reinitialized = replace(setup, architecture=suitable_initialization(setup.architecture))
    if not _fault(reinitialized):
        remedy = _remedy(setup.architecture, reinitialized.architecture)
        return Finding("initial weights", seen, meaning, remedy), reinitialized
    # The activations are the cause, and not the weights.
    rectified = replace(setup.architecture, activation="relu")
    rectified = suitable_initialization(rectified)
    depth = len(setup.architecture.hidden)
    remedy = "set `activation` to relu and `weight_init` to he" + (
        ", or take fewer hidden layers" if depth > 1 else ""
    )
    return Finding("vanishing gradients", seen, meaning, remedy), replace(
        setup, architecture=rectified
    )


def suitable_initialization(architecture: Architecture) -> Architecture:
    """Return the architecture with weights of a size that suits its activations."""
    activations = [layer.activation for layer in architecture.layers(2, 2)]
    names = tuple(SUITABLE.get(name, OTHERWISE) for name in activations)
    return replace(
        architecture, weight_init=names, weight_scale=1.0, bias_init="constant", bias_scale=0.0
    )


def _remedy(now: Architecture, suitable: Architecture) -> str:
    """Return the settings that differ, with their suitable values."""
    changes = []
    for key in ("weight_init", "weight_scale", "bias_init", "bias_scale"):
        values = [getattr(layer, key) for layer in suitable.layers(2, 2)]
        if [getattr(layer, key) for layer in now.layers(2, 2)] != values:
            # Of the layers of one activation the values are the same.
            changes.append(f"`{key}` to {' or '.join(map(_plain, dict.fromkeys(values)))}")
    return f"set {', '.join(changes)}"


def _plain(value: str | float) -> str:
    return value if isinstance(value, str) else f"{value:g}"


def _fault(setup: Setup) -> tuple[str, str] | None:
    """Return what was seen of ill weights and what it means, or None."""
    network, probe = setup.network(), setup.sample(PROBE_SAMPLES)
    if symmetric := _symmetric_layers(network):
        numbers = ", ".join(map(str, symmetric))
        is_zero = not any(network.weights[number - 1].any() for number in symmetric)
        return (
            f"the units of hidden layer {numbers} have all weights "
            + ("0" if is_zero else "equal"),
            "they all learn the same, as one unit would, or nothing at all",
        )
    loss, expected = evaluate(network, probe)[0], initial_loss(setup)
    if not math.isfinite(loss):
        return f"the loss before the first step is {loss}", "the weights are far too large"
    if expected is not None and loss > 2 * expected + 1:
        return (
            f"the loss before the first step is {loss:.3g}, where small weights have "
            f"{expected:.3g}",
            "the weights are too large: the network is sure of its errors from the start",
        )
    signals = layer_signals(network, probe)
    return _stuck(setup, network) or _ill_gradient(setup, network, signals)


def _ill_gradient(setup: Setup, network: Network, signals: LayerSignals) -> tuple[str, str] | None:
    sizes = [root_mean_square(delta) for delta in signals.deltas]
    # Weights of 0 in the last layer stop the gradient in the first step alone.
    if len(sizes) < 2 or not network.weights[-1].any():
        return None
    ratio = sizes[0] / sizes[-1] if sizes[-1] else math.nan
    threshold = VANISHED_ADAPTIVE if setup.settings.optimizer.name in ADAPTIVE else VANISHED
    names = ", ".join(dict.fromkeys(layer.activation for layer in network.layers[:-1]))
    if ratio < threshold:
        return (
            f"the gradient of hidden layer 1 is {ratio:.1g} times that of the output layer, with "
            f"{len(sizes) - 1} hidden layers of {names}",
            "it vanishes on its way back, so the first layers hardly learn",
        )
    if ratio > EXPLODED:
        return (
            f"the gradient of hidden layer 1 is {ratio:.1g} times that of the output layer",
            "it explodes on its way back: the weights are too large",
        )
    return None


def _stuck(setup: Setup, network: Network) -> tuple[str, str] | None:
    layer = worst(stuck_units(network, setup.sample(1000)))
    if layer is None or layer.fraction <= MAX_STUCK:
        return None
    return (
        f"{layer.count:,} of {layer.total:,} units of hidden layer {layer.layer} are {layer.state} "
        "for every sample before the first step",
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
    sizes = [root_mean_square(delta) for delta in layer_signals(network, probe).deltas]
    if len(sizes) > 1 and sizes[-1]:
        text += f"; layer 1 has {sizes[0] / sizes[-1]:.2g} of layer {len(sizes)}'s gradient"
    layer = worst(stuck_units(network, setup.sample(1000)))
    if layer:
        text += f"; at most {layer.fraction:.0%} of the units {layer.state}"
    return text
