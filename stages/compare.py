"""Compare runs of the pipeline: mean and spread over the seeds for each set of parameters."""

import json
import sys
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Any, Final

import typer

from nncore.text_tables import MAX_TABLE_WIDTH, format_markdown_table, format_table, table_width
from stages.shared.command import run
from stages.shared.dotted_keys import format_value
from stages.shared.dvc_runs import ExperimentsError, Run, SkippedRun, load_runs
from stages.shared.run_groups import Group, Summary, group_runs, varying_keys, with_metrics

# The reports round to six significant digits.
MAX_DECIMALS = 6
ACCURACY: Final = "test.accuracy"
# What regressions have in its place.
REGRESSION_METRIC: Final = "test.rmse"


def compare(
    *,
    metric: Annotated[
        list[str] | None,
        typer.Option(
            metavar="FILE.KEY",
            help="For instance test.loss; repeat the option for more metrics. By default "
            "test.accuracy, and in a table of their own test.rmse of regressions.",
            show_default=False,
        ),
    ] = None,
    over: Annotated[
        list[str] | None,
        typer.Option(
            metavar="PARAMETER",
            help="Parameter to average over; by default all parameters named seed.",
        ),
    ] = None,
    commits: Annotated[
        int,
        typer.Option(
            metavar="N",
            min=1,
            help="Number of last commits to include, with their experiments.",
        ),
    ] = 1,
    all_commits: Annotated[
        bool, typer.Option("--all-commits", help="Include all commits.")
    ] = False,
    md: Annotated[bool, typer.Option("--md", help="Print the table as Markdown.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print all results as JSON.")] = False,
    params: Annotated[
        Path, typer.Option(metavar="FILE", help="Parameters of the pipeline.")
    ] = Path("params.yaml"),
    reports: Annotated[Path, typer.Option(metavar="FOLDER", help="Folder of the metrics.")] = Path(
        "reports"
    ),
) -> None:
    """Compare experiments: one row for all runs that differ only in their seeds.

    A row has the parameters that differ between rows, the number of runs (n), for each metric the
    mean ± standard deviation of the sample and the best value, and the name of the best run. The
    first metric sorts the rows; lower is better if its name contains loss, error, rmse or mae. If
    so many parameters differ that the rows would be too long, they follow in a table of their own.
    """
    commit_options = ["--all-commits"] if all_commits else ["--num", str(commits)]
    if all_commits:
        print("DVC reads all commits; the first time this may take minutes", file=sys.stderr)
    runs, skipped = load_runs(params, reports, commit_options)
    seeds = {key for run in runs for key in run.params if key.rpartition(".")[2] == "seed"}
    choices = [(metric, runs)] if metric else _by_default_metric(runs)
    _check(runs, reports, [name for metrics, _ in choices for name in metrics], over)
    tables = []
    for metrics, similar in choices:
        complete, incomplete = with_metrics(similar, metrics)
        skipped += incomplete
        groups = group_runs(complete, seeds if over is None else over, metrics[0])
        tables.append((groups, metrics))
    for name, why in skipped:
        print(f"left out: {name}: {why}", file=sys.stderr)
    if as_json:
        print(json.dumps(_report(tables, skipped), indent=2))
        return
    texts = (
        [format_markdown_table(_rows(groups, metrics), "<")]
        if md
        else _tables(_rows(groups, metrics), len(varying_keys(groups)))
        for groups, metrics in tables
    )
    print("\n\n".join(text for parts in texts for text in parts))


def _by_default_metric(runs: list[Run]) -> list[tuple[list[str], list[Run]]]:
    """Return the runs apart by the metric that they have: accuracy, or the error of numbers."""
    numbers = [run for run in runs if REGRESSION_METRIC in run.metrics]
    others = [run for run in runs if REGRESSION_METRIC not in run.metrics]
    if not numbers:
        return [([ACCURACY], runs)]
    if not any(ACCURACY in run.metrics for run in others):
        return [([REGRESSION_METRIC], runs)]
    return [([ACCURACY], others), ([REGRESSION_METRIC], numbers)]


def _check(runs: list[Run], reports: Path, metrics: list[str], over: list[str] | None) -> None:
    names = dict.fromkeys(key for run in runs for key in run.metrics)
    if not names:
        raise ExperimentsError(f"expected runs with metrics in {reports}, got none; run dvc repro")
    for name in metrics:
        if name not in names:
            short_names = ", ".join(key for key in names if key.count(".") < 3)
            raise ExperimentsError(f"metric must be one of {short_names}, got {name!r}")
    for name in over or []:
        if not any(name in run.params for run in runs):
            raise ExperimentsError(f"over must be a parameter such as train.seed, got {name!r}")


def _rows(groups: list[Group], metrics: list[str]) -> list[list[str]]:
    keys = varying_keys(groups)
    columns = [[group.summary(metric) for group in groups] for metric in metrics]
    head = [*keys, "n"]
    for metric in metrics:
        head += [metric, "best"]
    rows = [[*head, "run"]]
    decimals = [_decimals(column) for column in columns]
    for group, *summaries in zip(groups, *columns, strict=True):
        row = [format_value(group.settings.get(key, "")) for key in keys] + [str(len(group.runs))]
        for summary, digits in zip(summaries, decimals, strict=True):
            row += [_format_mean(summary, digits), f"{summary.best:.{digits}f}"]
        rows.append([*row, summaries[0].best_run])
    return rows


def _tables(rows: list[list[str]], keys: int) -> Iterator[str]:
    """Yield the table of the rows, or, if it is too wide, tables that fit into a terminal.

    The first of these has the metrics, all others have a row for each of the `keys` first columns,
    the parameters, and a column for each run.
    """
    if not keys or table_width(rows) <= MAX_TABLE_WIDTH:
        yield format_table(rows, "<")
        return
    yield format_table([row[keys:] for row in rows], "<")
    head, *runs = [[row[-1], *row[:keys]] for row in rows]
    head[0] = "parameter"
    while runs:
        # At least one run, however wide.
        count = 1
        while count < len(runs) and _fits([head, *runs[: count + 1]]):
            count += 1
        yield format_table(_transposed([head, *runs[:count]]), "<")
        del runs[:count]


def _fits(columns: list[list[str]]) -> bool:
    return table_width(_transposed(columns)) <= MAX_TABLE_WIDTH


def _transposed(columns: list[list[str]]) -> list[tuple[str, ...]]:
    return list(zip(*columns, strict=True))


def _decimals(column: list[Summary]) -> int:
    """Return the decimals that show two digits of the smallest spread; four without a spread."""
    spreads = [summary.std for summary in column if summary.std]
    digits = 1 - Decimal(min(spreads)).adjusted() if spreads else 4
    return min(max(digits, 0), MAX_DECIMALS)


def _format_mean(summary: Summary, digits: int) -> str:
    std = "" if summary.std is None else f" ± {summary.std:.{digits}f}"
    return f"{summary.mean:.{digits}f}{std}"


def _report(
    tables: list[tuple[list[Group], list[str]]], skipped: list[SkippedRun]
) -> dict[str, Any]:
    return {
        "groups": [
            {
                "settings": {key: group.settings.get(key) for key in varying_keys(groups)},
                "n": len(group.runs),
                "runs": [run.name for run in group.runs],
                "metrics": {metric: group.summary(metric)._asdict() for metric in metrics},
            }
            for groups, metrics in tables
            for group in groups
        ],
        "left_out": [entry._asdict() for entry in skipped],
    }


if __name__ == "__main__":
    run(compare)
