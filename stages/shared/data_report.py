"""reports/data.json: what preprocess finds in the data, with a warning for each likely mistake."""

import json
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from nncore.arrays import Array, Bytes, Floats, Indices
from nncore.data.dataset import Images
from nncore.data.inspection import (
    LEVELS,
    ImageStatistics,
    count_copies,
    count_seen,
    find_contradictions,
    image_digests,
    number_images,
)
from nncore.errors import NncoreError
from stages.shared.data_warnings import data_warnings
from stages.shared.files import write_json

SPLITS = ("train", "validation", "test")
# Training images that the page shows, and the pixels of all of them.
EXAMPLES_PER_CLASS = 5
MAX_EXAMPLES = 100
MAX_EXAMPLE_PIXELS = 400_000
# Rows of labels that are read at once.
_ROWS_PER_BLOCK = 1 << 16


class DataReportError(NncoreError):
    """The report on the data is missing or malformed."""


class Split(NamedTuple):
    """The images at `rows` of a file, and the labels of all images of the file."""

    source: Path
    labels: Bytes
    rows: Indices


class Examples(NamedTuple):
    """Training images: their pixels, (n, inputs) normalized floats, and their n classes."""

    images: Floats
    class_names: list[str]


# From a file and ascending rows to batches of these images: (n, pixels) uint8, in C order.
Batches = Callable[[Path, Indices], Iterator[Bytes]]


def write_data_report(
    path: Path,
    splits: Mapping[str, Split],
    class_names: Sequence[str],
    shape: Sequence[int],
    batches: Batches,
) -> list[str]:
    """Write data.json, of the arguments of `describe_data`; return its warnings."""
    report = describe_data(splits, class_names, shape, batches)
    warnings = data_warnings(report, class_names)
    write_json(path, report | {"warnings": warnings})
    return warnings


def describe_data(
    splits: Mapping[str, Split],
    class_names: Sequence[str],
    shape: Sequence[int],
    batches: Batches,
) -> dict[str, Any]:
    """Return the content of data.json, but for its warnings.

    Memory does not grow with the images but for a digest of each one.

    Parameters
    ----------
    splits : by `SPLITS`
    shape : of an image: rows and columns, and channels where there are several
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
        },
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


def read_data_report(path: Path, class_names: Sequence[str]) -> dict[str, Any]:
    """Return the content of data.json for a model of these classes.

    Raises
    ------
    DataReportError
        The file is missing, or not what preprocess writes.
    """
    try:
        values = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise DataReportError(f"{path} can't be read: {error.strerror}") from error
    except (RecursionError, ValueError):
        values = None
    if not _is_report(values, class_names):
        raise DataReportError(
            f"{path}: expected the report on the data that preprocess writes, for the classes of "
            "the model, got another content; run preprocess again"
        )
    result: dict[str, Any] = values
    return result


def read_examples(images: Images, labels: Path, class_names: Sequence[str]) -> Examples:
    """Return the first training images of each class, class by class.

    Parameters
    ----------
    images : all training images, (n, inputs)
    labels : the file of their one-hot labels, (n, classes)

    Raises
    ------
    DataReportError
        The file is missing, or has another shape.
    """
    try:
        rows: Array = np.load(labels, mmap_mode="r", allow_pickle=False)
    except OSError as error:
        raise DataReportError(f"{labels} can't be read: {error.strerror}") from error
    except (EOFError, ValueError) as error:
        raise DataReportError(f"{labels}: expected a .npy file, got: {error}") from error
    expected = (len(images), len(class_names))
    if rows.shape != expected or rows.dtype != np.float32:
        got = f"{rows.dtype} of shape {rows.shape}"
        raise DataReportError(f"{labels}: expected float32 labels of shape {expected}, got {got}")
    limit = min(MAX_EXAMPLES, max(MAX_EXAMPLE_PIXELS // images.shape[1], 1))
    count = max(1, min(EXAMPLES_PER_CLASS, limit // len(class_names)))
    found: list[list[int]] = [[] for _ in class_names]
    for start in range(0, len(rows), _ROWS_PER_BLOCK):
        classes = rows[start : start + _ROWS_PER_BLOCK].argmax(axis=1)
        for index, positions in enumerate(found):
            first = np.flatnonzero(classes == index)[: count - len(positions)]
            positions += (start + first).tolist()
        if all(len(positions) == count for positions in found):
            break
    chosen = [(row, name) for name, some in zip(class_names, found, strict=True) for row in some]
    chosen = chosen[:limit]
    pixels = np.empty((len(chosen), images.shape[1]), images.dtype)
    images.take(np.array([row for row, _ in chosen], np.int64), axis=0, out=pixels, mode="clip")
    return Examples(pixels, [name for _, name in chosen])


def _is_report(values: Any, class_names: Sequence[str]) -> bool:  # noqa: ANN401  JSON
    try:
        counts = [values["classes"][name][split] for name in class_names for split in SPLITS]
        duplicates = dict(values["duplicates"])
        counts += [duplicates.pop("within")[split] for split in SPLITS]
        counts += [duplicates[name] for name in ("contradicting_labels", "test_in_train")]
        counts += [duplicates[name] for name in ("test_in_validation", "validation_in_train")]
        images = [values["images"][split] for split in SPLITS]
        counts += [entry[name] for entry in images for name in ("blank", "count", "levels")]
        optional = ("constant_pixels", "highest", "lowest")
        counts += [entry[name] or 0 for entry in images for name in optional]
        has_values = all(entry["highest"] is not None or not entry["count"] for entry in images)
        are_lines = all(isinstance(line, str) for line in values["warnings"])
        shape = values["shape"]
        counts += shape
    except (KeyError, TypeError, AttributeError, ValueError):
        return False
    are_counts = all(type(count) is int and 0 <= count < 2**53 for count in counts)
    has_levels = are_counts and all(entry["levels"] <= LEVELS for entry in images)
    return has_levels and has_values and are_lines and len(shape) in {2, 3}
