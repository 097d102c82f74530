"""The training of a network from its first epoch to its last."""

from collections.abc import Callable

import numpy as np
from numpy.typing import ArrayLike

from nncore.config.training import TrainingSettings
from nncore.data.dataset import Data
from nncore.data.resampling import ImageGrid
from nncore.errors import require_callable
from nncore.network.network import Network
from nncore.parallel import Communicator, broadcast
from nncore.training.arguments import LrSchedule
from nncore.training.history import EpochRecord
from nncore.training.loop import Training


def fit(
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
    on_epoch: Callable[[EpochRecord, Network], object] | None = None,
) -> list[EpochRecord]:
    """Train a network and return the history: the record of epoch 0, before it, and of each epoch.

    Parameters
    ----------
    network : trained in place; ends with the weights that `settings.keep` names, and with the
        labels of `train`
    settings : the seed, the epochs, the optimizer and all other hyperparameters
    train, validation : samples and their labels or targets; floats of the network's dtype, in C
        order, are not copied
    grid : rows, columns and background of the images; augmentation needs it
    sample_weight : (n,) factors on the losses of the training samples, finite and at least 0; None
        for 1. Those of `settings.class_weight` multiply them. Only proportions count: the mean
        becomes 1, so equal weights give the same bits as None. Validation data have no weights
    initialize : True draws the weights from the seed. False starts from the network's present
        weights, as in fine-tuning
    shuffle : True draws a new order of the samples for each epoch; False keeps that of `train`
    frozen_layers : the first so many layers keep their weights and biases; needs initialize=False
    lr_schedule : function that takes the number of an epoch, from 1, and returns its learning rate.
        It replaces `settings.lr` and `settings.schedule`
    workers : number of threads that compute parts of a large batch and distort images. The result
        depends on it only with `numerics="fast"`, in the last bits: a batch of a float64 network
        without it is one part
    communicator : ranks that divide the rows of a batch; each rank has `workers` threads. In exact
        arithmetic the result does not depend on the ranks; that of float64 networks, and with
        `numerics="fast"`, does
    on_epoch : called with each record, epoch 0 first, and the network; the training stops if it
        returns True

    Raises
    ------
    DataError
        Data are empty or don't fit the network, the monitor needs validation data, or the grid
        does not fit.
    DivergenceError
        A loss or a weight is infinite or not a number.
    SettingsError
        An argument has another type or is out of its range.
    """
    require_callable("on_epoch", on_epoch)

    def stops(record: EpochRecord) -> bool:
        result = on_epoch(record, network) if on_epoch else None
        # Comparisons of arrays return NumPy's booleans. Rank 0 decides for all ranks.
        return broadcast(communicator, isinstance(result, bool | np.bool_) and bool(result))

    training = Training(
        *(network, settings, train, validation),
        grid=grid,
        sample_weight=sample_weight,
        initialize=initialize,
        shuffle=shuffle,
        frozen_layers=frozen_layers,
        lr_schedule=lr_schedule,
        workers=workers,
        communicator=communicator,
    )
    stopped = stops(training.history[0])
    while not (stopped or training.finished):
        stopped = stops(training.run_epoch())
    training.restore_kept_weights()
    return training.history
