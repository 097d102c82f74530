"""Files of journals: where they lie, what a line holds, which process writes, how many stay."""

import json
import os
import platform
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

VARIABLE = "NNCORE_JOURNAL"
FOLDER = ".journal"
SUFFIX = ".jsonl"
# Limits of all journals together. The newest stay.
MAX_JOURNALS = 100
MAX_TOTAL_BYTES = 200_000_000
# DVC runs queued experiments, and those of `--temp`, in copies of the repository below this folder.
_COPIES = (".dvc", "tmp", "exps")


def journal_folder() -> Path | None:
    """Return the folder of the journals, or None if the variable NNCORE_JOURNAL is empty.

    Without the variable, it is the folder `.journal` in the Git repository of the current folder.
    All experiments that DVC runs in copies of a repository share the folder of that repository.
    """
    name = os.environ.get(VARIABLE)
    if name is not None:
        return Path(name) if name else None
    return _repository(Path.cwd()) / FOLDER


def _repository(folder: Path) -> Path:
    parts = folder.parts
    starts = range(len(parts) - len(_COPIES) + 1)
    copy = next((i for i in starts if parts[i : i + len(_COPIES)] == _COPIES), len(parts))
    original = Path(*parts[:copy])
    repositories = (path for path in (original, *original.parents) if (path / ".git").exists())
    return next(repositories, folder)


def journals(folder: Path) -> dict[str, Path]:
    """Return the journals in a folder by the ids of their trainings, the newest first."""
    by_time: list[tuple[float, str, Path]] = []
    for path in folder.glob(f"*{SUFFIX}"):
        with suppress(OSError):
            by_time.append((path.stat().st_mtime, path.stem, path))
    return {name: path for _, name, path in sorted(by_time, reverse=True)}


def complete_lines(content: bytes) -> Iterator[dict[str, Any]]:
    """Yield the events in the complete lines of a journal; what is no event is passed over.

    A process that is killed, or that finds no room on the disk, leaves a part of a line.
    """
    *lines, _ = content.split(b"\n")
    for line in lines:
        with suppress(ValueError, RecursionError):
            event = json.loads(line)
            if isinstance(event, dict) and isinstance(event.get("event"), str):
                yield event


def writer_identity() -> dict[str, Any]:
    """Return what `is_alive` needs to recognize this process."""
    return {"host": platform.node(), "process": os.getpid()}


def is_alive(start: Mapping[str, Any]) -> bool | None:
    """Return whether the process that wrote an event `start` runs; None on another host."""
    number, written = start.get("process"), start.get("time")
    if start.get("host") != platform.node():
        return None
    if not isinstance(number, int) or not isinstance(written, int | float):
        return False
    import psutil  # noqa: PLC0415  a training rarely needs it

    try:
        process = psutil.Process(number)
        # Linux counts the start of a process from that of the system, known to a second.
        is_older = process.create_time() <= written + 1
        return bool(is_older and process.status() != psutil.STATUS_ZOMBIE)
    except (psutil.Error, ValueError, OverflowError):
        return False


def path_for(folder: Path, identity: str) -> Path:
    """Return the path of a training's journal, another one if a second process writes the first.

    Two copies of a repository may train the same network at the same time.
    """
    path = folder / f"{identity}{SUFFIX}"
    number = 1
    while _is_in_use(path):
        number += 1
        path = folder / f"{identity}-{number}{SUFFIX}"
    return path


def _is_in_use(path: Path) -> bool:
    if not path.exists():
        return False
    start: dict[str, Any] = {}
    ended = False
    for event in complete_lines(path.read_bytes()):
        if event["event"] == "start":
            start = event
        ended = event["event"] == "end"
    is_this_process = start.get("process") == os.getpid()
    return bool(start) and not ended and not is_this_process and is_alive(start) is not False


def prune(folder: Path) -> None:
    """Delete the oldest journals beyond the limits."""
    total = 0
    paths = list(journals(folder).values())
    for number, path in enumerate(paths, start=1):
        with suppress(OSError):
            status = path.stat()
            total += status.st_size
            if number > MAX_JOURNALS or total > MAX_TOTAL_BYTES:
                path.unlink()
