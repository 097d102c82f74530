"""Checks of the arguments of a training other than its settings and data."""

from collections.abc import Callable

from nncore.data.resampling import ImageGrid
from nncore.errors import python_value, require, require_callable, require_count, require_type
from nncore.network.network import Network
from nncore.parallel import Communicator

# Takes the number of an epoch, from 1; returns its learning rate.
LrSchedule = Callable[[int], float]


def check_arguments(
    network: Network,
    *,
    grid: ImageGrid | None,
    initialize: bool,
    shuffle: bool,
    frozen_layers: int,
    lr_schedule: LrSchedule | None,
    workers: int,
    communicator: Communicator | None,
) -> tuple[int, int]:
    """Check the arguments; return `workers` and `frozen_layers` as Python's integers.

    `nncore.training.fit.fit` documents the arguments.

    Raises
    ------
    SettingsError
        An argument has another type or is out of its range.
    """
    require_type("network", network, Network)
    require_type("grid", grid, ImageGrid, None)
    require_type("initialize", initialize, bool)
    require_type("shuffle", shuffle, bool)
    require_callable("lr_schedule", lr_schedule)
    workers, frozen_layers = python_value(workers), python_value(frozen_layers)
    require_count("workers", 1, workers)
    require_count("frozen_layers", 0, frozen_layers, below=len(network.layers))
    is_communicator = communicator is None or hasattr(communicator, "maximum")
    require(is_communicator, "communicator", "a Communicator or None", communicator)
    can_freeze = not (initialize and frozen_layers)
    require(can_freeze, "frozen_layers", "0 unless initialize is False", frozen_layers)
    return workers, frozen_layers
