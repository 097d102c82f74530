"""Training: epochs of mini-batch steps, watched on validation data, until the last or enough."""

import math
from collections.abc import Callable

import numpy as np

from nncore.batches import Batch, Batches
from nncore.data import Data, DataError
from nncore.errors import NncoreError
from nncore.evaluation import count_correct, evaluate
from nncore.history import EpochRecord, movements
from nncore.losses import LOSSES
from nncore.network import Network
from nncore.schedules import factors, plateau_cuts
from nncore.settings import TrainingSettings
from nncore.steps import Stepper
from nncore.stopping import best_epoch, should_stop


class DivergenceError(NncoreError):
    """The loss is no longer finite."""


class Training:
    """A training in progress: all that lives from one epoch to the next.

    Attributes
    ----------
    history : the records of the epochs so far, from epoch 0
    """

    def __init__(
        self,
        network: Network,
        settings: TrainingSettings,
        train: Data,
        validation: Data | None = None,
    ) -> None:
        """Draw the network's weights and evaluate epoch 0.

        Raises
        ------
        DataError
            Empty data, shapes or dtypes that don't fit the network, or a monitor on validation
            data that are not there.
        """
        train.check("train", network)
        if validation is not None:
            validation.check("validation", network)
        elif settings.monitor.startswith("validation") and (names := list(settings.watchers())):
            raise DataError(f"{names[0]} looks at {settings.monitor}, got no validation data")
        self._network = network
        self._settings = settings
        self._train = train
        self._validation = validation
        # Independent streams; new ones are appended, so that these stay as they are.
        streams = np.random.SeedSequence(settings.seed).spawn(3)
        init_rng, self._shuffle_rng, dropout_rng = map(np.random.default_rng, streams)
        network.initialize(init_rng)
        self._stepper = Stepper(network, settings, dropout_rng)
        self._batches = Batches(train, settings.batch_size)
        self._start = network.parameters.copy()
        self._last = network.parameters.copy()
        self._best = network.parameters.copy()
        self.history: list[EpochRecord] = []
        with np.errstate(over="ignore", invalid="ignore"):
            self._record(0.0, *evaluate(network, train))

    @property
    def finished(self) -> bool:
        """Whether the last epoch has been reached, or the stopping rule is met."""
        stopped = should_stop(self._settings.stopping, self._monitored())
        return stopped or len(self.history) > self._settings.epochs

    def run_epoch(self) -> EpochRecord:
        """Train for one epoch and return its record.

        Raises
        ------
        DivergenceError
            The loss has become infinite or not a number.
        """
        rates = self._rates()
        rate = iter(rates)
        loss, correct = 0.0, 0
        # A divergence is reported by `_check_finite`, in one line that says what to do.
        with np.errstate(over="ignore", invalid="ignore"):
            for gathered, batches in self._batches.shuffled(self._shuffle_rng):
                self._smooth(gathered)
                for batch in batches:
                    self._stepper.step(batch, next(rate))
                losses, hits = self._tally(gathered)
                loss += losses
                correct += hits
            count = len(self._train.images)
            return self._record(rates[-1], loss / count, correct / count)

    def finish(self) -> int:
        """Leave the network with the weights to keep; return the epoch that they are of."""
        if self._settings.keep == "last":
            return len(self.history) - 1
        self._network.parameters[:] = self._best
        return best_epoch(self._monitored())

    def _rates(self) -> list[float]:
        """Return the learning rate of each step of the coming epoch."""
        settings = self._settings
        epoch_factors = factors(
            settings.schedule,
            epoch=len(self.history),
            epochs=settings.epochs,
            steps=math.ceil(len(self._train.images) / settings.batch_size),
            cuts=plateau_cuts(self._monitored(), settings.schedule.patience),
        )
        return [settings.lr * factor for factor in epoch_factors.tolist()]

    def _smooth(self, gathered: Batch) -> None:
        """Spread a share of each target evenly: Szegedy et al. (CVPR 2016), section 7."""
        share = self._settings.regularization.label_smoothing
        if share:
            gathered.targets[:] *= 1 - share
            gathered.targets[:] += share / self._network.outputs

    def _tally(self, gathered: Batch) -> tuple[float, int]:
        """Return the sum of the losses and the number of hits of steps just taken."""
        per_image = LOSSES[self._network.architecture.loss].per_image
        losses = per_image(gathered.logits, gathered.outputs, gathered.targets)
        loss = float(losses.sum(dtype=np.float64))
        self._check_finite(loss)
        return loss, count_correct(gathered.outputs, gathered.targets)

    def _check_finite(self, value: float) -> None:
        if not math.isfinite(value):
            raise DivergenceError(
                f"training diverged in epoch {len(self.history)}: expected finite losses and "
                f"weights, got {value}; lower the learning rate (lr is {self._settings.lr:g}) or "
                "set clip_norm"
            )

    def _record(self, lr: float, loss: float, accuracy: float) -> EpochRecord:
        network = self._network
        # What the last step has done shows in no loss of the training set.
        self._check_finite(float(np.dot(network.parameters, network.parameters)))
        held_out = None if self._validation is None else evaluate(network, self._validation)
        if held_out:
            self._check_finite(held_out[0])
        record = EpochRecord(
            epoch=len(self.history),
            lr=lr,
            train_loss=loss,
            train_accuracy=accuracy,
            validation_loss=held_out[0] if held_out else None,
            validation_accuracy=held_out[1] if held_out else None,
            layers=movements(network, self._start, self._last),
        )
        self.history.append(record)
        self._last[:] = network.parameters
        if self._settings.keep == "best" and best_epoch(self._monitored()) == record.epoch:
            self._best[:] = network.parameters
        return record

    def _monitored(self) -> list[float]:
        """Return the monitor's values, smaller being better; empty without validation data."""
        name = self._settings.monitor
        values = [getattr(record, name) for record in self.history]
        sign = -1 if name.endswith("accuracy") else 1
        return [sign * value for value in values if value is not None]


def fit(
    network: Network,
    settings: TrainingSettings,
    train: Data,
    validation: Data | None = None,
    *,
    on_epoch: Callable[[EpochRecord], None] | None = None,
) -> list[EpochRecord]:
    """Draw `network`'s weights from the seed, train it and return the history.

    Parameters
    ----------
    network : trained in place; it keeps the weights that `settings.keep` names
    train, validation : (n, inputs) images and (n, classes) one-hot targets of the network's dtype
    on_epoch : called with each record, epoch 0 first

    Raises
    ------
    DataError
        Empty data, shapes or dtypes that don't fit, a monitor without data.
    DivergenceError
        The loss has become infinite or not a number.
    """
    training = Training(network, settings, train, validation)
    if on_epoch:
        on_epoch(training.history[0])
    while not training.finished:
        record = training.run_epoch()
        if on_epoch:
            on_epoch(record)
    training.finish()
    return training.history
