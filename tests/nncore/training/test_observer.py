"""An observer sees what a training computes, and changes none of it."""

import numpy as np
import pytest

from nncore.config.architecture import Architecture
from nncore.config.optimizer import OptimizerSettings
from nncore.config.training import TrainingSettings
from nncore.data.dataset import Data
from nncore.network.inference import forward_all
from nncore.network.network import Network
from nncore.training.loop import Training

SETTINGS = TrainingSettings(
    epochs=3, batch_size=16, lr=0.25, optimizer=OptimizerSettings(name="sgd")
)


class Recorder:
    """Copies all that it sees."""

    def __init__(self):
        self.gradients = []
        self.blocks = []

    def gradient(self, gradient, scale):
        self.gradients.append((gradient.copy(), scale))

    def validation(self, start, outputs, activations):
        self.blocks.append((start, outputs.copy(), [values.copy() for values in activations]))


def data(rows, seed):
    rng = np.random.default_rng(seed)
    images = rng.random((rows, 6), dtype=np.float32)
    return Data(images, np.eye(3, dtype=np.float32)[rng.integers(0, 3, rows)])


def train(observer, settings=SETTINGS):
    network = Network(Architecture(hidden=(5, 4)), inputs=6, outputs=3)
    training = Training(network, settings, data(40, 1), data(1200, 2), observer=observer)
    while not training.finished:
        training.run_epoch()
    return training


@pytest.mark.parametrize("name", ["sgd", "momentum", "nesterov", "rmsprop", "adam"])
def test_an_observed_training_has_the_bits_of_an_unobserved_one(name):
    optimizer = OptimizerSettings(name=name)
    settings = TrainingSettings(epochs=3, batch_size=16, lr=0.01, optimizer=optimizer)
    observed, other = train(Recorder(), settings), train(None, settings)
    assert observed.network.parameters.tobytes() == other.network.parameters.tobytes()
    assert observed.history == other.history


def test_an_observer_sees_the_gradient_of_every_step():
    """With SGD the updates add up to the way from the start."""
    recorder = Recorder()
    training = train(recorder)
    assert [scale for _, scale in recorder.gradients] == [0.25] * 9
    start = Network(Architecture(hidden=(5, 4)), inputs=6, outputs=3)
    start.initialize(np.random.default_rng(np.random.SeedSequence(SETTINGS.seed).spawn(1)[0]))
    for gradient, _ in recorder.gradients:
        start.parameters -= gradient
    assert np.array_equal(start.parameters, training.network.parameters)


def test_an_observer_sees_all_validation_data_after_each_epoch():
    recorder = Recorder()
    training = train(recorder)
    assert [start for start, _, _ in recorder.blocks] == [0, 500, 1000] * 4
    outputs = np.concatenate([outputs for _, outputs, _ in recorder.blocks[-3:]])
    assert np.array_equal(outputs, forward_all(training.network, data(1200, 2).inputs))


def test_an_observer_sees_the_outputs_of_hidden_layers():
    """Layer 1 by a product in float64."""
    recorder = Recorder()
    network = train(recorder).network
    start, _, (first, second) = recorder.blocks[-1]
    z = data(1200, 2).inputs[start:].astype(np.float64) @ network.weights[0] + network.biases[0]
    assert np.allclose(first, np.maximum(z, 0), atol=1e-5)
    assert second.shape == (200, 4)
