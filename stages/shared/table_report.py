"""reports/data.json of a table: rows and columns, and a warning for each likely mistake."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final, NamedTuple

import numpy as np

from nncore.arrays import Array, Doubles, Indices
from nncore.data.column_statistics import mean_and_deviation
from nncore.data.inspection import count_copies, count_seen, image_digests, number_images
from nncore.errors import as_line
from stages.shared.data_warnings import class_warnings
from stages.shared.datasets import REPORT_FORMAT
from stages.shared.files import write_json
from stages.shared.raw_tables import RawTable

# Rows in a block, of all columns.
ROWS_PER_BLOCK: Final = 1 << 13
# The most frequent categories that the report names.
MAX_LISTED_CATEGORIES: Final = 20
# The largest fraction of a column's rows that may lack a value.
MAX_MISSING: Final = 0.5


class TableSplit(NamedTuple):
    """The rows of a split.

    Attributes
    ----------
    source : the array of all rows of its file, (·, columns) float64
    targets : the targets of all rows of the file
    rows : (·,) ascending
    """

    source: Path
    targets: Array
    rows: Indices

    def blocks(self) -> Iterator[Doubles]:
        """Yield the rows in blocks, (·, columns)."""
        count = len(np.load(self.source, mmap_mode="r", allow_pickle=False))
        for start in range(0, count, ROWS_PER_BLOCK):
            first, last = np.searchsorted(self.rows, (start, start + ROWS_PER_BLOCK))
            if first < last:
                # A new map for each block, because pages that a map has read count as memory.
                table = np.load(self.source, mmap_mode="r", allow_pickle=False)
                yield np.asarray(table)[self.rows[first:last]]


def write_table_report(path: Path, splits: Mapping[str, TableSplit], table: RawTable) -> list[str]:
    """Write data.json; return its warnings."""
    report = describe_table(splits, table)
    warnings = list(_warnings(report, table))
    write_json(path, report | {"warnings": warnings})
    return warnings


def describe_table(splits: Mapping[str, TableSplit], table: RawTable) -> dict[str, Any]:
    """Return the content of data.json, but for its warnings.

    Memory does not grow with the rows but for a digest of each one.
    """
    counters = [
        _Numbers() if some is None else _Categories(some) for some in table.columns.values()
    ]
    digests = []
    for name, split in splits.items():
        for block in split.blocks():
            for values, counter in zip(block.T, counters, strict=True):
                counter.update(name, values)
            digests.append(image_digests(np.ascontiguousarray(block).view(np.uint8)))
    numbers = number_images(np.concatenate(digests))
    ends = np.cumsum([len(split.rows) for split in splits.values()])
    train, validation, test = np.split(numbers, ends[:-1])
    return {
        "columns": [
            {"name": name, **counter.describe()}
            for name, counter in zip(table.columns, counters, strict=True)
        ],
        "duplicates": {
            "test_in_train": count_seen(test, train),
            "test_in_validation": count_seen(test, validation),
            "validation_in_train": count_seen(validation, train),
            "within_train": count_copies(train),
        },
        "format": REPORT_FORMAT,
        "rows": {name: len(split.rows) for name, split in splits.items()},
        "target": {"name": table.target, **_describe_target(splits, table)},
    }


class _Numbers:
    """Range and missing values of a column of numbers."""

    def __init__(self) -> None:
        self.low = dict[str, float]()
        self.high = dict[str, float]()
        self.missing = dict[str, int]()

    def update(self, split: str, values: Doubles) -> None:
        present = values[~np.isnan(values)]
        self.missing[split] = self.missing.get(split, 0) + len(values) - len(present)
        if len(present):
            low, high = float(present.min()), float(present.max())
            self.low[split] = min(self.low.get(split, low), low)
            self.high[split] = max(self.high.get(split, high), high)

    def describe(self) -> dict[str, Any]:
        return {
            "kind": "numeric",
            "missing": self.missing,
            "lowest": self.low.get("train"),
            "highest": self.high.get("train"),
        }


class _Categories:
    """Counts of the categories of a column."""

    def __init__(self, names: tuple[str, ...]) -> None:
        self.names = names
        self.counts = dict[str, Indices]()
        self.missing = dict[str, int]()

    def update(self, split: str, values: Doubles) -> None:
        present = values[~np.isnan(values)].astype(np.int64)
        self.missing[split] = self.missing.get(split, 0) + len(values) - len(present)
        counts = np.bincount(present, minlength=len(self.names))
        self.counts[split] = self.counts.get(split, 0) + counts

    def describe(self) -> dict[str, Any]:
        train = self.counts.get("train", np.zeros(len(self.names), np.int64))
        order = np.argsort(-train, kind="stable")[:MAX_LISTED_CATEGORIES]
        return {
            "kind": "categorical",
            "missing": self.missing,
            "categories": int(np.count_nonzero(train)),
            "most_frequent": {self.names[i]: int(train[i]) for i in order if train[i]},
            "unseen": {
                split: int(counts[train == 0].sum())
                for split, counts in self.counts.items()
                if split != "train"
            },
        }


def _describe_target(splits: Mapping[str, TableSplit], table: RawTable) -> dict[str, Any]:
    values = {name: split.targets[split.rows] for name, split in splits.items()}
    if table.class_names is not None:
        counts = {
            name: np.bincount(part, minlength=len(table.class_names))
            for name, part in values.items()
        }
        return {
            "classes": {
                label: {name: int(count[index]) for name, count in counts.items()}
                for index, label in enumerate(table.class_names)
            }
        }
    mean, std = mean_and_deviation(values["train"])
    low, high = float(values["train"].min()), float(values["train"].max())
    return {"lowest": low, "highest": high, "mean": mean, "std": std}


def _warnings(report: Mapping[str, Any], table: RawTable) -> Iterator[str]:
    rows, duplicates = report["rows"], report["duplicates"]
    if count := duplicates["test_in_train"]:
        yield (
            f"{count:,} of {rows['test']:,} test rows have the same inputs as a training row; if "
            "they are copies, the test figures are too good: remove them from one of the two sets"
        )
    for column in report["columns"]:
        name = as_line(column["name"], 80)
        if (missing := column["missing"]["train"]) > MAX_MISSING * rows["train"]:
            yield (
                f"the column {name} is missing in {missing:,} of {rows['train']:,} training rows; "
                "add it to fetch.table.drop, unless its absence means something"
            )
        if unseen := column.get("unseen", {}).get("test"):
            yield (
                f"{unseen:,} of {rows['test']:,} test rows have a category of the column {name} "
                "that no training row has; all its inputs are 0 there"
            )
    if table.class_names is not None:
        yield from class_warnings(report["target"]["classes"], table.class_names, "row")
