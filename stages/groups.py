"""Runs that differ in their seeds alone, as one group with a mean and a spread."""

import json
import math
import statistics
from collections.abc import Collection, Iterable
from typing import Any, NamedTuple

from stages.experiments import LeftOut, Run

# What a setting is called that is no parameter: the source files.
SOURCE = "source"
# In a metric's last part: less of it is better.
_COSTS = ("error", "loss")


class Summary(NamedTuple):
    """A metric of a group; `std` is the sample's standard deviation, None of a single run."""

    mean: float
    std: float | None
    best: float
    best_run: str


class Group(NamedTuple):
    """Runs that are one but for their seeds, and the settings that they share."""

    settings: dict[str, Any]
    runs: list[Run]

    def summary(self, metric: str) -> Summary:
        """Return mean, spread and best of a metric, which every run has."""
        values = [float(run.metrics[metric]) for run in self.runs]
        sign = 1 if lower_is_better(metric) else -1
        best = min(self.runs, key=lambda run: sign * float(run.metrics[metric]))
        std = statistics.stdev(values) if len(values) > 1 else None
        return Summary(statistics.fmean(values), std, float(best.metrics[metric]), best.name)


def lower_is_better(metric: str) -> bool:
    """Tell whether less of a metric is better: of a loss or an error."""
    return any(word in metric.rpartition(".")[2] for word in _COSTS)


def with_metrics(runs: Iterable[Run], metrics: Collection[str]) -> tuple[list[Run], list[LeftOut]]:
    """Return the runs for which every metric is a finite number, and the others."""
    kept, left_out = [], []
    for run in runs:
        faults = [why for metric in metrics if (why := _fault(run, metric))]
        if faults:
            left_out.append(LeftOut(run.name, faults[0]))
        else:
            kept.append(run)
    return kept, left_out


def grouped(runs: Iterable[Run], over: Collection[str], metric: str) -> list[Group]:
    """Return the groups of runs that differ in the parameters `over` alone, the best mean first.

    The source of a group's runs is the same, too, and named after the first run that has it.
    """
    groups: dict[str, Group] = {}
    sources: dict[str, str] = {}
    for run in runs:
        settings = {key: value for key, value in run.params.items() if key not in over}
        settings[SOURCE] = sources.setdefault(run.source, run.name)
        key = json.dumps(settings, sort_keys=True)
        groups.setdefault(key, Group(settings, [])).runs.append(run)
    sign = 1 if lower_is_better(metric) else -1
    return sorted(groups.values(), key=lambda group: sign * group.summary(metric).mean)


def differing(groups: Iterable[Group]) -> list[str]:
    """Return the settings in which groups differ, in the order of params.yaml, the source last."""
    settings = [group.settings for group in groups]
    keys = dict.fromkeys(key for each in settings for key in each if key != SOURCE)
    return [
        key
        for key in (*keys, SOURCE)
        if len({json.dumps([each[key]]) if key in each else "" for each in settings}) > 1
    ]


def _fault(run: Run, metric: str) -> str:
    value = run.metrics.get(metric)
    if value is None:
        return f"no {metric}"
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        return f"{metric} is {value!r}"
    return ""
