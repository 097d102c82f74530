"""A training step makes no array: it works in buffers that were allocated before it."""

import tracemalloc

import numpy as np
import pytest
from trainings import make_settings, noise

from nncore.config.architecture import Architecture
from nncore.data.batches import Batch
from nncore.functions import activations
from nncore.functions.plain import MAX_CLASSES_FOR_MATMUL_SUM
from nncore.network.network import Network
from nncore.network.regularization import Regularizer
from nncore.training.optimizers import Momentum
from nncore.training.step import TrainStep

# NumPy casts and broadcasts through buffers of 8,192 elements, with clip_norm 133 kB in all. At
# these sizes a layer's values for half a batch, or a layer's weights, take more than that even as
# bool. One number for each image or each unit takes less, and is allowed.
ROWS, UNITS = 1024, 512
SMALLEST = min(ROWS // 2 * UNITS, UNITS * UNITS)
SIGMOID = {"activation": "sigmoid", "output": "sigmoid"}
ARCHITECTURES = {
    **{name: {"activation": name} for name in ("identity", "leaky_relu", "relu", "tanh")},
    "softmax, squared error": {"loss": "half_squared_error"},
    "sigmoid, squared error": SIGMOID | {"loss": "mean_squared_error"},
    "sigmoid, cross-entropy": SIGMOID | {"loss": "binary_cross_entropy"},
}
DECAY = {"weight_decay": 1e-4}
OPTIMIZERS = ("adam", "adamw", "momentum", "nesterov", "rmsprop", "sgd")
NUMERICS = pytest.mark.parametrize("numerics", ["exact", "fast"])
SETTINGS = {
    **{name: {"optimizer": {"name": name}, "regularization": DECAY} for name in OPTIMIZERS},
    "penalties": {"regularization": {"l1": 1e-4, "l2": 1e-4}},
    "dropout": {"regularization": {"dropout": 0.5, "input_dropout": 0.2}},
    "clip_norm": {"regularization": {"clip_norm": 1e-3}},
    "max_norm": {"regularization": {"max_norm": 0.1}},
}
# One array each, never used.
PLANTS = {
    "images": (TrainStep, "step", lambda _, batch, *__: batch.inputs.copy()),
    "weights": (TrainStep, "step", lambda _, batch, *__: batch.targets * batch.weights),
    "gradient": (Momentum, "step", lambda _, __, gradient, lr: lr * gradient),
    "signs": (Regularizer, "regularize_gradient", lambda _, gradient, *__: gradient > 0),
}


def peak(
    architecture=None,
    *,
    outputs=UNITS,
    rows=ROWS,
    numerics="exact",
    workers=1,
    weighted=False,
    **settings,
):
    """Return the most bytes that a second step holds beyond what the first has allocated."""
    architecture = Architecture(hidden=(UNITS,), **architecture or {})
    network = Network(architecture, inputs=UNITS, outputs=outputs, numerics=numerics)
    network.initialize(np.random.default_rng(1))
    training = make_settings(batch_size=rows, **settings)
    train_step = TrainStep(network, training, np.random.default_rng(2), workers=workers)
    data = noise(rows, inputs=UNITS, classes=outputs)
    batch = Batch(
        *(data.inputs, data.targets),
        *np.empty((2, rows, outputs), np.float32),
        np.linspace(0.5, 1.5, rows, dtype=np.float32)[:, np.newaxis] if weighted else None,
    )
    train_step.step(batch, 1e-3)
    tracemalloc.start()
    try:
        train_step.step(batch, 1e-3)
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


@NUMERICS
@pytest.mark.parametrize("architecture", ARCHITECTURES.values(), ids=ARCHITECTURES)
def test_a_step_makes_no_array_whatever_the_network(architecture, numerics):
    assert peak(architecture, numerics=numerics) < SMALLEST


@NUMERICS
@pytest.mark.parametrize("settings", SETTINGS.values(), ids=SETTINGS)
def test_a_step_makes_no_array_whatever_the_settings(settings, numerics):
    assert peak(numerics=numerics, **settings) < SMALLEST


@NUMERICS
@pytest.mark.parametrize("architecture", ARCHITECTURES.values(), ids=ARCHITECTURES)
def test_a_step_of_weighted_samples_makes_no_array(architecture, numerics):
    assert peak(architecture, numerics=numerics, weighted=True) < SMALLEST


@pytest.mark.parametrize(("numerics", "limit"), [("exact", 2 * SMALLEST), ("fast", SMALLEST)])
@pytest.mark.parametrize("settings", [{}, SETTINGS["dropout"]], ids=["plain", "dropout"])
def test_a_step_of_two_threads_makes_no_array(settings, numerics, limit):
    """Exact ones have blocks of their own: hence a batch twice as large."""
    assert peak(numerics=numerics, rows=2 * ROWS, workers=2, **settings) < limit


@pytest.mark.parametrize("loss", ["cross_entropy", "half_squared_error"])
def test_a_step_makes_no_array_where_softmax_has_few_classes(loss):
    """In plain arithmetic its sums are products there."""
    assert (
        peak({"loss": loss}, outputs=MAX_CLASSES_FOR_MATMUL_SUM, numerics="fast")
        < ROWS * MAX_CLASSES_FOR_MATMUL_SUM * 4
    )


@pytest.mark.parametrize("loss", ["cross_entropy", "half_squared_error"])
def test_the_blocks_of_an_exact_softmax_of_few_classes_do_not_grow_with_the_batch(loss):
    small, large = (peak({"loss": loss}, outputs=40, rows=rows) for rows in (ROWS, 4 * ROWS))
    assert large - small < 3 * ROWS * 40 * 4


@pytest.mark.parametrize(("owner", "name", "plant"), PLANTS.values(), ids=PLANTS)
def test_an_array_planted_in_a_method_is_seen(monkeypatch, owner, name, plant):
    method = getattr(owner, name)

    def planted(*arguments):
        plant(*arguments)
        method(*arguments)

    monkeypatch.setattr(owner, name, planted)
    assert peak(weighted=True) >= SMALLEST


def test_the_smallest_array_planted_in_a_part_is_seen(monkeypatch):
    def backward(a, grad, _):
        np.multiply(grad, a > 0, out=grad)

    monkeypatch.setattr(activations, "relu_backward", backward)
    assert peak(rows=2 * ROWS, workers=2) >= 2 * SMALLEST
