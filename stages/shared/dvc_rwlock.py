"""DVC's record of which process holds which files, and what a killed process leaves in it."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil
from dvc.rwlock import RWLOCK_FILE, SCHEMA
from voluptuous import Invalid

from nncore.files import atomic_write


def is_clean(folder: Path) -> bool:
    """Tell whether the record in a folder is sound and names no process."""
    held = _held(folder / RWLOCK_FILE)
    return held is not None and not _processes(held)


def mend_rwlock(folder: Path) -> Iterator[str]:
    """Remove a broken record; else release what it keeps for a killed process, if DVC can't.

    The caller holds the lock under which every DVC reads and writes the record.

    Yields
    ------
    str
        A line for each thing that was mended.
    """
    path = folder / RWLOCK_FILE
    held = _held(path)
    if held is None:
        found = "cut short" if path.read_bytes().strip(b"\0") else "empty"
        path.unlink()
        yield f"{path} was {found}: removed it; DVC begins a new one"
        return
    for number in sorted(_processes(held)):
        if _is_another(number, path.stat().st_mtime):
            _release(held, number)
            atomic_write(path, json.dumps(held).encode())
            yield f"{path} reserved files for the killed DVC process {number}: released them"


def _held(path: Path) -> dict[str, Any] | None:
    """Return which processes hold which files, or None where DVC refuses the record."""
    try:
        held: dict[str, Any] = SCHEMA(json.loads(path.read_bytes()) if path.exists() else {})
    except (ValueError, Invalid):
        return None
    return held


def _processes(held: dict[str, Any]) -> set[int]:
    readers = (info for infos in held["read"].values() for info in infos)
    return {info["pid"] for info in (*held["write"].values(), *readers)}


def _is_another(number: int, written: float) -> bool:
    """Tell whether a process of this number lives, and is not the DVC that wrote it at that time.

    DVC itself releases what processes hold that are no more, and waits for all that live.
    """
    try:
        process = psutil.Process(number)
        if process.status() == psutil.STATUS_ZOMBIE:
            return True
        # Linux counts the start of a process from that of the system, known to a second.
        later = process.create_time() > written + 1
        return later and "dvc" not in " ".join(process.cmdline())
    except psutil.Error:
        return False


def _release(held: dict[str, Any], number: int) -> None:
    held["write"] = {key: info for key, info in held["write"].items() if info["pid"] != number}
    for key, infos in held["read"].items():
        held["read"][key] = [info for info in infos if info["pid"] != number]
