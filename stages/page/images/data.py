"""The data before the training: likely mistakes, counts, copies, and examples of each class."""

from collections.abc import Mapping, Sequence
from typing import Any

from stages.page.explanations.explain import explained, heading
from stages.page.markup import collapsible, escaped, isolated, join_lines, scrollable, table
from stages.page.notes import warning_list
from stages.shared.data_report import SPLITS
from stages.shared.data_warnings import SPLIT_NAMES

# With more classes, the table of their counts is closed at first.
MAX_OPEN_CLASSES = 20


def data(report: Mapping[str, Any], class_names: Sequence[str], examples: str = "") -> str:
    """Return the section on the data.

    Parameters
    ----------
    report : content of data.json
    examples : a gallery of training images, or an empty string
    """
    parts = [warning_list(report["warnings"]), _counts(report, class_names), _images(report)]
    parts.append(_duplicates(report["duplicates"]))
    if examples:
        parts += [
            '<div class="needs-scripts">',
            heading("<h3>Examples</h3>", "training-examples"),
            "<p>The first training images of each class.</p>",
            *(examples, "</div>"),
        ]
    return join_lines(*parts)


def _counts(report: Mapping[str, Any], class_names: Sequence[str]) -> str:
    """Return the images of each class and split as a table, which is closed if it is long."""
    rows = [
        (isolated(name), *(f"{report['classes'][name][split]:,}" for split in SPLITS))
        for name in class_names
    ]
    rows.append(("all", *(f"{report['images'][split]['count']:,}" for split in SPLITS)))
    heads = ("class", *(SPLIT_NAMES[split] for split in SPLITS))
    title = "Images of each class"
    counts = table(title, heads, rows)
    if len(class_names) > MAX_OPEN_CLASSES:
        return explained(collapsible(title, counts), "class-counts")
    return explained(scrollable(title, counts), "class-counts")


def _images(report: Mapping[str, Any]) -> str:
    """Return the range and the counts of the pixels of each split as a table."""
    rows_and_columns = " &times; ".join(f"{side:,}" for side in report["shape"])
    rows = []
    for split in SPLITS:
        entry = report["images"][split]
        values = f"{entry['lowest']} to {entry['highest']}" if entry["count"] else ""
        constant = "" if entry["constant_pixels"] is None else f"{entry['constant_pixels']:,}"
        cells = (values, f"{entry['levels']}", constant, f"{entry['blank']:,}")
        rows.append((SPLIT_NAMES[split], *cells))
    heads = ("images", "values", "levels", "constant pixels", "blank")
    pixels = table(f"Images of {rows_and_columns} pixels", heads, rows, "<<>")
    return explained(scrollable("Pixels", pixels), "pixels")


def _duplicates(counts: Mapping[str, Any]) -> str:
    """Return the numbers of equal images as a table; if they have files, another one of these."""
    count_rows = [(title, f"{number:,}") for title, number in _by_sort(counts)]
    count_table = table("Images with equal pixels", ("images", "number"), count_rows)
    counts_shown = explained(scrollable("Equal images", count_table), "duplicates")
    files = counts.get("files")
    names = [
        (title, "<br>".join(map(escaped, group)))
        for title, groups in (_by_sort(files) if files else ())
        for group in groups
    ]
    if not names:
        return counts_shown
    title = "Files with equal pixels"
    files_shown = collapsible(title, table(title, ("images", "files"), names, "<"))
    return counts_shown + explained(files_shown, "duplicate-files")


def _by_sort(duplicates: Mapping[str, Any]) -> list[tuple[str, Any]]:
    """Return the sorts of equal images, each with its number or with its files."""
    return [
        ("training images that copy another one", duplicates["within"]["train"]),
        ("validation images that are training images too", duplicates["validation_in_train"]),
        ("test images that are training images too", duplicates["test_in_train"]),
        ("test images that are validation images too", duplicates["test_in_validation"]),
        ("images of which a copy has another label", duplicates["contradicting_labels"]),
    ]
