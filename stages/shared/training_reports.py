"""The reports of a training: its history, the movement of its weights and its metrics."""

import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from nncore.training.history import EpochRecord
from nncore.training.loop import Training
from stages.shared.files import write_csv, write_json

HISTORY_COLUMNS = (
    "epoch",
    "lr",
    "train_loss",
    "train_accuracy",
    "validation_loss",
    "validation_accuracy",
)
REPORTS = ("history.csv", "train.json", "weights.csv")
WEIGHT_COLUMNS = ("epoch", "layer", "norm", "from_start", "from_last")
# The least number of seconds between two updates of live reports.
PAUSE = 1.0
# The fraction of the training's time that the updates may take.
BUDGET = 0.004


def write_reports(folder: Path, training: Training, kept: EpochRecord) -> None:
    """Write history.csv, weights.csv and train.json of a training of which an epoch is kept."""
    history = training.history
    write_csv(
        folder / "history.csv",
        HISTORY_COLUMNS,
        ([getattr(r, c) for c in HISTORY_COLUMNS] for r in history),
    )
    write_csv(folder / "weights.csv", WEIGHT_COLUMNS, _weight_rows(history))
    write_json(folder / "train.json", _metrics(training, kept))


@contextmanager
def live_reports(folder: Path, training: Training) -> Iterator[Callable[[], None]]:
    """Yield a function that updates the reports if DVC runs this stage and it is time to.

    DVC has deleted them before, shows them while they grow, and takes a stage for finished only
    when its command has succeeded. They are removed if the training fails. Outside of DVC the
    reports of the training before still exist, and a stopped training must leave them whole.
    """
    if "DVC_STAGE" not in os.environ:
        yield lambda: None
        return
    due = 0.0

    def update() -> None:
        nonlocal due
        start = time.monotonic()
        if start < due:
            return
        with suppress(OSError):
            # The end of the training reports a full disk.
            write_reports(folder, training, training.history[-1])
        end = time.monotonic()
        due = end + max(PAUSE, (end - start) / BUDGET)

    try:
        yield update
    except BaseException:
        for name in REPORTS:
            with suppress(OSError):
                (folder / name).unlink(missing_ok=True)
        raise


def _weight_rows(history: list[EpochRecord]) -> Iterator[tuple[float, ...]]:
    for record in history:
        for layer, norms in enumerate(record.layers, start=1):
            yield record.epoch, layer, norms.norm, norms.distance_from_init, norms.update_size


def _metrics(training: Training, kept: EpochRecord) -> dict[str, Any]:
    scores = {
        "train": (kept.train_accuracy, kept.train_loss),
        "validation": (kept.validation_accuracy, kept.validation_loss),
    }
    return {
        "epochs": len(training.history) - 1,
        "kept_epoch": kept.epoch,
        "parameters": training.network.parameters.size,
        # A regression has no accuracy.
        **{
            name: {"loss": loss} if accuracy is None else {"accuracy": accuracy, "loss": loss}
            for name, (accuracy, loss) in scores.items()
            if loss is not None
        },
    }
