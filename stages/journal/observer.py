"""What a journal notes of a training: numbers that an epoch computes anyway, summed up."""

import math
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from time import perf_counter
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from nncore.arrays import Floats
from nncore.data.dataset import Data
from nncore.diagnosis.stuck_units import StuckUnitCounter
from nncore.functions.plain import row_sums_of_squares
from nncore.network.network import Network
from nncore.network.prediction import class_outputs


class Predictions(NamedTuple):
    """Predicted classes of n validation images.

    Attributes
    ----------
    rows : (n,) rows of the validation data
    actual, predicted : (n,) classes
    confidence : (n,) largest output of each
    """

    rows: NDArray[np.int64]
    actual: NDArray[np.int64]
    predicted: NDArray[np.int64]
    confidence: Floats


class TrainingObserver:
    """An `nncore.training.observer.Observer` that sums up what it sees of an epoch.

    Attributes
    ----------
    enabled : whether the next epoch is observed
    seconds : time that the observation has taken so far
    gradient_norms : Euclidean norm of the gradient of each layer's weights at the first step of the
        epoch; empty before
    """

    def __init__(self, network: Network, validation: Data | None) -> None:
        self.enabled = True
        self.seconds = 0.0
        self._network = network
        self._targets = validation.targets if validation else np.empty((0, 0))
        self.gradient_norms: list[float] = []
        # By the first row of a block: the targets never change.
        self._actual: dict[int, NDArray[np.int64]] = {}
        self._clear()

    def _clear(self) -> None:
        self._blocks: list[tuple[int, NDArray[np.int64], Floats]] = []
        hidden = self._network.layers[:-1]
        self._units = [StuckUnitCounter(layer.activation, layer.fan_out) for layer in hidden]

    @contextmanager
    def _timed(self) -> Iterator[None]:
        start = perf_counter()
        with np.errstate(all="ignore"):
            yield
        self.seconds += perf_counter() - start

    def gradient(self, gradient: Floats, scale: float) -> None:
        """Compute the norm of each layer's gradient at the first step of an epoch."""
        if self.gradient_norms or not self.enabled or not scale:
            return
        with self._timed():
            weights, _ = self._network.views(gradient)
            squares = [row_sums_of_squares(w.T.reshape(1, -1)).item() for w in weights]
            self.gradient_norms = [math.sqrt(square) / scale for square in squares]

    def validation(self, start: int, outputs: Floats, activations: Sequence[Floats]) -> None:
        """Note the classes of a block, and which units are stuck."""
        if not self.enabled:
            return
        with self._timed():
            if start == 0:
                self._clear()
            if not self._network.is_regression:
                by_class = class_outputs(outputs)
                self._blocks.append((start, by_class.argmax(axis=1), by_class.max(axis=1)))
                if start not in self._actual:
                    rows = self._targets[start : start + len(outputs)]
                    self._actual[start] = class_outputs(rows).argmax(axis=1)
            for units, values in zip(self._units, activations, strict=True):
                units.add(values)

    def next_epoch(self, *, enabled: bool) -> None:
        """Forget the gradient of an epoch, and choose whether to observe the next one."""
        self.gradient_norms = []
        self.enabled = enabled

    def predictions(self) -> Predictions:
        """Return the classes of the validation images that this process has evaluated."""
        if not self._blocks:
            nothing = np.empty(0, np.int64)
            return Predictions(nothing, nothing, nothing, np.empty(0))
        starts, predicted, confidence = zip(*self._blocks, strict=True)
        rows = [np.arange(start, start + len(c)) for start, c, _ in self._blocks]
        actual = [self._actual[start] for start in starts]
        return Predictions(*map(np.concatenate, (rows, actual, predicted, confidence)))

    def unit_fractions(self) -> tuple[list[float | None], list[float | None]]:
        """Return the fractions of dead and of saturated units of each hidden layer.

        None for a layer whose units can't be dead, or saturated; see `StuckUnitCounter`.
        None too without validation images.
        """
        dead: list[float | None] = []
        saturated: list[float | None] = []
        for units in self._units:
            fraction = float(np.mean(units.is_stuck())) if units.samples else None
            dead.append(fraction if units.state == "dead" else None)
            saturated.append(fraction if units.state == "saturated" else None)
        return dead, saturated
