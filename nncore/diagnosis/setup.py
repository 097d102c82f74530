"""The network, training and samples that a diagnosis examines."""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import DTypeLike

from nncore.arrays import Floats, Indices, Labels
from nncore.config.architecture import Architecture
from nncore.config.augment import AugmentSettings
from nncore.config.average import AverageSettings
from nncore.config.numerics import Numerics
from nncore.config.schedule import ScheduleSettings
from nncore.config.training import StoppingSettings, TrainingSettings
from nncore.data.dataset import Data, Images
from nncore.network.network import Network
from nncore.training.network_data import data_for_training

MAX_SAMPLES = 4000
# Samples on which a loss or the signals of the layers are measured.
PROBE_SAMPLES = 256


@dataclass(frozen=True)
class Setup:
    """A training with its settings, but on some of its samples and without augmentation.

    Attributes
    ----------
    architecture, numerics : architecture and arithmetic of the network
    settings : settings of the training; the learning rate is constant
    data : at most `MAX_SAMPLES` samples, as the network takes them
    rows : (n,) numbers of these samples in the training data
    labels : labels of the classes, or None
    workers : threads for large batches
    """

    architecture: Architecture
    numerics: Numerics
    settings: TrainingSettings
    data: Data
    rows: Indices
    labels: Labels | None
    workers: int

    @classmethod
    def of_training(
        cls, network: Network, settings: TrainingSettings, train: Data, *, workers: int
    ) -> "Setup":
        """Draw the samples; arguments and errors are those of `nncore.training.fit.fit`."""
        settings = replace(
            settings,
            monitor="train_loss",
            keep="last",
            schedule=ScheduleSettings(),
            stopping=StoppingSettings(),
            augment=AugmentSettings(),
            average=AverageSettings(),
        )
        data, _, labels = data_for_training(network, settings, train, None, initialize=True)
        count = len(data.inputs)
        rows = np.arange(count)
        if count > MAX_SAMPLES:
            rows = np.sort(_generators(settings.seed)[1].permutation(count)[:MAX_SAMPLES])
        return cls(
            *(network.architecture, network.numerics, settings),
            data=take(data, rows),
            rows=rows,
            labels=labels,
            workers=workers,
        )

    @property
    def is_regression(self) -> bool:
        """Whether the targets are numbers to predict, and not classes."""
        return self.architecture.output == "identity" and self.labels is None

    @property
    def is_one_hot(self) -> bool:
        """Whether each sample has one class."""
        targets = self.data.targets
        if self.is_regression or not np.isin(targets, (0, 1)).all():
            return False
        return targets.shape[1] == 1 or bool((np.count_nonzero(targets, axis=1) == 1).all())

    def network(self, dtype: DTypeLike | None = None) -> Network:
        """Return a network with the initial weights of the training, in another dtype if given."""
        inputs, outputs = self.data.inputs, self.data.targets
        network = Network(
            self.architecture,
            inputs=inputs.shape[1],
            outputs=outputs.shape[1],
            dtype=inputs.dtype if dtype is None else dtype,
            numerics=self.numerics,
        )
        network.labels = self.labels
        network.initialize(_generators(self.settings.seed)[0])
        return network

    def generator(self, number: int) -> np.random.Generator:
        """Return the generator of the diagnosis's stream `number`, from 1 to 4.

        The training uses none of these streams.
        """
        return _generators(self.settings.seed)[number]

    def sample(self, count: int) -> Data:
        """Return `count` samples at most, the same in each call."""
        total = len(self.data.inputs)
        if count >= total:
            return self.data
        return take(self.data, np.sort(self.generator(2).permutation(total)[:count]))


def take(data: Data, rows: Indices) -> Data:
    """Return some of the samples as arrays, with their weights."""
    sample = Data(_rows_of(data.inputs, rows), _rows_of(data.targets, rows))
    if data.weights is not None:
        sample.weights = data.weights[rows]
    return sample


def _rows_of(values: Images, rows: Indices) -> Floats:
    result: Floats = np.empty((len(rows), values.shape[1]), values.dtype)
    values.take(rows, axis=0, out=result, mode="clip")
    return result


def _generators(seed: int) -> list[np.random.Generator]:
    """Return the training's stream of the weights, and four of the diagnosis."""
    # `Training` uses the first four streams of the seed.
    weights, *_, diagnosis = np.random.SeedSequence(seed).spawn(5)
    return [np.random.default_rng(stream) for stream in (weights, *diagnosis.spawn(4))]
