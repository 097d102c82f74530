"""reports/data.json: what preprocess finds in the data, with a warning for each likely mistake."""

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from nncore.arrays import Bytes, Indices
from nncore.data.inspection import (
    ImageStatistics,
    count_copies,
    count_seen,
    find_contradictions,
    image_digests,
    number_images,
)
from stages.shared.copies import name_copies
from stages.shared.data_warnings import data_warnings
from stages.shared.datasets import REPORT_FORMAT
from stages.shared.files import write_json

SPLITS = ("train", "validation", "test")


class Split(NamedTuple):
    """The images at `rows` of a file, and the labels of all images of the file."""

    source: Path
    labels: Bytes
    rows: Indices


# From a file and ascending rows to batches of these images: (n, pixels) uint8, in C order.
Batches = Callable[[Path, Indices], Iterator[Bytes]]


def write_data_report(
    path: Path,
    splits: Mapping[str, Split],
    class_names: Sequence[str],
    shape: Sequence[int],
    *,
    batches: Batches,
    files: Mapping[str, Sequence[str]] | None = None,
) -> list[str]:
    """Write data.json, of the arguments of `describe_data`; return its warnings."""
    report = describe_data(splits, class_names, shape, batches, files)
    warnings = data_warnings(report, class_names)
    write_json(path, report | {"warnings": warnings})
    return warnings


def describe_data(
    splits: Mapping[str, Split],
    class_names: Sequence[str],
    shape: Sequence[int],
    batches: Batches,
    files: Mapping[str, Sequence[str]] | None = None,
) -> dict[str, Any]:
    """Return the content of data.json, but for its warnings.

    Memory does not grow with the images but for a digest of each one.

    Parameters
    ----------
    splits : by `SPLITS`
    shape : of an image: rows and columns, and channels where there are several
    files : names of the files of each split's images, if they have some: the report names copies
    """
    statistics = {name: ImageStatistics(math.prod(shape)) for name in splits}
    digests = []
    for name, split in splits.items():
        for batch in batches(split.source, split.rows):
            statistics[name].update(batch)
            digests.append(image_digests(batch))
    labels = {name: split.labels[split.rows] for name, split in splits.items()}
    counts = {name: np.bincount(labels[name], minlength=len(class_names)) for name in splits}
    numbers = number_images(np.concatenate(digests))
    ends = np.cumsum([len(split.rows) for split in splits.values()])
    by_split = dict(zip(splits, np.split(numbers, ends[:-1]), strict=True))
    train, validation, test = (by_split[name] for name in SPLITS)
    contradictions = find_contradictions(numbers, np.concatenate(list(labels.values())))
    return {
        "classes": {
            name: {split: int(counts[split][index]) for split in splits}
            for index, name in enumerate(class_names)
        },
        "duplicates": {
            "contradicting_labels": len(contradictions),
            "test_in_train": count_seen(test, train),
            "test_in_validation": count_seen(test, validation),
            "validation_in_train": count_seen(validation, train),
            "within": {name: count_copies(by_split[name]) for name in splits},
            **({"files": name_copies(by_split, labels, files)} if files else {}),
        },
        "format": REPORT_FORMAT,
        "images": {name: _describe_images(statistics[name], shape) for name in splits},
        "shape": list(shape),
    }


def _describe_images(statistics: ImageStatistics, shape: Sequence[int]) -> dict[str, int | None]:
    levels, some = statistics.levels(), statistics.count > 0
    # A pixel of several channels is constant if all of them are.
    constant = statistics.constant().reshape(*shape[:2], -1).all(axis=2)
    return {
        "blank": statistics.blank,
        "constant_pixels": int(np.count_nonzero(constant)) if some else None,
        "count": statistics.count,
        "highest": levels[-1] if some else None,
        "levels": len(levels),
        "lowest": levels[0] if some else None,
    }
