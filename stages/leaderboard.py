"""Leaderboard: compare the test errors of the recipes with the published ones."""

import csv
import json
import math
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Annotated, Any, NamedTuple

from typer import Option

from nncore.errors import NncoreError
from nncore.text_tables import format_markdown_table, format_table
from stages.plots.leaderboard import leaderboard as draw
from stages.plots.style import save
from stages.shared.command import run
from stages.shared.files import write_csv, write_text

PUBLISHED_COLUMNS = ("recipe", "error_percent", "kind", "source")
KINDS = ("published", "rerun", "none")
LEADERBOARD_COLUMNS = (
    *("recipe", "published_error_percent", "kind"),
    *("error_percent", "epochs", "parameters", "source"),
)


class LeaderboardError(NncoreError):
    """Published errors or metrics of a recipe are missing or malformed."""


class Row(NamedTuple):
    """A row of the leaderboard; errors are percentages of the test images.

    Attributes
    ----------
    published : error of the source; None without a published one
    kind : published: the source states the error; rerun: running the source's program gave it;
        none: there is no published error
    ours : error of the recipe
    """

    recipe: str
    published: float | None
    kind: str
    ours: float
    epochs: int
    parameters: int
    source: str


def leaderboard(
    published: Annotated[Path, Option(metavar="FILE", help="Sources and their errors.")] = Path(
        "recipes/published.csv"
    ),
    reports: Annotated[
        Path, Option(metavar="FOLDER", help="Folder with the metrics of each recipe.")
    ] = Path("recipes/reports"),
    output: Annotated[
        Path, Option(metavar="FOLDER", help="Folder for leaderboard.csv, .md and .png.")
    ] = Path("recipes"),
) -> None:
    """Compare the test errors of the recipes with the published ones."""
    sources = _read_published(published)
    names = [source["recipe"] for source in sources]
    evaluated = sorted(path.parent.name for path in reports.glob("*/test.json"))
    if sorted(names) != evaluated:
        raise LeaderboardError(
            f"{published}: expected one row for each recipe in {reports}, got "
            f"{_join_names(set(evaluated) - set(names))} without a row, "
            f"{_join_names(set(names) - set(evaluated))} without metrics, "
            f"{_join_names(name for name in set(names) if names.count(name) > 1)} twice"
        )
    rows = [_row(source, reports / source["recipe"]) for source in sources]
    write_csv(output / "leaderboard.csv", LEADERBOARD_COLUMNS, rows)
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
    if header != PUBLISHED_COLUMNS:
        raise LeaderboardError(
            f"{path}: expected the columns {', '.join(PUBLISHED_COLUMNS)}, got {', '.join(header)}"
        )
    for line, row in enumerate(rows, start=2):
        # DictReader marks surplus cells with the key None and missing cells with the value None.
        if None in row or None in row.values():
            got = "more" if None in row else "fewer"
            raise LeaderboardError(f"{path}, row {line}: expected {len(header)} cells, got {got}")
        _check(path, line, row)
    return rows


def _check(path: Path, line: int, row: Mapping[str, str]) -> None:
    kind, cell = row["kind"], row["error_percent"]
    if kind not in KINDS:
        raise LeaderboardError(
            f"{path}, row {line}, kind: expected {' or '.join(KINDS)}, got {kind!r}"
        )
    try:
        error_percent = float(cell) if cell else math.nan
    except ValueError:
        error_percent = math.inf
    if (kind == "none") != (not cell) or not (0 <= error_percent <= 100 or not cell):
        expected = "nothing" if kind == "none" else "a number from 0 to 100"
        raise LeaderboardError(
            f"{path}, row {line}, error_percent: expected {expected}, got {cell!r}"
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
    mark = " (rerun)" if row.kind == "rerun" else ""
    published = "" if row.published is None else f"{row.published:.2f}{mark}"
    return row.recipe, published, f"{row.ours:.2f}", f"{row.epochs:,}", f"{row.parameters:,}"


def _markdown(rows: Iterable[Row]) -> str:
    header = ("recipe", "published error, %", "ours, %", "epochs", "parameters", "source")
    cells = [header, *((*_cells(row), row.source) for row in rows)]
    return format_markdown_table(cells, "<>>>><", compact=True) + "\n"


def _table(rows: Iterable[Row]) -> str:
    header = ("recipe", "published %", "ours %", "epochs", "parameters")
    return format_table([header, *map(_cells, rows)], "<>")


def _join_names(names: Iterable[str]) -> str:
    return ", ".join(sorted(names)) or "no recipe"


if __name__ == "__main__":
    run(leaderboard)
