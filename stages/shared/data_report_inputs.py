"""Read the report on the data and examples of the training images, for the page."""

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any, Literal, NamedTuple, Self

import numpy as np
from pydantic import Field, ValidationError, model_validator

from nncore.arrays import Floats, Indices
from nncore.data.dataset import Images
from stages.shared.data_params import Section
from stages.shared.data_report import SPLITS
from stages.shared.report_inputs import ReportError, map_array, take_images

# Training images that the page shows, and the pixels of all of them.
EXAMPLES_PER_CLASS = 5
MAX_EXAMPLES = 100
MAX_EXAMPLE_PIXELS = 400_000
Count = Annotated[int, Field(ge=0, lt=2**53)]
# Rows of labels that are read at once.
_ROWS_PER_BLOCK = 1 << 16


class SplitCounts(Section):
    """Numbers of images in each split."""

    test: Count
    train: Count
    validation: Count


Groups = tuple[Annotated[tuple[str, ...], Field(min_length=2)], ...]


class SplitFiles(Section):
    """Names of files with equal images within each split, in groups."""

    test: Groups
    train: Groups
    validation: Groups


class DuplicateFiles(Section):
    """Names of files with equal images, in groups, by the keys of `DuplicateCounts`."""

    contradicting_labels: Groups
    test_in_train: Groups
    test_in_validation: Groups
    validation_in_train: Groups
    within: SplitFiles


class DuplicateCounts(Section):
    """Numbers of images with equal pixels."""

    contradicting_labels: Count
    test_in_train: Count
    test_in_validation: Count
    validation_in_train: Count
    within: SplitCounts
    files: DuplicateFiles | None = None


class SplitImages(Section):
    """Images of a split, and their pixels; None for those of no image."""

    blank: Count
    constant_pixels: Count | None
    count: Count
    highest: Count | None
    levels: Count
    lowest: Count | None


class DataReport(Section):
    """The content of data.json."""

    classes: dict[str, SplitCounts]
    duplicates: DuplicateCounts
    format: Literal["nncore data report 1"]
    images: dict[Literal["test", "train", "validation"], SplitImages]
    shape: Annotated[tuple[Count, ...], Field(min_length=2, max_length=3)]
    warnings: tuple[str, ...]

    @model_validator(mode="after")
    def _has_all_splits(self) -> Self:
        if set(self.images) != set(SPLITS):
            raise ValueError("images must hold each split")
        return self


class Examples(NamedTuple):
    """Training images: their pixels, (n, inputs) normalized floats, and their n classes."""

    images: Floats
    class_names: list[str]


def read_data_report(path: Path, class_names: Sequence[str]) -> dict[str, Any]:
    """Return the content of data.json for a model of these classes.

    Raises
    ------
    ReportError
        The file is missing, or not what preprocess writes.
    """
    try:
        report = DataReport.model_validate_json(path.read_bytes())
    except OSError as error:
        raise ReportError(f"{path} can't be read: {error.strerror}") from error
    except ValidationError:
        report = None
    if report is None or not set(class_names) <= report.classes.keys():
        raise ReportError(
            f"{path}: expected the report on the data that preprocess writes, for the classes of "
            "the model, got another content; run preprocess again"
        )
    return report.model_dump()


def read_classes(labels: Path, count: int, class_names: Sequence[str]) -> Indices:
    """Return the index of the class of each of `count` images, (count,).

    Parameters
    ----------
    labels : the file of their one-hot labels, (count, classes)

    Raises
    ------
    ReportError
        The file is missing, or has another shape.
    """
    rows = map_array(labels)
    expected = (count, len(class_names))
    if rows.shape != expected or rows.dtype != np.float32:
        got = f"{rows.dtype} of shape {rows.shape}"
        raise ReportError(f"{labels}: expected float32 labels of shape {expected}, got {got}")
    starts = range(0, count, _ROWS_PER_BLOCK)
    blocks = [rows[start : start + _ROWS_PER_BLOCK].argmax(axis=1) for start in starts]
    return np.concatenate([np.empty(0, np.int64), *blocks])


def choose_examples(images: Images, classes: Indices, class_names: Sequence[str]) -> Examples:
    """Return the first training images of each class, class by class.

    Parameters
    ----------
    images : all training images, (n, inputs)
    classes : index of the class of each image, (n,)
    """
    limit = min(MAX_EXAMPLES, max(MAX_EXAMPLE_PIXELS // images.shape[1], 1))
    count = max(1, min(EXAMPLES_PER_CLASS, limit // len(class_names)))
    chosen = [
        (row, name)
        for index, name in enumerate(class_names[:limit])
        for row in np.flatnonzero(classes == index)[:count].tolist()
    ][:limit]
    rows = np.array([row for row, _ in chosen], np.int64)
    return Examples(take_images(images, rows), [name for _, name in chosen])
