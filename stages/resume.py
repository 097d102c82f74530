"""An interrupted training goes on from its last whole epoch.

Checkpoints stand outside DVC's outputs, which DVC deletes before a stage runs, in a folder named
after everything that the training depends on. So none can be taken up by another training.
"""

import shutil
import sys
from collections.abc import Callable
from pathlib import Path

from nncore.archive import ArchiveError
from nncore.checkpoints import load_checkpoint, save_checkpoint
from nncore.team import Team, first, leads
from nncore.training import Training
from stages.files import replacing

# The last may be damaged, so the one before it is kept too.
KEPT = 2


def resume(make: Callable[[], Training], folder: Path, team: Team | None = None) -> Training:
    """Return a training from the newest sound checkpoint in `folder`, or else a new one.

    A damaged checkpoint is set aside under another name, with a line that says so. In a team
    rank 0 alone looks at the folder, and the others take over its state.
    """
    for path in first(team, _checkpoints(folder)[::-1]):
        training = make()
        if first(team, leads(team) and _load(path, training)):
            if team:
                training.restore(first(team, training.snapshot()))
            print(f"going on after epoch {len(training.history) - 1}, from {path}\n")
            return training
    return make()


def _load(path: Path, training: Training) -> bool:
    """Take up a checkpoint, or set it aside; tell which."""
    try:
        load_checkpoint(path, training)
    except ArchiveError as error:
        aside = path.replace(path.with_suffix(".damaged"))
        print(f"{error}; set aside as {aside.name} until this training ends", file=sys.stderr)
        return False
    return True


def checkpoint(training: Training, folder: Path) -> None:
    """Write a checkpoint and remove all but the last `KEPT`."""
    epoch = len(training.history) - 1
    with replacing(folder / f"epoch-{epoch:06}.npz") as temporary:
        save_checkpoint(temporary, training)
    for path in _checkpoints(folder)[:-KEPT]:
        path.unlink(missing_ok=True)


def forget(folder: Path) -> None:
    """Remove the checkpoints of a training whose results are all written."""
    shutil.rmtree(folder, ignore_errors=True)


def _checkpoints(folder: Path) -> list[Path]:
    return sorted(folder.glob("epoch-*.npz"))
