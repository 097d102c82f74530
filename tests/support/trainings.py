"""Small trainings in many settings, and what makes two of them the same to the last bit."""

from dataclasses import asdict

import numpy as np

from nncore.config.architecture import Architecture
from nncore.config.augment import AugmentSettings
from nncore.config.average import AverageSettings
from nncore.config.optimizer import OptimizerSettings
from nncore.config.schedule import ScheduleSettings
from nncore.config.training import RegularizationSettings, StoppingSettings, TrainingSettings
from nncore.data.dataset import Data
from nncore.data.resampling import ImageGrid
from nncore.network.network import Network
from nncore.training.checkpoint import load_checkpoint
from nncore.training.loop import Training

_KINDS = {
    "augment": AugmentSettings,
    "average": AverageSettings,
    "optimizer": OptimizerSettings,
    "regularization": RegularizationSettings,
    "schedule": ScheduleSettings,
    "stopping": StoppingSettings,
}
_DROPOUT = {"dropout": 0.3, "input_dropout": 0.2}
DISTORTED = {
    "augment": {
        "rotation": 20.0,
        "scale": 0.1,
        "shear": 0.2,
        "shift": 0.5,
        "alpha": 2.0,
        "sigma": 1.0,
    }
}
# Of the 50 images of `noise`; those of some batches are all 0.
SAMPLE_WEIGHTS = [0, 0, 1, 1e-3, 0.3, 7, 1e4, 0, 2, 1 / 3] * 5

# Between them, everything that lives from one epoch to the next.
SETTINGS = {
    **{
        name: {"optimizer": {"name": name}, "regularization": {"weight_decay": 0.01}, "lr": 0.01}
        for name in ("adam", "adamw", "momentum", "nesterov", "rmsprop", "sgd")
    },
    "dropout": {"regularization": _DROPOUT},
    "plateau": {"schedule": {"name": "plateau", "patience": 1}, "lr": 0.5},
    "warm-up": {"schedule": {"name": "cosine", "warmup_epochs": 3}},
    "patience": {"stopping": {"rule": "patience", "epochs": 2}, "lr": 0.5},
    "change": {"stopping": {"rule": "change", "epochs": 2, "threshold": 0.05}},
    "best": {"keep": "best", "lr": 0.5},
    "class weights": {"class_weight": "balanced", "keep": "best", "monitor": "train_loss"},
    "sample weights": {"class_weight": {0: 3, 2: 0.7}, "sample_weight": SAMPLE_WEIGHTS},
    "label smoothing": {"regularization": {"label_smoothing": 0.1}},
    "average of epochs": {"average": {"name": "epochs", "epochs": 4}},
    "average of steps": {"average": {"name": "exponential", "decay": 0.8}, "keep": "best"},
    "distortions": DISTORTED,
    "all at once": {
        "optimizer": {"name": "adam"},
        "regularization": _DROPOUT | {"label_smoothing": 0.1, "clip_norm": 1.0, "max_norm": 2.0},
        "schedule": {"name": "plateau", "patience": 1, "warmup_epochs": 2},
        "stopping": {"rule": "patience", "epochs": 4},
        "average": {"name": "exponential", "decay": 0.9},
        "keep": "best",
        "class_weight": "balanced",
        "sample_weight": SAMPLE_WEIGHTS,
        **DISTORTED,
    },
}


def noise(count=50, seed=3, dtype=np.float32, inputs=6, classes=3):
    """Return images of three classes that lie one across the other, so that losses go up too."""
    rng = np.random.default_rng(seed)
    labels = rng.integers(classes, size=count)
    images = np.eye(classes, inputs)[labels] + rng.standard_normal((count, inputs))
    return Data(images.astype(dtype), np.eye(classes, dtype=dtype)[labels])


def make_settings(*, epochs=6, batch_size=8, **settings):
    """Return settings, where each section is a mapping."""
    made = {key: _KINDS[key](**value) for key, value in settings.items() if key in _KINDS}
    return TrainingSettings(epochs=epochs, batch_size=batch_size, **settings | made)


def make_training(
    data=None,
    *,
    hidden=(5,),
    numerics="exact",
    workers=1,
    communicator=None,
    sample_weight=None,
    **settings,
):
    """Return a training that has not begun, with its network."""
    data = data or noise()
    network = Network(
        Architecture(hidden=hidden),
        inputs=data.inputs.shape[1],
        outputs=data.targets.shape[1],
        dtype=data.inputs.dtype,
        numerics=numerics,
    )
    validation = noise(20, seed=4, dtype=data.inputs.dtype, inputs=data.inputs.shape[1])
    grid = ImageGrid(2, data.inputs.shape[1] // 2, 0.0)
    if sample_weight is not None:
        sample_weight = np.resize(sample_weight, len(data.inputs))
    given = make_settings(**settings), data, validation
    return Training(
        *(network, *given),
        grid=grid,
        sample_weight=sample_weight,
        workers=workers,
        communicator=communicator,
    )


def state(training):
    """Return all that the coming epochs depend on, to the last bit."""
    arrays, values = training.state()
    return {name: array.tobytes() for name, array in arrays.items()} | values


def run(training, epochs=None):
    """Train for so many epochs at most, or to the end."""
    while not training.finished and epochs != 0:
        training.run_epoch()
        epochs = None if epochs is None else epochs - 1
    return training


def load_training(path, **settings):
    """Return a training that goes on from a checkpoint."""
    training = make_training(**settings)
    load_checkpoint(path, training)
    return training


def result(training):
    """Return a finished training's parameters, history and the epoch that it keeps."""
    kept_epoch = training.restore_kept_weights()
    parameters = training.state().arrays["parameters"].tobytes()
    return parameters, [asdict(record) for record in training.history], kept_epoch
