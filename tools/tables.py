"""Writes data/tables: two of scikit-learn's tables as CSV files, the column to predict last.

    python -m tools.tables data/tables

Numbers have the digits of scikit-learn's files.
"""

import csv
import sys
from collections.abc import Iterable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from sklearn.datasets import load_diabetes, load_wine

from nncore.files import atomic_path

Rows = Iterable[Iterable[str]]


def tables() -> dict[str, Rows]:
    """Return the rows of each table by the name of its file, first the headings."""
    wine, diabetes = load_wine(), load_diabetes(scaled=False)
    cultivars = [str(wine.target_names[number]) for number in wine.target]
    return {
        "wine.csv": _rows(wine.feature_names, wine.data, "class", cultivars),
        "diabetes.csv": _rows(
            diabetes.feature_names,
            diabetes.data,
            "progression",
            map(_number, diabetes.target.tolist()),
        ),
    }


def write(folder: Path) -> None:
    """Write all tables to a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, rows in tables().items():
        with (
            atomic_path(folder / name) as path,
            path.open("w", encoding="utf-8", newline="") as file,
        ):
            csv.writer(file, lineterminator="\n").writerows(rows)


def _rows(
    names: Iterable[str], data: NDArray[np.float64], target: str, values: Iterable[str]
) -> Rows:
    yield [*names, target]
    for numbers, value in zip(data.tolist(), values, strict=True):
        yield [*map(_number, numbers), value]


def _number(value: float) -> str:
    """Return the shortest text that is this number."""
    return str(int(value)) if value.is_integer() else repr(value)


if __name__ == "__main__":
    write(Path(sys.argv[1]))
