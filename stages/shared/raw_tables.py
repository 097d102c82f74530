"""The files of a table in data/raw, which fetch writes and preprocess reads."""

import json
from pathlib import Path
from typing import Any, NamedTuple

from nncore.errors import PreprocessingError
from stages.shared.class_names import are_class_names, is_text_list
from stages.shared.datasets import DATASET_FILE

FORMAT = "nncore raw table 1"
SPLITS = ("train", "test")


class RawTable(NamedTuple):
    """The description of a table in dataset.json.

    Attributes
    ----------
    columns : headings, each with the categories of all rows or None for numbers
    target : heading of the target
    class_names : names of the classes, or None for numbers to predict
    """

    columns: dict[str, tuple[str, ...] | None]
    target: str
    class_names: tuple[str, ...] | None


def table_file(split: str) -> str:
    """Return the name of the array of a table, see `nncore.data.columns`."""
    return f"{split}_table.npy"


def targets_file(split: str) -> str:
    """Return the name of the array of targets, (rows,): uint8 classes or float64 numbers."""
    return f"{split}_targets.npy"


def read_raw_table(folder: Path) -> RawTable | None:
    """Return the description of a table, or None if the folder has images.

    Raises
    ------
    PreprocessingError
        dataset.json is not what fetch writes.
    """
    path = folder / DATASET_FILE
    try:
        content: Any = json.loads(path.read_bytes())
    except (RecursionError, ValueError):
        # The reader of images refuses it.
        return None
    if not isinstance(content, dict) or content.get("format") != FORMAT:
        return None
    try:
        columns = {column["name"]: _texts(column["categories"]) for column in content["columns"]}
        class_names = _texts(content["class_names"])
        is_known = class_names is None or are_class_names(content["class_names"])
        is_known &= is_text_list([*columns, content["target"]])
        if not is_known or len(columns) != len(content["columns"]):
            raise ValueError("names that are no different texts")  # noqa: TRY301
        return RawTable(columns, content["target"], class_names)
    except (LookupError, TypeError, ValueError) as error:
        raise PreprocessingError(
            f"{path}: expected the description of a table, got: {error}; run fetch again"
        ) from None


def _texts(value: object) -> tuple[str, ...] | None:
    if value is None:
        return None
    if not is_text_list(value):
        raise ValueError("something else in the place of a list of texts")
    return tuple(value)
