"""The journal of a training: one line of JSON for each event, for `python -m stages.watch`.

It is the one place where the project writes times, and no result depends on it.
"""

import json
import math
import os
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from nncore.config.training import TrainingSettings
from nncore.data.dataset import Data
from nncore.errors import as_line
from nncore.network.network import Network
from nncore.training.loop import Training
from stages.journal.content import (
    Thumbnails,
    describe,
    json_value,
    layer_values,
    picture_values,
    record_values,
)
from stages.journal.files import journal_folder, path_for, prune, writer_identity
from stages.journal.observer import TrainingObserver

# The fractions of the training's time that the journal may take with pictures and confusions, and
# that observing each layer may take. The rest is a line of some hundred bytes for each epoch.
BUDGET, OBSERVATION_BUDGET = 0.012, 0.004
# Epochs of a training that have pictures: they bound the size of a journal.
MAX_PICTURED_EPOCHS = 200


class Journal:
    """A journal that is written while a training runs.

    A fault of the disk ends the journal with one line, and never the training.

    Attributes
    ----------
    observer : what `Training` needs as its argument `observer`; None if no journal is written
    """

    def __init__(
        self,
        identity: str,
        name: str,
        network: Network,
        settings: TrainingSettings,
        validation: Data | None,
        *,
        class_names: tuple[str, ...] | None = None,
        thumbnails: Thumbnails | None = None,
    ) -> None:
        """Prepare a journal; `begin` writes its first line.

        Parameters
        ----------
        identity : name of the file; a training that resumes has that of its beginning
        name : name of the training, unless DVC names its experiment or stage
        """
        folder = journal_folder()
        self.observer = TrainingObserver(network, validation) if folder else None
        self._folder = folder
        self._identity = identity
        self._name = name
        self._network, self._settings, self._validation = network, settings, validation
        self._class_names, self._thumbnails = class_names, thumbnails
        self._descriptor: int | None = None
        self._is_pictured = True
        self._stride = math.ceil(settings.epochs / MAX_PICTURED_EPOCHS) or 1
        self._started = time.perf_counter()
        self._seconds = 0.0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None
    ) -> None:
        """Write how the training ended."""
        state, message = "finished", ""
        if isinstance(error, SystemExit | KeyboardInterrupt):
            state = "interrupted"
        elif kind:
            state, message = "failed", as_line(str(error) or kind.__name__)
        self._guarded(lambda: self._write("end", state=state, message=message))
        self._close()

    def begin(self, training: Training) -> None:
        """Describe the training, and write the records that it has so far."""
        self._guarded(lambda: self._begin(training))
        # A few milliseconds, once: out of the budget of a short training's first epochs.
        self._seconds = 0.0

    def record(self, training: Training) -> None:
        """Write what the last epoch of the training has brought."""
        self._guarded(lambda: self._record(training))

    def _begin(self, training: Training) -> None:
        if self._folder is None:
            return
        resumes = len(training.history) > 1
        self._folder.mkdir(parents=True, exist_ok=True)
        prune(self._folder)
        path = path_for(self._folder, self._identity)
        if not resumes:
            path.unlink(missing_ok=True)
        begins_anew = not path.exists()
        flags = os.O_CREAT | os.O_APPEND | os.O_WRONLY | getattr(os, "O_BINARY", 0)
        self._descriptor = os.open(path, flags, 0o644)
        if not begins_anew:
            # Ends a line that a killed process has begun.
            self._append(b"\n")
        self._write(
            "start",
            name=_dvc_name() or self._name,
            **writer_identity(),
            first_epoch=0 if begins_anew else len(training.history) - 1,
            **describe(self._network, self._settings, self._class_names, self._thumbnails),
        )
        for record in training.history[0 if begins_anew else -1 : -1]:
            self._write("epoch", **record_values(record))
        # A training that resumes has observed epoch 0, not that of its checkpoint.
        self._record(training, is_observed=not resumes)

    def _record(self, training: Training, *, is_observed: bool = True) -> None:
        observer = self.observer
        if observer is None or self._descriptor is None:
            return
        record = training.history[-1]
        values = record_values(record)
        if observer.enabled and is_observed:
            values |= layer_values(observer)
            if self._is_pictured:
                values |= picture_values(
                    self._network, observer, self._validation, self._thumbnails
                )
        self._write("epoch", **values)
        elapsed = time.perf_counter() - self._started
        observer.next_epoch(enabled=observer.seconds < OBSERVATION_BUDGET * elapsed)
        following = record.epoch + 1
        is_due = following % self._stride == 0 or following == self._settings.epochs
        self._is_pictured = is_due and self._seconds + observer.seconds < BUDGET * elapsed

    def _write(self, event: str, **values: Any) -> None:  # noqa: ANN401  JSON holds anything
        line = {"event": event, "time": round(time.time(), 3), **json_value(values)}
        text = json.dumps(line, separators=(",", ":"), allow_nan=False)
        self._append(text.encode() + b"\n")

    def _append(self, content: bytes) -> None:
        # One call, so that a reader sees whole lines.
        if self._descriptor is not None and os.write(self._descriptor, content) < len(content):
            raise OSError("no room for a line")

    def _guarded(self, action: Callable[[], None]) -> None:
        start = time.perf_counter()
        try:
            action()
        except (OSError, MemoryError) as error:
            self._close()
            if self.observer:
                self.observer.enabled = False
            fault = getattr(error, "strerror", None) or error
            print(f"journal {self._folder}: {fault}; the training goes on without its journal")
        self._seconds += time.perf_counter() - start

    def _close(self) -> None:
        if self._descriptor is not None:
            with suppress(OSError):
                os.close(self._descriptor)
        self._descriptor = None


def _dvc_name() -> str:
    """Return the name of the experiment or stage that DVC runs, empty outside of DVC."""
    stage, experiment = (os.environ.get(f"DVC_{key}", "") for key in ("STAGE", "EXP_NAME"))
    return experiment or Path(stage).name
