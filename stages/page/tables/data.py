"""The table before the training: likely mistakes, rows, columns and the target."""

from collections.abc import Mapping
from typing import Any

from stages.page.explanations.explain import explain, explained
from stages.page.markup import collapsible, isolated, join_lines, scrollable, table
from stages.page.notes import warning_list
from stages.page.numbers import format_number
from stages.shared.data_report import SPLITS
from stages.shared.data_warnings import SPLIT_NAMES

# With more columns, their table is closed at first.
MAX_OPEN_COLUMNS = 40


def table_data(report: Mapping[str, Any]) -> str:
    """Return the section on the data, from the content of data.json."""
    rows = ", ".join(f"{report['rows'][split]:,} {SPLIT_NAMES[split]}" for split in SPLITS)
    return join_lines(
        warning_list(report["warnings"]),
        f"<p>{rows} rows.</p>",
        _target(report["target"]),
        _columns(report),
        _duplicates(report["duplicates"]),
    )


def _target(target: Mapping[str, Any]) -> str:
    name = isolated(target["name"])
    if "classes" in target:
        rows = [
            (isolated(label), *(f"{counts[split]:,}" for split in SPLITS))
            for label, counts in target["classes"].items()
        ]
        heads = ("class", *(SPLIT_NAMES[split] for split in SPLITS))
        counts = table(f"The target {name}", heads, rows)
        return explained(scrollable("Rows of each class", counts), "class-counts")
    values = [f"{key} {format_number(target[key])}" for key in ("lowest", "highest", "mean")]
    return (
        f"<p>The target {name} is a number: {', '.join(values)}, standard deviation "
        f"{format_number(target['std'])} in the training rows. {explain('target')}</p>"
    )


def _columns(report: Mapping[str, Any]) -> str:
    rows = []
    for column in report["columns"]:
        missing = column["missing"]
        counts = [f"{missing.get(split, 0):,}" for split in SPLITS]
        rows.append((isolated(column["name"]), _values(column), *counts))
    heads = ("column", "values", "missing in training", "validation", "test")
    title = f"{len(rows):,} columns"
    columns = table(title, heads, rows, "<<>")
    if len(rows) > MAX_OPEN_COLUMNS:
        return explained(collapsible(title, columns), "columns")
    return explained(scrollable(title, columns), "columns")


def _values(column: Mapping[str, Any]) -> str:
    if column["kind"] == "numeric":
        if column["lowest"] is None:
            return ""
        return f"{format_number(column['lowest'])}&nbsp;to {format_number(column['highest'])}"
    frequent = list(column["most_frequent"])[:4]
    names = ", ".join(map(isolated, frequent))
    more = ", …" if column["categories"] > len(frequent) else ""
    return f"{column['categories']:,} categories: {names}{more}"


def _duplicates(counts: Mapping[str, int]) -> str:
    rows = [
        ("training rows that copy another one", counts["within_train"]),
        ("validation rows with the inputs of a training row", counts["validation_in_train"]),
        ("test rows with the inputs of a training row", counts["test_in_train"]),
        ("test rows that are validation rows too", counts["test_in_validation"]),
    ]
    cells = [(text, f"{count:,}") for text, count in rows]
    equal = table("Rows with equal columns", ("rows", "number"), cells)
    return explained(scrollable("Equal rows", equal), "duplicates")
