"""The results of a sweep as tables: the candidates, best first, and their trials."""

import json
import math
import shlex
import statistics
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import NamedTuple

from pydantic import JsonValue

from nncore.text_tables import format_table
from stages.shared.dotted_keys import format_value
from stages.shared.files import round_floats, write_csv, write_text
from stages.sweeps.settings import Assignment
from stages.sweeps.trial import TrialResult

# Attributes of a result, in the order of the columns.
RESULT_COLUMNS = (
    *("status", "epochs", "kept_epoch", "parameters", "train_loss", "train_accuracy"),
    *("validation_loss", "validation_accuracy", "note"),
)
# The CSV file has all candidates.
MAX_CANDIDATES_PRINTED = 20


class Candidate(NamedTuple):
    """An assignment of values to the parameters of a sweep, and its results by seed.

    Attributes
    ----------
    number : position in the order of the trials, from 1
    values : the value of each parameter
    """

    number: int
    values: Assignment
    results: dict[int, TrialResult]

    def objectives(self, objective: str) -> list[float]:
        """Return the objectives of all seeds; an empty list if any seed diverged."""
        values = [getattr(result, objective) for result in self.results.values()]
        return [] if None in values else values

    def mean(self, objective: str) -> float | None:
        """Return the mean over the seeds; None if any seed diverged."""
        values = self.objectives(objective)
        return statistics.fmean(values) if values else None

    def std(self, objective: str) -> float | None:
        """Return the standard deviation of the sample of seeds; None for a single seed."""
        values = self.objectives(objective)
        return statistics.stdev(values) if len(values) > 1 else None


def ranked(candidates: Iterable[Candidate], objective: str) -> list[Candidate]:
    """Return candidates by their mean, the best first; ties by number, diverged ones last."""
    sign = 1 if objective.endswith("loss") else -1

    def sort_key(candidate: Candidate) -> tuple[float, int]:
        # Means that are equal in the file may differ in the last bit of their sums.
        mean = round_floats(candidate.mean(objective))
        return math.inf if mean is None else sign * mean, candidate.number

    return sorted(candidates, key=sort_key)


def parameter_names(candidates: Iterable[Candidate]) -> list[str]:
    """Return the parameters of all candidates, in order."""
    return list(dict.fromkeys(key for candidate in candidates for key in candidate.values))


def varying_keys(candidates: Sequence[Candidate]) -> list[str]:
    """Return the parameters whose values differ between candidates."""
    return [
        key
        for key in parameter_names(candidates)
        if len({json.dumps(candidate.values[key]) for candidate in candidates}) > 1
    ]


def write_trials(path: Path, candidates: Sequence[Candidate]) -> None:
    """Write a row for each trial."""
    keys = parameter_names(candidates)
    rows = (
        [
            candidate.number,
            *(format_value(candidate.values[key]) for key in keys),
            seed,
            *(getattr(result, name) for name in RESULT_COLUMNS),
        ]
        for candidate in candidates
        for seed, result in candidate.results.items()
    )
    write_csv(path, ("setting", *keys, "train.seed", *RESULT_COLUMNS), rows)


def write_settings(path: Path, candidates: Iterable[Candidate], objective: str) -> None:
    """Write candidates, mean and spread of their objective, and their trials as JSON."""
    content = {
        "objective": objective,
        "settings": [
            {
                "setting": candidate.number,
                # Parameters keep all their digits.
                "parameters": candidate.values,
                "mean": round_floats(candidate.mean(objective)),
                "std": round_floats(candidate.std(objective)),
                "trials": [
                    {"seed": seed}
                    | {name: round_floats(value) for name, value in result.model_dump().items()}
                    for seed, result in candidate.results.items()
                ],
            }
            for candidate in candidates
        ],
    }
    text = json.dumps(content, indent=2, ensure_ascii=False, allow_nan=False)
    write_text(path, text + "\n")


def summary(candidates: Sequence[Candidate], objective: str) -> str:
    """Return a table of the best candidates, and the command that trains the best one."""
    keys = varying_keys(candidates) or parameter_names(candidates)[:1]
    rows = [[*keys, "n", objective]]
    for candidate in candidates[:MAX_CANDIDATES_PRINTED]:
        mean, std = candidate.mean(objective), candidate.std(objective)
        spread = "" if std is None else f" ± {std:.5f}"
        result = "diverged" if mean is None else f"{mean:.5f}{spread}"
        values = (format_value(candidate.values[key]) for key in keys)
        rows.append([*values, str(len(candidate.results)), result])
    lines = [format_table(rows, "<")]
    if (more := len(candidates) - MAX_CANDIDATES_PRINTED) > 0:
        lines.append(f"and {more} more")
    best = candidates[0]
    if best.mean(objective) is not None:
        options = [
            f"-S {shlex.quote(f'{key}={_command_line_value(best.values[key])}')}"
            for key in best.values
        ]
        options.append(f"-S train.seed={next(iter(best.results))}")
        lines += ["", f"dvc exp run {' '.join(options)}"]
    return "\n".join(lines)


def _command_line_value(value: JsonValue) -> str:
    """Return a value in the syntax of `dvc exp run -S`."""
    return format_value(value).replace('"', "").replace(" ", "")
