"""Groups of runs that differ only in their seeds, with the mean and spread of their metrics."""

import json
import math
import statistics
from collections.abc import Collection, Iterable
from typing import Any, NamedTuple

from stages.shared.dvc_runs import Run, SkippedRun

# Key of the one setting that is not a parameter: the code and given files.
SOURCE = "source"
# Lower is better for a metric whose last name contains one of these words.
_COST_WORDS = ("error", "loss", "mae", "rmse")


class Summary(NamedTuple):
    """A metric over the runs of a group.

    Attributes
    ----------
    std : standard deviation of the sample; None for a single run
    best_run : name of the run with the best value
    """

    mean: float
    std: float | None
    best: float
    best_run: str


class Group(NamedTuple):
    """Runs that differ only in their seeds, and their common settings."""

    settings: dict[str, Any]
    runs: list[Run]

    def summary(self, metric: str) -> Summary:
        """Return the mean, spread and best value of a metric, which every run must have."""
        values = [float(run.metrics[metric]) for run in self.runs]
        sign = 1 if lower_is_better(metric) else -1
        best = min(self.runs, key=lambda run: sign * float(run.metrics[metric]))
        std = statistics.stdev(values) if len(values) > 1 else None
        return Summary(statistics.fmean(values), std, float(best.metrics[metric]), best.name)


def lower_is_better(metric: str) -> bool:
    """Return whether a lower value of the metric is better, as for a loss or an error."""
    return any(word in metric.rpartition(".")[2] for word in _COST_WORDS)


def with_metrics(
    runs: Iterable[Run], metrics: Collection[str]
) -> tuple[list[Run], list[SkippedRun]]:
    """Return the runs in which every metric is a finite number, and the others as skipped."""
    complete, skipped = [], []
    for run in runs:
        faults = [fault for metric in metrics if (fault := _fault(run, metric))]
        if faults:
            skipped.append(SkippedRun(run.name, faults[0]))
        else:
            complete.append(run)
    return complete, skipped


def group_runs(runs: Iterable[Run], over: Collection[str], metric: str) -> list[Group]:
    """Return the groups of runs that differ only in the parameters `over`, the best mean first.

    The runs of a group also have the same source, which is named after the first run with it.
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


def varying_keys(groups: Iterable[Group]) -> list[str]:
    """Return the keys whose values differ, in the order of params.yaml; the source is last."""
    settings = [group.settings for group in groups]
    keys = dict.fromkeys(key for values in settings for key in values if key != SOURCE)
    return [
        key
        for key in (*keys, SOURCE)
        if len({json.dumps([values[key]]) if key in values else "" for values in settings}) > 1
    ]


def _fault(run: Run, metric: str) -> str:
    value = run.metrics.get(metric)
    if value is None:
        return f"no {metric}"
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        return f"{metric} is {value!r}"
    return ""
