"""A training between two epochs, as values apart from any file.

So that training does not load what reads and writes files.
"""

from typing import Any, NamedTuple

from nncore.arrays import Array


class Snapshot(NamedTuple):
    """What the coming epochs depend on and no new training has: arrays by name, JSON values."""

    arrays: dict[str, Array]
    values: dict[str, Any]
