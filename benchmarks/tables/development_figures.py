"""What `benchmarks.tables.development` measured, as a table of the page."""

import csv
import math
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from statistics import fmean

from benchmarks.tables.contenders import THEIRS
from nncore.text_tables import format_markdown_table

FIGURES = Path(__file__).parents[1] / "results" / "tables-development.csv"
COLUMNS = ("candidate", "table", "rows", "classes", "first", "second")

Line = Mapping[str, str]


def development_names(path: Path = FIGURES) -> list[str]:
    """Return the names of the tables."""
    return list(dict.fromkeys(line["table"] for line in _read(path)))


def development_table(path: Path = FIGURES) -> str:
    """Return how each candidate compares with scikit-learn's MLP, in Markdown.

    Columns: geometric means of ratios of errors, over the tables with classes and with numbers.
    """
    lines = _read(path)
    theirs = {line["table"]: line for line in lines if line["candidate"] == THEIRS}
    rows = [("candidate", "errors", "log loss", "RMSE", "better on")]
    for candidate in dict.fromkeys(line["candidate"] for line in lines):
        candidate_lines = [line for line in lines if line["candidate"] == candidate]
        classes = [line for line in candidate_lines if line["classes"]]
        numbers = [line for line in candidate_lines if not line["classes"]]
        better = sum(_error(line) < _error(theirs[line["table"]]) for line in candidate_lines)
        rows.append(
            (
                candidate,
                _ratio(classes, theirs, _error),
                _ratio(classes, theirs, lambda line: float(line["second"])),
                _ratio(numbers, theirs, _error),
                f"{better} of {len(candidate_lines)}",
            )
        )
    return format_markdown_table(rows, "<>", compact=True)


def _read(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def _error(line: Line) -> float:
    """Return the fraction of wrong classes, or the root mean squared error."""
    return 1 - float(line["first"]) if line["classes"] else float(line["first"])


def _ratio(
    lines: Iterable[Line], theirs: Mapping[str, Line], error: Callable[[Line], float]
) -> str:
    logarithms = [math.log(error(line) / error(theirs[line["table"]])) for line in lines]
    return f"{math.exp(fmean(logarithms)):.3f}" if logarithms else ""
