"""Checkpoints, which continue a training bit for bit, and warm starts on new data."""

from pathlib import Path
from typing import Any, NamedTuple, Protocol

from numpy.typing import ArrayLike

from nncore.arrays import Floats
from nncore.config.architecture import Architecture
from nncore.config.numerics import Numerics
from nncore.config.training import TrainingSettings
from nncore.data.dataset import Data
from nncore.errors import require
from nncore.files import open_archive, write_archive
from nncore.network.network import Network
from nncore.network.parameters import NetworkParameters, WeightOrder
from nncore.training.history import TrainingState
from nncore.training.loop import VECTORS, Training
from nncore.training.step import OPTIMIZER_PREFIX

FORMAT = "nncore checkpoint 4"


class Resumable(Protocol):
    """An object whose state can be saved and loaded, such as `Training`."""

    @property
    def network(self) -> NetworkParameters:
        """The network, in whose layout the state's vectors are."""

    def state(self) -> TrainingState:
        """Return the current state."""

    def load_state(self, state: TrainingState) -> None:
        """Replace the current state by `state`."""


def save_checkpoint(path: Path, training: Resumable) -> None:
    """Write the current state of `training` to `path`."""
    arrays, values = training.state()
    values = {"format": FORMAT, "values": values, **_layout(training.network)}
    write_archive(path, values, arrays)


def load_checkpoint(path: Path, training: Resumable) -> None:
    """Load the state in `path` into `training`, which has the same network, settings and data.

    Raises
    ------
    ArchiveError
        The file is no checkpoint, is damaged, or belongs to another training. `training` may then
        be partly restored and must be discarded.
    OSError
        The file can't be opened.
    """
    with open_archive(path, "an nncore checkpoint") as archive:
        if archive.values["format"] != FORMAT:
            raise ValueError(f"format {archive.values['format']!r}, expected {FORMAT!r}")
        for name, expected in _layout(training.network).items():
            if (value := archive.values[name]) != expected:
                raise ValueError(f"{name} {value!r}, expected {expected!r}")
        arrays = {name: array.copy() for name, array in training.state().arrays.items()}
        if archive.names != set(arrays):
            raise ValueError("the arrays of another training")
        for name, array in arrays.items():
            archive.read(name, array)
        training.load_state(TrainingState(arrays, archive.values["values"]))


def _layout(network: NetworkParameters) -> dict[str, str]:
    """Return the properties that, with the architecture, give the state's numbers a meaning."""
    return {"numerics": network.numerics, "weight_order": network.weight_order}


class WarmStart(NamedTuple):
    """The state with which another training starts, on other data and with a new history.

    Attributes
    ----------
    parameters : (size,), the network's parameters
    numerics : the network's arithmetic
    optimizer : the optimizer's arrays, by their names in a `TrainingState`
    streams : states of the random generators
    weight_order : how all vectors store the weights of the first layer; old pickles have no such
        field, and store them by unit
    """

    parameters: Floats
    numerics: Numerics
    optimizer: dict[str, Floats]
    streams: list[dict[str, Any]]
    weight_order: WeightOrder = "by unit"


def warm_start_from(training: Training) -> WarmStart:
    """Return the warm start of `training`; its arrays are not copied."""
    arrays, values = training.state()
    network = training.network
    optimizer = {name: array for name, array in arrays.items() if name.startswith(OPTIMIZER_PREFIX)}
    return WarmStart(
        parameters=arrays["parameters"],
        numerics=network.numerics,
        optimizer=optimizer,
        streams=values["streams"],
        weight_order=network.weight_order,
    )


def continue_training(
    warm_start: WarmStart,
    architecture: Architecture,
    settings: TrainingSettings,
    data: Data,
    sample_weight: ArrayLike | None = None,
    *,
    shuffle: bool = True,
) -> Training:
    """Return a training on `data` that starts from `warm_start`, of the same architecture.

    An optimizer of another name starts with its initial state. `sample_weight` and `shuffle` are as
    in `nncore.training.fit.fit`.

    Raises
    ------
    SettingsError
        The warm start was pickled by a version that stored these weights in another order.
    """
    network = Network(
        architecture,
        inputs=data.inputs.shape[1],
        outputs=data.targets.shape[1],
        dtype=warm_start.parameters.dtype,
        numerics=warm_start.numerics,
    )
    order = network.weight_order
    is_same = warm_start.weight_order == order
    expected = f"{order!r} in this version of nncore"
    require(is_same, "warm_start.weight_order", expected, warm_start.weight_order)
    network.parameters[:] = warm_start.parameters
    training = Training(
        *(network, settings, data),
        sample_weight=sample_weight,
        initialize=False,
        shuffle=shuffle,
    )
    arrays, values = training.state()
    vectors = dict.fromkeys(VECTORS, warm_start.parameters)
    vectors |= warm_start.optimizer
    arrays = {name: vectors.get(name, array) for name, array in arrays.items()}
    training.load_state(TrainingState(arrays, values | {"streams": warm_start.streams}))
    return training
