"""The seven networks that are compared, as data: nncore's own settings, read by every peer."""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from nncore.arrays import Floats, Indices
from nncore.config.architecture import Architecture
from nncore.config.numerics import Numerics
from nncore.config.optimizer import OptimizerSettings
from nncore.config.training import TrainingSettings
from nncore.network.network import Network

INPUTS, CLASSES = 784, 10


class Contest(NamedTuple):
    """A network and how it is trained."""

    architecture: Architecture
    settings: TrainingSettings

    @property
    def sizes(self) -> tuple[int, ...]:
        """Units of the layers 0…L."""
        return (INPUTS, *self.architecture.hidden, CLASSES)

    @property
    def name(self) -> str:
        """The sizes, for instance 784-30-10."""
        return "-".join(map(str, self.sizes))

    @property
    def momentum(self) -> float:
        """Momentum of the update rule; 0 without."""
        optimizer = self.settings.optimizer
        return optimizer.momentum if optimizer.name == "momentum" else 0.0

    def network(self, numerics: Numerics = "exact") -> Network:
        """Return the untrained network, all parameters zero."""
        return Network(self.architecture, inputs=INPUTS, outputs=CLASSES, numerics=numerics)

    def start(self) -> tuple[tuple[Floats, ...], tuple[Floats, ...]]:
        """Return the weights and biases, float32, with which nncore begins."""
        network = self.network()
        network.initialize(np.random.default_rng(self._streams()[0]))
        return network.weights, network.biases

    def orders(self, images: int) -> Iterator[Indices]:
        """Yield the order of the images in each epoch, as nncore shuffles them."""
        rng = np.random.default_rng(self._streams()[1])
        while True:
            yield rng.permutation(images)

    def _streams(self) -> list[np.random.SeedSequence]:
        return np.random.SeedSequence(self.settings.seed).spawn(3)


def _relu(*hidden: int, batch: int, lr: float, momentum: bool) -> Contest:
    """ReLU, softmax and cross-entropy."""
    optimizer = OptimizerSettings(name="momentum" if momentum else "sgd")
    settings = TrainingSettings(epochs=10_000, batch_size=batch, lr=lr, optimizer=optimizer)
    return Contest(Architecture(hidden=hidden), settings)


def _sigmoid(*hidden: int, batch: int, lr: float) -> Contest:
    """Sigmoid in all layers and mean squared error."""
    architecture = Architecture(
        hidden=hidden,
        activation="sigmoid",
        output="sigmoid",
        loss="mean_squared_error",
        weight_init="fan_in",
    )
    optimizer = OptimizerSettings(name="sgd")
    settings = TrainingSettings(epochs=10_000, batch_size=batch, lr=lr, optimizer=optimizer)
    return Contest(architecture, settings)


CONTESTS = {
    contest.name: contest
    for contest in (
        _relu(30, batch=16, lr=0.05, momentum=False),
        _sigmoid(50, batch=8, lr=5.0),
        _relu(15, batch=128, lr=0.05, momentum=True),
        _sigmoid(batch=16, lr=2.0),
        _sigmoid(20, 16, batch=100, lr=10.0),
        _relu(800, batch=128, lr=0.05, momentum=True),
        _relu(1024, 1024, batch=256, lr=0.02, momentum=True),
    )
}
