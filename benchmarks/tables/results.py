"""What the board measured, in memory and in two files: tables.json and tables.csv."""

import csv
import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.tables.contenders import contenders
from benchmarks.tables.datasets import Table
from benchmarks.tables.folds import Score, score, splits
from nncore.arrays import Doubles
from stages.shared.files import write_csv, write_json

COLUMNS = ("table", "contender", "seed", "fold", "first", "second", "choice")


@dataclass(frozen=True)
class Protocol:
    """Seeds 1 to `seeds`, outer folds of each, and inner folds of the training rows of each."""

    seeds: int = 10
    folds: int = 5
    inner: int = 3


@dataclass(frozen=True)
class TableResult:
    """The scores of all contenders on one table.

    Attributes
    ----------
    rows, columns, classes : size of the table; classes is None of a regression
    scores : by contender, (seeds, folds, 3): the fields of `Score`
    """

    name: str
    rows: int
    columns: int
    classes: int | None
    scores: dict[str, Doubles]

    def first(self, contender: str) -> Doubles:
        """Return the accuracies, or the root mean squared errors, (seeds, folds)."""
        return self.scores[contender][..., 0]

    def second(self, contender: str) -> Doubles:
        """Return the log losses, or the R², (seeds, folds)."""
        return self.scores[contender][..., 1]

    def choices(self, contender: str, candidates: int) -> list[int]:
        """Return how often the inner folds chose each of the candidates."""
        chosen = self.scores[contender][..., 2].astype(np.int64).ravel()
        return [int(count) for count in np.bincount(chosen, minlength=candidates)]


def measure(table: Table, protocol: Protocol, show: Callable[[str], None]) -> TableResult:
    """Measure all contenders on the same outer folds of a table; `show` takes lines of progress."""
    scores: dict[str, list[list[Score]]] = {}
    all_rows = np.arange(len(table.target))
    for name, contender in contenders(table).items():
        show(f"{table.name}: {name}")
        scores[name] = [
            [
                score(table, contender, train, test, inner=protocol.inner, seed=seed)
                for train, test in splits(table, all_rows, protocol.folds, seed)
            ]
            for seed in range(1, protocol.seeds + 1)
        ]
    arrays = {name: np.array(values, np.float64) for name, values in scores.items()}
    rows, columns = table.columns.shape
    return TableResult(table.name, rows, columns, table.classes, arrays)


def write_results(
    folder: Path, protocol: Protocol, library: str, results: Sequence[TableResult]
) -> None:
    """Write the protocol and the sizes of the tables to tables.json, the scores to tables.csv."""
    tables = [
        {"name": r.name, "rows": r.rows, "columns": r.columns, "classes": r.classes}
        for r in results
    ]
    write_json(
        folder / "tables.json", {"library": library, "protocol": vars(protocol), "tables": tables}
    )
    write_csv(folder / "tables.csv", COLUMNS, _rows(results))


def read_results(folder: Path) -> tuple[Protocol, str, list[TableResult]]:
    """Return what `write_results` wrote."""
    facts = json.loads((folder / "tables.json").read_text(encoding="utf-8"))
    protocol = Protocol(**facts["protocol"])
    with (folder / "tables.csv").open(encoding="utf-8", newline="") as file:
        lines = list(csv.DictReader(file))
    results = []
    for sizes in facts["tables"]:
        scores: dict[str, Doubles] = {}
        for line in (line for line in lines if line["table"] == sizes["name"]):
            empty = np.full((protocol.seeds, protocol.folds, 3), np.nan)
            values = scores.setdefault(line["contender"], empty)
            place = int(line["seed"]) - 1, int(line["fold"]) - 1
            values[place] = [float(line[name]) for name in COLUMNS[4:]]
        results.append(TableResult(**sizes, scores=scores))
    return protocol, facts["library"], results


def _rows(results: Iterable[TableResult]) -> Iterable[tuple[Any, ...]]:
    for result in results:
        for name, scores in result.scores.items():
            for (seed, fold), _ in np.ndenumerate(scores[..., 0]):
                first, second, choice = scores[seed, fold].tolist()
                yield result.name, name, seed + 1, fold + 1, first, second, int(choice)
