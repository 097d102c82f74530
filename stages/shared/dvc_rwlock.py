"""DVC's record of which process holds which files, and what a killed process leaves in it."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil
from dvc.rwlock import RWLOCK_FILE, SCHEMA
from voluptuous import Invalid

from nncore.files import atomic_write
from stages.shared.dvc_lockfile import describe_damage


def is_clean(folder: Path) -> bool:
    """Return whether the record in a folder is sound and names no process."""
    record = _read_record(folder / RWLOCK_FILE)
    return record is not None and not _processes(record)


def mend_rwlock(folder: Path) -> Iterator[str]:
    """Remove a broken record; release the files of killed processes in a sound one, if DVC can't.

    The caller holds the lock under which every DVC reads and writes the record.

    Yields
    ------
    str
        A line for each repair.
    """
    path = folder / RWLOCK_FILE
    record = _read_record(path)
    if record is None:
        fault = describe_damage(path.read_bytes())
        path.unlink()
        yield f"{path} was {fault}: removed it; DVC begins a new one"
        return
    for number in sorted(_processes(record)):
        if _is_another(number, path.stat().st_mtime):
            _release(record, number)
            atomic_write(path, json.dumps(record).encode())
            yield f"{path} reserved files for the killed DVC process {number}: released them"


def _read_record(path: Path) -> dict[str, Any] | None:
    """Return which processes hold which files, or None where DVC refuses the record."""
    try:
        record: dict[str, Any] = SCHEMA(json.loads(path.read_bytes()) if path.exists() else {})
    except (ValueError, Invalid):
        return None
    return record


def _processes(record: dict[str, Any]) -> set[int]:
    readers = (info for infos in record["read"].values() for info in infos)
    return {info["pid"] for info in (*record["write"].values(), *readers)}


def _is_another(number: int, written: float) -> bool:
    """Return whether the DVC that wrote this number at that time has ended, but a process has it.

    DVC itself releases the files of a number that no process has, and waits for all others.
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


def _release(record: dict[str, Any], number: int) -> None:
    record["write"] = {key: info for key, info in record["write"].items() if info["pid"] != number}
    for key, infos in record["read"].items():
        record["read"][key] = [info for info in infos if info["pid"] != number]
