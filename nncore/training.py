"""Training: epochs of mini-batch steps, watched on validation data, until the last or enough."""

import math
from collections.abc import Callable
from dataclasses import asdict

import numpy as np

from nncore.augment import make_distorters
from nncore.batches import Batches
from nncore.data import Data, DataError
from nncore.divergence import check_finite
from nncore.evaluation import evaluate, tally
from nncore.history import EpochRecord, history_from, monitored, movements
from nncore.losses import smooth
from nncore.network import Network
from nncore.resampling import Canvas
from nncore.schedules import factors, plateau_cuts
from nncore.settings import TrainingSettings
from nncore.snapshot import Snapshot
from nncore.steps import Stepper
from nncore.stopping import best_epoch, should_stop
from nncore.team import Team


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
        *,
        canvas: Canvas | None = None,
        workers: int = 1,
        team: Team | None = None,
    ) -> None:
        """Draw the network's weights and evaluate epoch 0, on images that are not distorted.

        The arguments are those of `fit`, and so are the errors.
        """
        train.check("train", network)
        if validation is not None:
            validation.check("validation", network)
        elif settings.monitor.startswith("validation") and (names := list(settings.watchers())):
            raise DataError(f"{names[0]} looks at {settings.monitor}, got no validation data")
        self._network = network
        self._settings = settings
        self._team = team
        self._train = train
        self._validation = validation
        # Independent streams; new ones are appended, so that these stay as they are.
        *streams, augment_stream = np.random.SeedSequence(settings.seed).spawn(4)
        init_rng, self._shuffle_rng, dropout_rng = map(np.random.default_rng, streams)
        distorters = make_distorters(settings.augment, canvas, network, augment_stream, workers)
        network.initialize(init_rng)
        self._stepper = Stepper(network, settings, dropout_rng, workers, team)
        self._batches = Batches(train, settings.batch_size, distorters, team)
        self._start = network.parameters.copy()
        self._last = network.parameters.copy()
        self._best = network.parameters.copy()
        self.history: list[EpochRecord] = []
        with np.errstate(over="ignore", invalid="ignore"):
            self._record(0.0, *evaluate(network, train, team))

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
        # A divergence is reported by `check_finite`, in one line that says what to do.
        with np.errstate(over="ignore", invalid="ignore"):
            for gathered, batches in self._batches.shuffled(self._shuffle_rng, len(self.history)):
                smooth(gathered.targets, self._settings.regularization.label_smoothing)
                for batch in batches:
                    self._stepper.step(batch, next(rate))
                mine = self._batches.own(len(gathered.images))
                done = gathered.logits, gathered.outputs, gathered.targets
                losses, hits = tally(self._network, *done, team=self._team, mine=mine)
                check_finite(losses, len(self.history), self._settings.lr)
                loss += losses
                correct += hits
            self._stepper.share_rngs()
            count = len(self._train.images)
            return self._record(rates[-1], loss / count, correct / count)

    def snapshot(self) -> Snapshot:
        """Return the present state; the arrays are this training's own, not copies."""
        arrays = {"parameters": self._network.parameters, "last": self._last, "best": self._best}
        arrays |= {f"optimizer_{k}": v for k, v in self._stepper.optimizer.state.items()}
        values = {
            "history": [asdict(record) for record in self.history],
            "streams": [rng.bit_generator.state for rng in self._streams()],
        }
        return Snapshot(arrays, values)

    def restore(self, snapshot: Snapshot) -> None:
        """Go on from a snapshot of a training with the same network, settings and data.

        What can't be one raises an ArithmeticError, LookupError, TypeError or ValueError.
        """
        values, first = snapshot.values["history"], self.history[0]
        history = history_from(values, first, self._settings.epochs)
        if not all(np.isfinite(snapshot.arrays[k]).all() for k in ("parameters", "last", "best")):
            raise ValueError("parameters that are not finite")
        for rng, state in zip(self._streams(), snapshot.values["streams"], strict=True):
            rng.bit_generator.state = state
        for name, array in self.snapshot().arrays.items():
            array[:] = snapshot.arrays[name]
        self.history = history

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

    def _record(self, lr: float, loss: float, accuracy: float) -> EpochRecord:
        network, epoch = self._network, len(self.history)
        # What the last step has done shows in no loss of the training set.
        check_finite(float(np.abs(network.parameters).max()), epoch, self._settings.lr)
        held_out = self._validation and evaluate(network, self._validation, self._team)
        if held_out:
            check_finite(held_out[0], epoch, self._settings.lr)
        record = EpochRecord(
            epoch=epoch,
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

    def _streams(self) -> list[np.random.Generator]:
        return [self._shuffle_rng, *self._stepper.dropout_rngs]

    def _monitored(self) -> list[float]:
        return monitored(self.history, self._settings.monitor)


def fit(
    network: Network,
    settings: TrainingSettings,
    train: Data,
    validation: Data | None = None,
    *,
    canvas: Canvas | None = None,
    workers: int = 1,
    team: Team | None = None,
    on_epoch: Callable[[EpochRecord], None] | None = None,
) -> list[EpochRecord]:
    """Draw `network`'s weights from the seed, train it and return the history.

    Parameters
    ----------
    network : trained in place; it keeps the weights that `settings.keep` names
    train, validation : (n, inputs) images and (n, classes) one-hot targets of the network's dtype
    canvas : what the images are in rows and columns; needed to distort those of `train`
    workers : threads that compute the shards of a batch and distort images
    team : processes that share out the shards of a batch, each with workers of its own; the result
        depends on neither
    on_epoch : called with each record, epoch 0 first

    Raises
    ------
    DataError
        Empty data, shapes or dtypes that don't fit, a monitor without data, no fitting canvas.
    DivergenceError
        The loss has become infinite or not a number.
    SettingsError
        Shards that are no multiple of the team's ranks.
    """
    given = network, settings, train, validation
    training = Training(*given, canvas=canvas, workers=workers, team=team)
    if on_epoch:
        on_epoch(training.history[0])
    while not training.finished:
        record = training.run_epoch()
        if on_epoch:
            on_epoch(record)
    training.finish()
    return training.history
