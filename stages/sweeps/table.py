"""The results of a sweep as tables: settings, the best first, and each one's trials."""

import json
import math
import shlex
import statistics
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from pydantic import JsonValue

from stages.files import DIGITS, write_csv, write_text
from stages.sweeps.settings import Assignment
from stages.sweeps.trial import Result

# Of a result, in the order of the columns.
MEASURES = (
    *("status", "epochs", "kept_epoch", "parameters", "train_loss", "train_accuracy"),
    *("validation_loss", "validation_accuracy", "note"),
)
# Settings on the terminal; the CSV file has them all.
SHOWN = 20


class Setting(NamedTuple):
    """Parameters that were tried, and a result for each seed.

    Attributes
    ----------
    number : in the order in which settings were tried, from 1
    """

    number: int
    values: Assignment
    results: dict[int, Result]

    def measured(self, objective: str) -> list[float]:
        """Return the objective of each seed; nothing where any seed diverged."""
        values = [getattr(result, objective) for result in self.results.values()]
        return [] if None in values else values

    def mean(self, objective: str) -> float | None:
        """Return the mean over the seeds; None where any diverged."""
        values = self.measured(objective)
        return statistics.fmean(values) if values else None

    def std(self, objective: str) -> float | None:
        """Return the standard deviation of the sample of seeds; None of a single one."""
        values = self.measured(objective)
        return statistics.stdev(values) if len(values) > 1 else None


def ranked(settings: Iterable[Setting], objective: str) -> list[Setting]:
    """Return settings with the best mean first, of equal ones the earlier, diverged ones last."""
    sign = 1 if objective.endswith("loss") else -1

    def place(setting: Setting) -> tuple[float, int]:
        # As it is written: what is equal there may differ by a sum's last bit.
        mean = _rounded(setting.mean(objective))
        return math.inf if mean is None else sign * mean, setting.number

    return sorted(settings, key=place)


def columns(settings: Iterable[Setting]) -> list[str]:
    """Return the parameters that any setting names, in their order."""
    return list(dict.fromkeys(key for setting in settings for key in setting.values))


def differing(settings: Sequence[Setting]) -> list[str]:
    """Return the parameters in which settings differ."""
    return [
        key
        for key in columns(settings)
        if len({json.dumps(setting.values[key]) for setting in settings}) > 1
    ]


def write_trials(path: Path, settings: Sequence[Setting]) -> None:
    """Write a row for each trial."""
    keys = columns(settings)
    rows = (
        [
            setting.number,
            *(shown(setting.values[key]) for key in keys),
            seed,
            *(getattr(result, name) for name in MEASURES),
        ]
        for setting in settings
        for seed, result in setting.results.items()
    )
    write_csv(path, ("setting", *keys, "train.seed", *MEASURES), rows)


def write_settings(path: Path, settings: Iterable[Setting], objective: str) -> None:
    """Write settings with mean and spread of the objective, and all of each trial, as JSON."""
    content = {
        "objective": objective,
        "settings": [
            {
                "setting": setting.number,
                # As they were given: no digit of a parameter is to be lost.
                "parameters": setting.values,
                "mean": _rounded(setting.mean(objective)),
                "std": _rounded(setting.std(objective)),
                "trials": [
                    {"seed": seed}
                    | {name: _rounded(value) for name, value in result.model_dump().items()}
                    for seed, result in setting.results.items()
                ],
            }
            for setting in settings
        ],
    }
    text = json.dumps(content, indent=2, ensure_ascii=False, allow_nan=False)
    write_text(path, text + "\n")


def summary(settings: Sequence[Setting], objective: str) -> str:
    """Return the best settings as an aligned table, and the command that trains the first."""
    keys = differing(settings) or columns(settings)[:1]
    rows = [[*keys, "n", objective]]
    for setting in settings[:SHOWN]:
        mean, std = setting.mean(objective), setting.std(objective)
        spread = "" if std is None else f" ± {std:.5f}"
        told = "diverged" if mean is None else f"{mean:.5f}{spread}"
        values = (shown(setting.values[key]) for key in keys)
        rows.append([*values, str(len(setting.results)), told])
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = [
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in rows
    ]
    if (more := len(settings) - SHOWN) > 0:
        lines.append(f"and {more} more")
    best = settings[0]
    if best.mean(objective) is not None:
        words = [f"-S {shlex.quote(f'{key}={_typed(best.values[key])}')}" for key in best.values]
        words.append(f"-S train.seed={next(iter(best.results))}")
        lines += ["", f"dvc exp run {' '.join(words)}"]
    return "\n".join(lines)


def shown(value: JsonValue) -> str:
    """Return a parameter's value as text; a string as it is."""
    return value if isinstance(value, str) else json.dumps(value)


def _typed(value: JsonValue) -> str:
    """Return a value as `dvc exp run -S` takes it."""
    return shown(value).replace('"', "").replace(" ", "")


def _rounded(value: Any) -> Any:  # noqa: ANN401  JSON holds anything
    return float(f"{value:.{DIGITS}g}") if isinstance(value, float) else value
