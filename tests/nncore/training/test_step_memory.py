"""A training step makes no array: it works in buffers that were allocated before it."""

import tracemalloc

import numpy as np
import pytest
from trainings import make_settings, noise

from nncore.config.architecture import Architecture
from nncore.data.batches import Batch
from nncore.functions import activations
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
SETTINGS = {
    **{name: {"optimizer": {"name": name}, "regularization": DECAY} for name in OPTIMIZERS},
    "penalties": {"regularization": {"l1": 1e-4, "l2": 1e-4}},
    "dropout": {"regularization": {"dropout": 0.5, "input_dropout": 0.2}},
    "clip_norm": {"regularization": {"clip_norm": 1e-3}},
    "max_norm": {"regularization": {"max_norm": 0.1}},
    "shards": {"shards": 2},
    "shards on two threads": {"shards": 2, "workers": 2},
}
# One array each, never used.
PLANTS = {
    "images": (TrainStep, "step", lambda _, batch, *__: batch.inputs.copy()),
    "gradient": (Momentum, "step", lambda _, __, gradient, lr: lr * gradient),
    "signs": (Regularizer, "regularize_gradient", lambda _, gradient, *__: gradient > 0),
}


def peak(architecture=None, outputs=UNITS, workers=1, **settings):
    """Return the most bytes that a second step holds beyond what the first has allocated."""
    architecture = Architecture(hidden=(UNITS,), **architecture or {})
    network = Network(architecture, inputs=UNITS, outputs=outputs)
    network.initialize(np.random.default_rng(1))
    training = make_settings(batch_size=ROWS, **settings)
    train_step = TrainStep(network, training, np.random.default_rng(2), workers=workers)
    data = noise(ROWS, inputs=UNITS, classes=outputs)
    batch = Batch(
        *(data.inputs, data.targets),
        *np.empty((2, ROWS, outputs), np.float32),
    )
    train_step.step(batch, 1e-3)
    tracemalloc.start()
    try:
        train_step.step(batch, 1e-3)
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("architecture", ARCHITECTURES.values(), ids=ARCHITECTURES)
def test_a_step_makes_no_array_whatever_the_network(architecture):
    assert peak(architecture) < SMALLEST


@pytest.mark.parametrize("settings", SETTINGS.values(), ids=SETTINGS)
def test_a_step_makes_no_array_whatever_the_settings(settings):
    assert peak(**settings) < SMALLEST


@pytest.mark.parametrize("loss", ["cross_entropy", "half_squared_error"])
def test_a_step_makes_no_array_where_softmax_has_few_classes(loss):
    """Its sums are products there."""
    assert (
        peak({"loss": loss}, outputs=activations.MAX_CLASSES_FOR_MATMUL_SUM)
        < ROWS * activations.MAX_CLASSES_FOR_MATMUL_SUM * 4
    )


@pytest.mark.parametrize(("owner", "name", "plant"), PLANTS.values(), ids=PLANTS)
def test_an_array_planted_in_a_method_is_seen(monkeypatch, owner, name, plant):
    method = getattr(owner, name)

    def planted(*arguments):
        plant(*arguments)
        method(*arguments)

    monkeypatch.setattr(owner, name, planted)
    assert peak() >= SMALLEST


def test_the_smallest_array_planted_in_a_shard_is_seen(monkeypatch):
    def backward(a, grad, _):
        np.multiply(grad, a > 0, out=grad)

    planted = activations.ACTIVATIONS["relu"]._replace(backward=backward)
    monkeypatch.setitem(activations.ACTIVATIONS, "relu", planted)
    assert peak(shards=2) >= SMALLEST
