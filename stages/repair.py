"""Mend the files that a killed DVC leaves half written, so that the next `dvc repro` goes on.

DVC empties `.dvc/tmp/rwlock` and `dvc.lock` before it writes them anew, as it does some others. A
SIGKILL or a power cut at that moment leaves them empty or cut short, and DVC then refuses to run.
It creates the folder of an entry of its run cache before the file in it. If it was killed between
the two, it can't run the stage of that entry again.
"""

import json
import os
import re
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from dvc.exceptions import DvcException
from dvc.lock import LockError, make_lock
from dvc.repo import Repo
from dvc.rwlock import RWLOCK_LOCK

from nncore.errors import NncoreError
from stages.shared.command import run
from stages.shared.dvc_lockfile import is_cut, mend_lock
from stages.shared.dvc_rwlock import is_clean, mend_rwlock

# DVC copies a file out of its cache under such a name.
_TEMPORARY = re.compile(r".*\.[\w-]{22}\.tmp", re.ASCII)


class RepairError(NncoreError):
    """A file that only its author can mend, or a DVC process that runs."""


def repair() -> None:
    """Mend what a killed DVC has left half written, and print a line for each file.

    It removes a broken .dvc/tmp/rwlock, empty entries of DVC's run cache, and DVC's temporary files
    in that cache and beside outputs. It restores a broken dvc.lock from Git, or removes it: DVC
    takes from its cache what stages have computed since then. It reports an empty params.yaml,
    leaves it alone and ends with exit code 1.
    """
    pipelines = []
    for name, folders, files in os.walk("."):
        folder = Path(name)
        if ".dvc" in folders:
            _report(_mend_records(folder / ".dvc" / "tmp"))
            _report(_mend_run_cache(folder / ".dvc" / "cache" / "runs"))
        if "dvc.yaml" in files:
            pipelines.append(folder)
            _report(_mend_lock(folder / "dvc.lock"))
        _report(_remove_temporary([folder / file for file in files if _TEMPORARY.fullmatch(file)]))
        folders[:] = sorted(folder for folder in folders if not folder.startswith("."))
    for folder in pipelines:
        _check_parameters(folder / "params.yaml")


def _report(lines: Iterator[str]) -> None:
    for line in lines:
        print(line, flush=True)


# Another DVC may be writing a file that looks broken. So each is read twice: the second time under
# DVC's own lock or, where DVC takes none, after the time that it takes to open the project.
def _mend_records(folder: Path) -> Iterator[str]:
    """Mend the records of processes that DVC's commands, and its experiments, keep in a folder."""
    experiments = folder / "exps"
    for locked in (folder, experiments):
        if not is_clean(locked):
            with _project(folder) as repo, _guard(repo, locked):
                yield from mend_rwlock(locked)
    broken = [path for path in experiments.glob("run/*/*.run") if not _is_json(path)]
    if broken:
        with _project(folder):
            for path in broken:
                if path.exists() and not _is_json(path):
                    path.unlink()
                    yield f"{path}, the record of an experiment, was broken: removed it"


def _is_json(path: Path) -> bool:
    try:
        json.loads(path.read_bytes())
    except ValueError:
        return False
    return True


def _mend_run_cache(runs: Path) -> Iterator[str]:
    """Remove entries of the run cache that lack their file: no stage that has one can run."""
    yield from _remove_temporary(
        [path for path in runs.glob("*/*/*") if _TEMPORARY.fullmatch(path.name)]
    )
    empty = [entry for entry in runs.glob("*/*") if not any(entry.iterdir())]
    if empty:
        # An experiment in a copy of the project fills the same cache under a lock of its own.
        with _project(runs) as repo, repo.lock:
            for entry in empty:
                if not any(entry.iterdir()):
                    entry.rmdir()
                    yield f"{entry}, an entry of DVC's run cache, was empty: removed it"


def _mend_lock(path: Path) -> Iterator[str]:
    if path.exists() and is_cut(path.read_bytes()):
        with _project(path.parent) as repo, repo.lock:
            if is_cut(path.read_bytes()):
                yield mend_lock(path)


def _remove_temporary(paths: list[Path]) -> Iterator[str]:
    if paths:
        with _project(paths[0].parent) as repo, repo.lock:
            for path in paths:
                if path.exists():
                    path.unlink()
                    yield f"{path} was left by a killed DVC: removed it"


@contextmanager
def _project(folder: Path) -> Iterator[Any]:
    """Open the DVC project that a folder belongs to."""
    try:
        with Repo(str(folder)) as repo:
            yield repo
    except LockError as error:
        raise RepairError(
            "expected no other DVC process in this project, got one; wait until it ends"
        ) from error
    except (DvcException, sqlite3.Error) as error:
        raise RepairError(f"expected a project that DVC can open, got: {error}") from error


def _guard(repo: Any, folder: Path) -> Any:  # noqa: ANN401  DVC has no types
    """Return the lock under which every DVC reads and writes the rwlock of a folder."""
    return make_lock(
        str(folder / RWLOCK_LOCK),
        tmp_dir=str(folder),
        hardlink_lock=repo.config["core"].get("hardlink_lock", False),
    )


def _check_parameters(path: Path) -> None:
    if path.exists() and not path.read_bytes().strip(b"\0"):
        raise RepairError(
            f"{path} is empty, as a killed `dvc exp run -S` leaves it; "
            f"to have it as in Git, type: git restore {path}"
        )


if __name__ == "__main__":
    run(repair)
