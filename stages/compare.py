"""Compare runs of the pipeline: mean and spread over the seeds, for each set of parameters."""

import json
import math
import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from stages.command import run
from stages.experiments import ExperimentsError, LeftOut, Run, known_runs
from stages.groups import Group, Summary, differing, grouped, with_metrics

# At most so many, of digits behind the point: the reports have no more.
MOST_DECIMALS = 6


def compare(
    *,
    metric: Annotated[
        list[str], typer.Option(help="FILE.KEY, for instance test.loss; several by repeating it.")
    ] = ["test.accuracy"],  # noqa: B006  typer copies it
    over: Annotated[
        list[str] | None,
        typer.Option(help="Parameter to take the mean over; by default all that are named seed."),
    ] = None,
    commits: Annotated[
        int, typer.Option(min=1, help="Results and experiments of so many last commits.")
    ] = 1,
    all_commits: Annotated[
        bool, typer.Option("--all-commits", help="Those of all commits.")
    ] = False,
    md: Annotated[bool, typer.Option("--md", help="A table in Markdown.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="All of it as JSON.")] = False,
    params: Annotated[Path, typer.Option(help="The pipeline's parameters.")] = Path("params.yaml"),
    reports: Annotated[Path, typer.Option(help="The folder of its metrics.")] = Path("reports"),
) -> None:
    """Compare experiments: one row for all runs that differ in their seeds alone.

    Shown are the parameters in which rows differ, the runs (n), mean ± standard deviation of the
    sample and the best value of each metric, and the name of the run that was best. Rows are in
    the order of the first metric; of what is called a loss or an error, less is better.
    """
    which = ["--all-commits"] if all_commits else ["--num", str(commits)]
    runs, left_out = known_runs(params, reports, which)
    _check(runs, reports, metric, over)
    seeds = {key for run in runs for key in run.params if key.rpartition(".")[2] == "seed"}
    kept, faulty = with_metrics(runs, metric)
    for name, why in (*left_out, *faulty):
        print(f"left out: {name}: {why}", file=sys.stderr)
    groups = grouped(kept, seeds if over is None else over, metric[0])
    if as_json:
        print(json.dumps(_report(groups, metric, [*left_out, *faulty]), indent=2))
    else:
        print(_table(_rows(groups, metric), markdown=md))


def _check(runs: list[Run], reports: Path, metrics: list[str], over: list[str] | None) -> None:
    known = dict.fromkeys(key for run in runs for key in run.metrics)
    if not known:
        raise ExperimentsError(f"expected runs with metrics in {reports}, got none: dvc repro")
    for name in metrics:
        if name not in known:
            few = ", ".join(key for key in known if key.count(".") < 3)
            raise ExperimentsError(f"metric must be one of {few}, got {name!r}")
    for name in over or []:
        if not any(name in run.params for run in runs):
            raise ExperimentsError(
                f"over must be a parameter, for instance train.seed, got {name!r}"
            )


def _rows(groups: list[Group], metrics: list[str]) -> list[list[str]]:
    keys = differing(groups)
    columns = [[group.summary(metric) for group in groups] for metric in metrics]
    head = [*keys, "n"]
    for metric in metrics:
        head += [metric, "best"]
    rows = [[*head, "run"]]
    decimals = [_decimals(column) for column in columns]
    for group, *summaries in zip(groups, *columns, strict=True):
        row = [_shown(group.settings, key) for key in keys] + [str(len(group.runs))]
        for summary, digits in zip(summaries, decimals, strict=True):
            row += [_spread(summary, digits), f"{summary.best:.{digits}f}"]
        rows.append([*row, summaries[0].best_run])
    return rows


def _shown(settings: dict[str, Any], key: str) -> str:
    value = settings.get(key, "")
    return value if isinstance(value, str) else json.dumps(value)


def _decimals(column: list[Summary]) -> int:
    """Return the decimals that show two digits of the least spread, or else four."""
    spreads = [summary.std for summary in column if summary.std]
    digits = 1 - math.floor(math.log10(min(spreads))) if spreads else 4
    return min(max(digits, 0), MOST_DECIMALS)


def _spread(summary: Summary, digits: int) -> str:
    std = "" if summary.std is None else f" ± {summary.std:.{digits}f}"
    return f"{summary.mean:.{digits}f}{std}"


def _table(rows: list[list[str]], *, markdown: bool) -> str:
    if markdown:
        rows = [[cell.replace("|", r"\|") for cell in row] for row in rows]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    if markdown:
        rows = [rows[0], ["-" * width for width in widths], *rows[1:]]
    edges = ("| ", " | ", " |") if markdown else ("", "  ", "")
    start, between, end = edges
    lines = (
        start + between.join(cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        for row in rows
    )
    return "\n".join((line + end).rstrip() for line in lines)


def _report(groups: list[Group], metrics: list[str], left_out: list[LeftOut]) -> dict[str, Any]:
    keys = differing(groups)
    return {
        "groups": [
            {
                "settings": {key: group.settings.get(key) for key in keys},
                "n": len(group.runs),
                "runs": [run.name for run in group.runs],
                "metrics": {metric: group.summary(metric)._asdict() for metric in metrics},
            }
            for group in groups
        ],
        "left_out": [entry._asdict() for entry in left_out],
    }


if __name__ == "__main__":
    run(compare)
