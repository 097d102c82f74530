"""Checkpoints: a training after a whole epoch, from which it goes on without a changed bit."""

from pathlib import Path
from typing import Protocol

from nncore.archive import opened, write_archive
from nncore.snapshot import Snapshot

FORMAT = "nncore checkpoint 2"


class Resumable(Protocol):
    """What can be left and taken up again."""

    def snapshot(self) -> Snapshot:
        """Return the present state."""

    def restore(self, snapshot: Snapshot) -> None:
        """Take up an earlier state."""


def save_checkpoint(path: Path, training: Resumable) -> None:
    """Write the present state of `training` to `path`."""
    arrays, values = training.snapshot()
    write_archive(path, {"format": FORMAT, "values": values}, arrays)


def load_checkpoint(path: Path, training: Resumable) -> None:
    """Bring `training`, of the same network, settings and data, to the state in `path`.

    Raises
    ------
    ArchiveError
        Not a checkpoint, truncated, damaged, or of another training; `training` may then be half
        restored and must be made anew.
    OSError
        The file can't be opened.
    """
    with opened(path, "an nncore checkpoint") as archive:
        if archive.values["format"] != FORMAT:
            raise ValueError(f"format {archive.values['format']!r}, expected {FORMAT!r}")
        arrays = {name: array.copy() for name, array in training.snapshot().arrays.items()}
        if archive.names != set(arrays):
            raise ValueError("the arrays of another training")
        for name, array in arrays.items():
            archive.read(name, array)
        training.restore(Snapshot(arrays, archive.values["values"]))
