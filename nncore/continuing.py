"""Training further on other data: what one training hands on to the next."""

from dataclasses import replace
from typing import Any, NamedTuple

from nncore.architecture import Architecture
from nncore.arrays import Floats
from nncore.data import Data
from nncore.network import Network
from nncore.settings import TrainingSettings
from nncore.snapshot import Snapshot
from nncore.training import Training

_OPTIMIZER = "optimizer_"


class Progress(NamedTuple):
    """Where a training has got to, apart from its data and their history.

    Attributes
    ----------
    parameters : (size,), of the network
    optimizer : the update rule's arrays, by the names that a snapshot has for them
    streams : states of the random generators
    """

    parameters: Floats
    optimizer: dict[str, Floats]
    streams: list[dict[str, Any]]


def progress_of(training: Training) -> Progress:
    """Return where `training` has got to; the arrays are its own, not copies."""
    arrays, values = training.snapshot()
    optimizer = {name: array for name, array in arrays.items() if name.startswith(_OPTIMIZER)}
    return Progress(arrays["parameters"], optimizer, values["streams"])


def go_on(
    progress: Progress, architecture: Architecture, settings: TrainingSettings, data: Data
) -> Training:
    """Return a training on `data` that begins where another, of the same architecture, has got to.

    Its update rule may be another one, which then begins anew.
    """
    # What stands here is written over at once: it need not be drawn.
    blank = replace(architecture, weight_init="constant", weight_scale=0.0)
    network = Network(blank, inputs=data.images.shape[1], outputs=data.targets.shape[1])
    training = Training(network, settings, data)
    arrays, values = training.snapshot()
    known = dict.fromkeys(("parameters", "last", "best"), progress.parameters) | progress.optimizer
    kept = {name: known.get(name, array) for name, array in arrays.items()}
    training.restore(Snapshot(kept, values | {"streams": progress.streams}))
    return training
