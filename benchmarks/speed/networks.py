"""The networks that are compared, as data: nncore's own settings, read by every peer."""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from nncore.arrays import Floats, Indices
from nncore.config.architecture import Architecture
from nncore.config.numerics import Numerics
from nncore.config.optimizer import OptimizerName, OptimizerSettings
from nncore.config.training import TrainingSettings
from nncore.network.network import Network

INPUTS, CLASSES = 784, 10
BATCH_32 = "@32"


class Contest(NamedTuple):
    """A network and how it is trained.

    Attributes
    ----------
    inputs : values of an image; see `benchmarks.speed.dataset.images_for`
    suffix : of the name, where another contest has the same sizes
    """

    architecture: Architecture
    settings: TrainingSettings
    inputs: int = INPUTS
    suffix: str = ""

    @property
    def sizes(self) -> tuple[int, ...]:
        """Units of the layers 0…L."""
        return (self.inputs, *self.architecture.hidden, CLASSES)

    @property
    def name(self) -> str:
        """The sizes, for instance 784-30-10, and the suffix."""
        return "-".join(map(str, self.sizes)) + self.suffix

    @property
    def momentum(self) -> float:
        """Momentum of the update rule; 0 without."""
        optimizer = self.settings.optimizer
        return optimizer.momentum if optimizer.name == "momentum" else 0.0

    def network(self, numerics: Numerics = "exact") -> Network:
        """Return the untrained network, all parameters zero."""
        return Network(self.architecture, inputs=self.inputs, outputs=CLASSES, numerics=numerics)

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


def _relu(
    *hidden: int,
    batch: int,
    lr: float,
    optimizer: OptimizerName,
    inputs: int = INPUTS,
    suffix: str = "",
) -> Contest:
    """ReLU, softmax and cross-entropy."""
    settings = TrainingSettings(epochs=10_000, batch_size=batch, lr=lr, optimizer=optimizer)
    return Contest(Architecture(hidden=hidden), settings, inputs, suffix)


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
        _relu(30, batch=16, lr=0.05, optimizer="sgd"),
        _sigmoid(50, batch=8, lr=5.0),
        _relu(15, batch=128, lr=0.05, optimizer="momentum"),
        _sigmoid(batch=16, lr=2.0),
        _sigmoid(20, 16, batch=100, lr=10.0),
        _relu(800, batch=128, lr=0.05, optimizer="momentum"),
        _relu(1024, 1024, batch=256, lr=0.02, optimizer="momentum"),
        _relu(256, 128, batch=64, lr=0.02, optimizer="momentum"),
        _relu(2000, batch=512, lr=0.05, optimizer="momentum"),
        # scikit-learn's digits have 8 x 8 pixels, and its classifier this layer, rule and batch.
        _relu(100, batch=200, lr=0.001, optimizer="adam", inputs=64),
        _relu(256, 128, batch=32, lr=0.01, optimizer="momentum", suffix=BATCH_32),
    )
}
# The geometric mean is over ten networks, each with one size of a batch.
MEAN_OVER = tuple(name for name in CONTESTS if not name.endswith(BATCH_32))
