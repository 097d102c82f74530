"""Leaderboard: set what the recipes reach beside what their sources publish."""

import csv
import json
import math
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Annotated, Any, NamedTuple

from typer import Option

from nncore.errors import NncoreError
from stages.command import run
from stages.files import write_csv, write_text
from stages.pictures.leaderboard import leaderboard as draw
from stages.pictures.style import save

PUBLISHED = ("recipe", "error_percent", "kind", "source")
KINDS = ("published", "rerun", "none")
HEADER = (
    *("recipe", "published_error_percent", "kind"),
    *("error_percent", "epochs", "parameters", "source"),
)


class LeaderboardError(NncoreError):
    """Published figures, or metrics of a recipe, that are missing or not what they should be."""


class Row(NamedTuple):
    """A line of the leaderboard; errors are per cent of the test images.

    Attributes
    ----------
    published : the source's figure; None where there is none
    kind : published: it stands in the source; rerun: the source's program gives it when run; none
    epochs : of training
    """

    recipe: str
    published: float | None
    kind: str
    ours: float
    epochs: int
    parameters: int
    source: str


def leaderboard(
    published: Annotated[Path, Option(help="Sources and their figures.")] = Path(
        "recipes/published.csv"
    ),
    reports: Annotated[Path, Option(help="A folder of metrics for each recipe.")] = Path(
        "recipes/reports"
    ),
    output: Annotated[Path, Option(help="Folder for leaderboard.csv, .md and .png.")] = Path(
        "recipes"
    ),
) -> None:
    """Set what the recipes reach beside what their sources publish."""
    sources = _read_published(published)
    names = [source["recipe"] for source in sources]
    trained = sorted(path.parent.name for path in reports.glob("*/test.json"))
    if sorted(names) != trained:
        raise LeaderboardError(
            f"{published}: expected one line for each recipe in {reports}, got "
            f"{_listed(set(trained) - set(names))} without one, "
            f"{_listed(set(names) - set(trained))} that is none, "
            f"{_listed(name for name in set(names) if names.count(name) > 1)} twice"
        )
    rows = [_row(source, reports / source["recipe"]) for source in sources]
    write_csv(output / "leaderboard.csv", HEADER, rows)
    write_text(output / "leaderboard.md", _markdown(rows))
    save(draw([(row.recipe, row.published, row.ours) for row in rows]), output / "leaderboard.png")
    print(_table(rows))


def _read_published(path: Path) -> list[dict[str, str]]:
    try:
        with path.open(encoding="utf-8", newline="") as file:
            reader = csv.DictReader(file, strict=True)
            rows, header = list(reader), tuple(reader.fieldnames or ())
    except (UnicodeDecodeError, csv.Error) as error:
        raise LeaderboardError(f"{path}: expected CSV in UTF-8, got: {error}") from error
    if header != PUBLISHED:
        raise LeaderboardError(
            f"{path}: expected the columns {', '.join(PUBLISHED)}, got {', '.join(header)}"
        )
    for line, row in enumerate(rows, start=2):
        # DictReader's marks for a cell too many and for one too few.
        if None in row or None in row.values():
            raise LeaderboardError(f"{path}, row {line}: expected {len(header)} cells")
        _check(path, line, row)
    return rows


def _check(path: Path, line: int, row: Mapping[str, str]) -> None:
    kind, text = row["kind"], row["error_percent"]
    if kind not in KINDS:
        raise LeaderboardError(
            f"{path}, row {line}, kind: expected {' or '.join(KINDS)}, got {kind!r}"
        )
    try:
        figure = float(text) if text else math.nan
    except ValueError:
        figure = math.inf
    if (kind == "none") != (not text) or not (0 <= figure <= 100 or not text):
        expected = "nothing" if kind == "none" else "a number from 0 to 100"
        raise LeaderboardError(
            f"{path}, row {line}, error_percent: expected {expected}, got {text!r}"
        )


def _row(source: Mapping[str, str], folder: Path) -> Row:
    train, test = _read_json(folder / "train.json"), _read_json(folder / "test.json")
    try:
        return Row(
            recipe=source["recipe"],
            published=float(source["error_percent"]) if source["error_percent"] else None,
            kind=source["kind"],
            ours=float(test["error_percent"]),
            epochs=int(train["epochs"]),
            parameters=int(train["parameters"]),
            source=source["source"],
        )
    except (KeyError, TypeError, ValueError) as error:
        raise LeaderboardError(
            f"{folder}: expected error_percent in test.json, epochs and parameters in train.json, "
            f"got {type(error).__name__} at {error}"
        ) from error


def _read_json(path: Path) -> Any:  # noqa: ANN401  JSON holds anything
    try:
        return json.loads(path.read_bytes())
    except ValueError as error:
        raise LeaderboardError(f"{path}: expected JSON, got: {error}") from error


def _cells(row: Row) -> tuple[str, ...]:
    mark = {"rerun": " (rerun)"}.get(row.kind, "")
    figure = "" if row.published is None else f"{row.published:.2f}{mark}"
    return row.recipe, figure, f"{row.ours:.2f}", f"{row.epochs:,}", f"{row.parameters:,}"


def _markdown(rows: Iterable[Row]) -> str:
    lines = [
        "| recipe | published error, % | ours, % | epochs | parameters | source |",
        "|---|--:|--:|--:|--:|---|",
    ]
    for row in rows:
        recipe, figure, ours, *counts = _cells(row)
        lines.append(f"| {' | '.join((recipe, figure, ours, *counts, row.source))} |")
    return "\n".join(lines) + "\n"


def _table(rows: Iterable[Row]) -> str:
    titles = ("recipe", "published %", "ours %", "epochs", "parameters")
    cells = [titles, *map(_cells, rows)]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    return "\n".join(
        f"{name:<{widths[0]}}  " + "  ".join(map(str.rjust, numbers, widths[1:]))
        for name, *numbers in cells
    )


def _listed(names: Iterable[str]) -> str:
    return ", ".join(sorted(names)) or "no recipe"


if __name__ == "__main__":
    run(leaderboard)
