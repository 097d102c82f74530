"""Checkpoints: an interrupted training resumes after its last complete epoch.

DVC deletes the outputs of a stage before it runs, so checkpoints are not outputs. The name of their
folder is a digest of everything that the training depends on, so no other training loads them.
"""

import shutil
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from zc.lockfile import LockError, SimpleLockFile  # type: ignore[import-untyped]

from nncore.errors import ArchiveError, NncoreError
from nncore.parallel import Communicator, broadcast, is_root
from nncore.training.checkpoint import load_checkpoint, save_checkpoint
from nncore.training.loop import Training
from stages.shared.files import output_path

# The newest checkpoint may be damaged, so the one before it stays too.
MAX_CHECKPOINTS = 2


class BusyError(NncoreError):
    """Another process trains the same network on the same data in this folder."""


@contextmanager
def only_training(folder: Path) -> Iterator[None]:
    """Hold the folder of a training's checkpoints; it is free again when this process ends.

    Raises
    ------
    BusyError
        Another process holds it.
    """
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "lock"
    try:
        lock = SimpleLockFile(str(path))
    except LockError:
        raise BusyError(f"{path}: another process runs this training; wait for it") from None
    try:
        yield
    finally:
        # Nothing is left of a training that has failed before its first checkpoint.
        path.unlink(missing_ok=True)
        with suppress(OSError):
            folder.rmdir()
        lock.close()


def resume(
    new_training: Callable[[], Training], folder: Path, communicator: Communicator | None = None
) -> Training:
    """Return a training from the newest intact checkpoint in `folder`, or else a new one.

    A damaged checkpoint is renamed, and a line on standard error names it. Under a communicator
    only rank 0 reads the folder; the other ranks receive its state.
    """
    for path in broadcast(communicator, _checkpoints(folder)[::-1]):
        training = new_training()
        if broadcast(communicator, is_root(communicator) and _load(path, training)):
            if communicator:
                training.load_state(broadcast(communicator, training.state()))
            print(f"resuming after epoch {len(training.history) - 1}, from {path}\n")
            return training
    return new_training()


def _load(path: Path, training: Training) -> bool:
    """Load a checkpoint and return True; rename a damaged one and return False."""
    try:
        load_checkpoint(path, training)
    # A folder, or a link to nothing, is no checkpoint either.
    except (ArchiveError, IsADirectoryError, FileNotFoundError) as error:
        renamed = path.replace(path.with_suffix(".damaged"))
        fault = error if isinstance(error, ArchiveError) else f"{path}: {error.strerror}"
        print(f"{fault}; set aside as {renamed.name} until this training ends", file=sys.stderr)
        return False
    return True


def write_checkpoint(training: Training, folder: Path) -> None:
    """Write a checkpoint and delete all but the newest `MAX_CHECKPOINTS`."""
    epoch = len(training.history) - 1
    with output_path(folder / f"epoch-{epoch:06}.npz") as temporary:
        save_checkpoint(temporary, training)
    for path in _checkpoints(folder)[:-MAX_CHECKPOINTS]:
        path.unlink(missing_ok=True)


def delete_checkpoints(folder: Path) -> None:
    """Delete the checkpoints of a training after all its results have been written."""
    shutil.rmtree(folder, ignore_errors=True)


def _checkpoints(folder: Path) -> list[Path]:
    return sorted(folder.glob("epoch-*.npz"))
