"""Checkpoints: an interrupted training resumes after its last complete epoch.

DVC deletes the outputs of a stage before it runs, so checkpoints are not outputs. The name of their
folder is a digest of everything that the training depends on, so no other training loads them.
"""

import errno
import shutil
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
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
    """Lock the folder of a training's checkpoints until the context or this process ends.

    The file of the lock lies beside the folder, and stays: a lock on a file that somebody deletes
    keeps nobody out.

    Raises
    ------
    BusyError
        Another process holds the lock.
    """
    folder.parent.mkdir(parents=True, exist_ok=True)
    path = folder.with_suffix(".lock")
    try:
        lock = SimpleLockFile(str(path))
    except LockError as error:
        fault = error.__context__
        if isinstance(fault, OSError) and fault.errno not in {errno.EACCES, errno.EAGAIN}:
            # A file system without locks.
            yield
            return
        raise BusyError(f"{path}: another process runs this training; wait for it") from None
    try:
        yield
    finally:
        lock.close()


def resume(
    new_training: Callable[[], Training], folder: Path, communicator: Communicator | None = None
) -> Training:
    """Return a training from the newest intact checkpoint in `folder`, or else a new one.

    A damaged checkpoint is renamed, and a line on standard error names it. Under a communicator
    only rank 0 reads the folder; the other ranks receive its state.
    """
    if is_root(communicator):
        # A folder, or a link to nothing, would be in the way of a checkpoint.
        for path in _checkpoints(folder):
            if not path.is_file():
                renamed = _set_aside(path)
                print(f"{path}: expected a file; set aside as {renamed.name}", file=sys.stderr)
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
    except ArchiveError as error:
        renamed = _set_aside(path)
        print(f"{error}; set aside as {renamed.name} until this training ends", file=sys.stderr)
        return False
    return True


def _set_aside(path: Path) -> Path:
    """Rename what is no checkpoint; return its new path."""
    renamed = path.with_suffix(".damaged")
    if renamed.is_dir() and not renamed.is_symlink():
        shutil.rmtree(renamed)
    else:
        renamed.unlink(missing_ok=True)
    return path.replace(renamed)


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
