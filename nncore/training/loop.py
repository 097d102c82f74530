"""The training loop: epochs of mini-batch steps, evaluated on validation data."""

import math
from dataclasses import asdict

import numpy as np
from numpy.typing import ArrayLike

from nncore.config.training import TrainingSettings
from nncore.data.augment import make_augmenters
from nncore.data.batches import Batches
from nncore.data.dataset import Data
from nncore.data.resampling import ImageGrid
from nncore.errors import check_finite, python_value, require_above_zero
from nncore.functions.early_stopping import best_epoch, should_stop
from nncore.functions.losses import smooth_labels
from nncore.functions.schedules import step_rates
from nncore.network.network import Network
from nncore.parallel import Communicator, broadcast, one_blas_thread
from nncore.training.arguments import LrSchedule, check_arguments
from nncore.training.evaluation import evaluate, sum_loss_and_correct
from nncore.training.history import (
    EpochRecord,
    TrainingState,
    monitor_values,
    parse_history,
    weight_norms,
)
from nncore.training.network_data import data_for_training
from nncore.training.observer import Observer
from nncore.training.step import TrainStep

# Names of the parameter vectors in a state: the current one, that of the last record, the best one.
VECTORS = ("parameters", "last", "best")


class Training:
    """A training in progress: the state that lives from epoch to epoch.

    Attributes
    ----------
    network : the network that is trained
    history : the records of the epochs so far, from epoch 0
    """

    def __init__(
        self,
        network: Network,
        settings: TrainingSettings,
        train: Data,
        validation: Data | None = None,
        *,
        grid: ImageGrid | None = None,
        sample_weight: ArrayLike | None = None,
        initialize: bool = True,
        shuffle: bool = True,
        frozen_layers: int = 0,
        lr_schedule: LrSchedule | None = None,
        workers: int = 1,
        communicator: Communicator | None = None,
        observer: Observer | None = None,
    ) -> None:
        """Draw the network's weights, if asked to, and evaluate epoch 0, on samples as they are.

        `fit` documents the other arguments and the errors.

        Parameters
        ----------
        observer : receives the gradients and the validation outputs
        """
        workers, frozen_layers = check_arguments(
            network,
            grid=grid,
            initialize=initialize,
            shuffle=shuffle,
            frozen_layers=frozen_layers,
            lr_schedule=lr_schedule,
            workers=workers,
            communicator=communicator,
        )
        train, validation, labels = data_for_training(
            *(network, settings, train, validation),
            initialize=initialize,
            sample_weight=sample_weight,
        )
        dtype = network.parameters.dtype
        self.network = network
        self._settings = settings
        # Newly drawn weights are never the best, even if they are by luck.
        self._first_candidate = int(initialize)
        self._lr_schedule = lr_schedule
        # The rate that the message of a divergence names.
        self._lr = settings.lr
        self._communicator = communicator
        self._train = train
        self._validation = validation
        # Independent streams. New streams are appended, so that the existing ones don't change.
        *streams, augment_stream = np.random.SeedSequence(settings.seed).spawn(4)
        init_rng, shuffle_rng, dropout_rng = map(np.random.default_rng, streams)
        self._streams = [shuffle_rng, dropout_rng]
        augmenters = make_augmenters(
            *(settings.augment, grid, network.inputs, dtype), stream=augment_stream, workers=workers
        )
        self._train_step = TrainStep(
            *(network, settings, dropout_rng),
            samples=len(train.inputs),
            frozen_layers=frozen_layers,
            workers=workers,
            communicator=communicator,
            observer=observer,
        )
        batches = train, settings.batch_size, augmenters, communicator
        self._batches = Batches(*batches, shuffle=shuffle, workers=workers)
        # The network changes only after all arguments have been accepted.
        network.labels = labels
        if initialize:
            network.initialize(init_rng)
        self._initial, self._previous, self._best = (network.parameters.copy() for _ in range(3))
        self.history: list[EpochRecord] = []
        with np.errstate(over="ignore", invalid="ignore"), one_blas_thread():
            loss, accuracy = evaluate(network, train, communicator)
            check_finite(loss, 0, settings.lr)
            self._record(0.0, loss, accuracy)

    @property
    def finished(self) -> bool:
        """Whether the last epoch is completed or the stopping rule applies."""
        values = self._monitor_values()
        stop = should_stop(self._settings.stopping, values, first=self._first_candidate)
        return stop or len(self.history) > self._settings.epochs

    def run_epoch(self) -> EpochRecord:
        """Train for one epoch and return its record.

        Raises
        ------
        DivergenceError
            A loss or a weight is infinite or not a number.
        """
        rates = self._step_rates()
        rate = iter(rates)
        loss, correct = 0.0, 0
        # `check_finite` reports a divergence, in one line with advice.
        with np.errstate(over="ignore", invalid="ignore"), one_blas_thread():
            for gather, batches in self._batches.shuffle(self._streams[0], len(self.history)):
                smooth_labels(gather.targets, self._settings.regularization.label_smoothing)
                for batch in batches:
                    self._train_step.step(batch, next(rate))
                gather_loss, gather_correct = sum_loss_and_correct(
                    self.network,
                    *(gather.logits, gather.outputs, gather.targets, gather.weights),
                    communicator=self._communicator,
                    rank_rows=self._batches.rank_rows(len(gather.inputs)),
                )
                check_finite(gather_loss, len(self.history), self._lr)
                loss += gather_loss
                correct += gather_correct
            count = len(self._train.inputs)
            return self._record(rates[-1], loss / count, correct / count)

    def state(self) -> TrainingState:
        """Return the current state; its arrays are not copied."""
        vectors = self.network.parameters, self._previous, self._best
        arrays = dict(zip(VECTORS, vectors, strict=True)) | self._train_step.state()
        values = {
            "history": [asdict(record) for record in self.history],
            "streams": [rng.bit_generator.state for rng in self._streams],
        }
        return TrainingState(arrays, values)

    def load_state(self, state: TrainingState) -> None:
        """Continue from the state of a training with the same network, settings and data.

        Raises
        ------
        ArithmeticError, LookupError, TypeError, ValueError
            `state` is malformed or belongs to another training.
        """
        values = state.values["history"]
        history = parse_history(values, self.history[0], self._settings.epochs)
        if not all(np.isfinite(state.arrays[k]).all() for k in VECTORS):
            raise ValueError("parameters that are not finite")
        for rng, rng_state in zip(self._streams, state.values["streams"], strict=True):
            rng.bit_generator.state = rng_state
        for name, array in self.state().arrays.items():
            array[:] = state.arrays[name]
        self.history = history

    def restore_kept_weights(self) -> int:
        """Set the network's weights to those that `settings.keep` names; return their epoch."""
        if self._settings.keep == "best":
            self.network.parameters[:] = self._best
            return self._best_epoch()
        last = len(self.history) - 1
        if average := self._train_step.average:
            average.write(self.network.parameters, last)
        return last

    def _step_rates(self) -> list[float]:
        """Return the learning rate of each step of the next epoch."""
        settings, epoch = self._settings, len(self.history)
        steps = math.ceil(len(self._train.inputs) / settings.batch_size)
        if self._lr_schedule:
            lr = broadcast(self._communicator, python_value(self._lr_schedule(epoch)))
            require_above_zero(f"lr_schedule({epoch})", lr)
            self._lr = float(lr)
            return [self._lr] * steps
        return step_rates(settings, epoch=epoch, steps=steps, losses=self._monitor_values())

    def _record(self, lr: float, loss: float, accuracy: float) -> EpochRecord:
        network, epoch = self.network, len(self.history)
        # The training loss of an epoch does not include the update of its last step.
        check_finite(float(np.abs(network.parameters).max()), epoch, self._lr)
        norms = weight_norms(network, self._initial, self._previous)
        self._previous[:] = network.parameters
        if epoch and (average := self._train_step.average):
            average.add_epoch(network.parameters, epoch)
            average.write(network.parameters, epoch)
        observer = self._train_step.observer
        observe = observer.validation if observer else None
        scores = self._validation and evaluate(
            network, self._validation, self._communicator, observe
        )
        if scores:
            check_finite(scores[0], epoch, self._lr)
        # A regression has no accuracy.
        classifies = not network.is_regression
        record = EpochRecord(
            epoch=epoch,
            lr=lr,
            train_loss=loss,
            train_accuracy=accuracy if classifies else None,
            validation_loss=scores[0] if scores else None,
            validation_accuracy=scores[1] if scores and classifies else None,
            layers=norms,
        )
        self.history.append(record)
        if self._settings.keep == "best" and self._best_epoch() == epoch:
            self._best[:] = network.parameters
        # The next step starts from the weights themselves.
        network.parameters[:] = self._previous
        return record

    def _best_epoch(self) -> int:
        return best_epoch(self._monitor_values(), first=self._first_candidate)

    def _monitor_values(self) -> list[float]:
        return monitor_values(self.history, self._settings.monitor)
