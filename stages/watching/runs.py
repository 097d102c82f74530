"""The trainings in a folder of journals: a summary of each, read as the journals grow."""

import os
import threading
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from stages.journal.files import complete_lines, is_alive, journals

# A process that is silent for so long, and for so many epochs, is stale.
STALE_SECONDS = 60.0
STALE_EPOCHS = 10
# The most settings that a summary names; those with the most values come first.
MAX_SETTINGS = 4
_SHOWN = ("train_loss", "validation_loss", "train_accuracy", "validation_accuracy")


class Tail:
    """The events of a growing journal, from its beginning."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._identity: tuple[int, int] | None = None
        self._position = 0

    def read(self) -> tuple[bool, list[dict[str, Any]]]:
        """Return whether the file was replaced since the last call, and the events since then.

        Raises
        ------
        OSError
            The file can't be read.
        """
        with self._path.open("rb") as file:
            status = os.fstat(file.fileno())
            identity = status.st_dev, status.st_ino
            is_new = identity != self._identity or status.st_size < self._position
            if is_new:
                self._identity, self._position = identity, 0
            file.seek(self._position)
            content = file.read()
        self._position += content.rfind(b"\n") + 1
        return is_new, list(complete_lines(content))


class Run:
    """A training in the list: its first, latest and last event."""

    def __init__(self, name: str, path: Path) -> None:
        self._name = name
        self._tail = Tail(path)
        self._start: dict[str, Any] = {}
        self._last: dict[str, Any] = {}
        self._end: dict[str, Any] = {}

    def update(self) -> None:
        """Read the new events of the journal."""
        is_new, events = self._tail.read()
        if is_new:
            self._start, self._last, self._end = {}, {}, {}
        for event in events:
            if event["event"] == "start":
                self._start, self._end = event, {}
            elif event["event"] == "epoch":
                self._last = event
            elif event["event"] == "end":
                self._end = event

    @property
    def parameters(self) -> dict[str, Any]:
        """The parameters by their dotted keys."""
        parameters = self._start.get("parameters")
        return parameters if isinstance(parameters, dict) else {}

    def summary(self, now: float) -> dict[str, Any]:
        """Return a line of the list, at a time in seconds."""
        epoch, epochs = _number(self._last, "epoch"), _number(self._start, "epochs")
        started, latest = _number(self._start, "time"), _number(self._last, "time")
        done = epoch - _number(self._start, "first_epoch")
        pace = (latest - started) / done if done > 0 else 0.0
        state = self._state(now - (latest or started), pace)
        left = max(epochs - epoch, 0) * pace - (now - latest)
        return {
            "id": self._name,
            "name": str(self._start.get("name", self._name)),
            "state": state,
            "message": str(self._end.get("message", "")),
            "started": started,
            "epoch": epoch,
            "epochs": epochs,
            "left": max(round(left), 0) if state == "running" and pace else None,
            **{key: self._last.get(key) for key in _SHOWN},
        }

    def _state(self, silence: float, pace: float) -> str:
        if self._end:
            return str(self._end.get("state", "finished"))
        alive = is_alive(self._start)
        if alive is False:
            return "killed"
        return "stale" if silence > max(STALE_SECONDS, STALE_EPOCHS * pace) else "running"


class Runs:
    """All trainings of a folder, for several threads."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._runs: dict[str, Run] = {}
        self._lock = threading.Lock()

    def path(self, name: str) -> Path | None:
        """Return the path of a journal by the id of its training, None if there is none."""
        return journals(self._folder).get(name)

    def summaries(self) -> list[dict[str, Any]]:
        """Return a line for each training, the latest start first."""
        with self._lock:
            return self._summaries()

    def _summaries(self) -> list[dict[str, Any]]:
        paths = journals(self._folder)
        runs: dict[str, Run] = {}
        for name, path in paths.items():
            run = self._runs.get(name) or Run(name, path)
            try:
                run.update()
            except OSError:
                # Deleted meanwhile, or not for this user to read.
                continue
            runs[name] = run
        self._runs = runs
        now = time.time()
        differing = _differing([run.parameters for run in runs.values()])
        lines = []
        for run in runs.values():
            shown = [key for key in differing if key in run.parameters][:MAX_SETTINGS]
            settings = {key: run.parameters[key] for key in shown}
            lines.append({**run.summary(now), "settings": settings})
        return sorted(lines, key=lambda line: -line["started"])


def _differing(parameters: Sequence[Mapping[str, Any]]) -> list[str]:
    """Return the keys with several values among the runs, those with the most values first."""
    values: dict[str, set[str]] = {}
    for run in parameters:
        for key, value in run.items():
            values.setdefault(key, set()).add(repr(value))
    differing = [key for key in values if len(values[key]) > 1]
    return sorted(differing, key=lambda key: -len(values[key]))


def _number(event: Mapping[str, Any], key: str) -> float:
    value = event.get(key)
    return value if isinstance(value, int | float) else 0
