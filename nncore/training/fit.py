"""The training of a network from its first epoch to its last."""

from collections.abc import Callable

from nncore.config.training import TrainingSettings
from nncore.data.dataset import Data
from nncore.data.resampling import ImageGrid
from nncore.errors import require_callable
from nncore.network.network import Network
from nncore.parallel import Communicator
from nncore.training.history import EpochRecord
from nncore.training.loop import LrSchedule, Training


def fit(
    network: Network,
    settings: TrainingSettings,
    train: Data,
    validation: Data | None = None,
    *,
    grid: ImageGrid | None = None,
    initialize: bool = True,
    frozen_layers: int = 0,
    lr_schedule: LrSchedule | None = None,
    workers: int = 1,
    communicator: Communicator | None = None,
    on_epoch: Callable[[EpochRecord, Network], object] | None = None,
) -> list[EpochRecord]:
    """Draw `network`'s weights from the seed, train it and return the history.

    Parameters
    ----------
    network : trained in place; ends with the weights that `settings.keep` names, and with the
        labels of `train`
    train, validation : samples and their labels or targets; floats of the network's dtype are not
        copied
    grid : rows, columns and background of the images; augmentation needs it
    initialize : False goes on from the weights that the network has, as in fine-tuning
    frozen_layers : the first so many layers keep their weights and biases
    lr_schedule : function from the number of an epoch, from 1, to its learning rate. It takes the
        place of `settings.lr` and `settings.schedule`
    workers : number of threads that compute shards of a batch and distort images
    communicator : ranks that divide the shards of a batch; each rank has `workers` threads. The
        result depends neither on workers nor on ranks
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
        An argument has another type or is out of its range, or the shards are no multiple of the
        ranks.
    """
    require_callable("on_epoch", on_epoch)
    training = Training(
        *(network, settings, train, validation),
        grid=grid,
        initialize=initialize,
        frozen_layers=frozen_layers,
        lr_schedule=lr_schedule,
        workers=workers,
        communicator=communicator,
    )
    stopped = on_epoch is not None and on_epoch(training.history[0], network) is True
    while not (stopped or training.finished):
        record = training.run_epoch()
        stopped = on_epoch is not None and on_epoch(record, network) is True
    training.finish()
    return training.history
