"""Read the measurements of the other stages; raise `ReportError` for what they can't have made."""

import csv
import json
import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from nncore.arrays import Array, Floats, Indices
from nncore.data.dataset import Images, Uint8Images
from nncore.errors import DataError, NncoreError
from nncore.model import Model
from nncore.model_file import load
from stages.shared.dotted_keys import flatten

Rows = Sequence[Mapping[str, str]]
Columns = dict[str, NDArray[np.float64]]

# The largest valid value of each column of numbers; the smallest is 0.
_HISTORY_LIMITS = {"epoch": math.inf, "lr": math.inf, "train_loss": math.inf, "train_accuracy": 1.0}
_VALIDATION_LIMITS = {"validation_loss": math.inf, "validation_accuracy": 1.0}
_WEIGHTS_LIMITS = dict.fromkeys(("epoch", "layer", "from_start", "from_last"), math.inf)


class ReportError(NncoreError):
    """An input of the report is missing or malformed."""


class Predictions(NamedTuple):
    """The predictions of a model for n test samples.

    Attributes
    ----------
    actual, predicted : n class names each
    confidence : (n,) floats in [0, 1], the probabilities of the predicted classes
    numbers : (n,) integers, the indices of the samples in the test set: each once, in any order
    files : n names of the files of the images; empty if they have none of their own
    """

    actual: list[str]
    predicted: list[str]
    confidence: NDArray[np.float64]
    numbers: NDArray[np.int64]
    files: Sequence[str] = ()


def read_history(path: Path, *, regression: bool = False) -> Columns:
    """Return the columns of history.csv, (epochs + 1,) floats each; NaN for an empty cell.

    Parameters
    ----------
    regression : whether the columns of accuracies are empty
    """
    rows = read_rows(path, [*_HISTORY_LIMITS, *_VALIDATION_LIMITS])
    # Without a validation set, all cells of these columns are empty.
    has_validation = any(row[name] for row in rows for name in _VALIDATION_LIMITS)
    limits = _HISTORY_LIMITS | (_VALIDATION_LIMITS if has_validation else {})
    columns = {name: np.full(len(rows), np.nan) for name in (*_HISTORY_LIMITS, *_VALIDATION_LIMITS)}
    for name, limit in limits.items():
        if not (regression and name.endswith("accuracy")):
            columns[name] = parse_column(path, rows, name, limit)
    if not np.array_equal(columns["epoch"], np.arange(len(rows))):
        raise ReportError(f"{path}, epoch: expected 0, 1, 2, … in order, got another sequence")
    return columns


def read_weight_norms(path: Path, layers: int) -> Columns:
    """Return the columns of weights.csv, (rows,) floats each, for a network of `layers` layers."""
    rows = read_rows(path, _WEIGHTS_LIMITS)
    columns = {
        name: parse_column(path, rows, name, limit) for name, limit in _WEIGHTS_LIMITS.items()
    }
    epoch, layer = np.divmod(np.arange(len(rows)), layers)
    expected, got = (epoch, layer + 1), (columns["epoch"], columns["layer"])
    if len(rows) % layers or not np.array_equal(expected, got):
        raise ReportError(
            f"{path}, epoch and layer: expected each epoch from 0 with the layers 1 to {layers}, "
            "in order, got another sequence"
        )
    return columns


def read_predictions(path: Path, model: Model, count: int, *, sample: str = "image") -> Predictions:
    """Return the rows of predictions.csv: the predictions of `model` for `count` test samples.

    Parameters
    ----------
    sample : the column of their numbers: image, or row for a table
    """
    rows = read_rows(path, (sample, "actual", "predicted", "confidence"))
    for line, row in enumerate(rows, start=2):
        for name in ("actual", "predicted"):
            if row[name] not in model.class_names:
                raise ReportError(
                    f"{path}, row {line}, {name}: expected a class of the model, got {row[name]!r}"
                )
    numbers = parse_column(path, rows, sample, count - 1)
    if not np.array_equal(np.sort(numbers), np.arange(count)):
        raise ReportError(
            f"{path}, {sample}: expected each of 0 to {count - 1} once, got others; run evaluate "
            "again"
        )
    return Predictions(
        [row["actual"] for row in rows],
        [row["predicted"] for row in rows],
        parse_column(path, rows, "confidence", 1.0),
        numbers.astype(np.int64),
        [row["file"] for row in rows] if "file" in rows[0] else (),
    )


def read_model(path: Path) -> Model:
    """Return the trained model of images or of tables in a file."""
    try:
        model = load(path)
        if model.columns is None:
            model.pixels()
    except OSError as error:
        raise ReportError(f"{path} can't be read: {error.strerror}") from error
    except DataError as error:
        raise ReportError(f"{path}: {error}") from error
    return model


def map_array(path: Path) -> Array:
    """Map the array of a .npy file into memory, read-only."""
    try:
        array: Array = np.load(path, mmap_mode="r", allow_pickle=False)
    except OSError as error:
        raise ReportError(f"{path} can't be read: {error.strerror}") from error
    except (EOFError, ValueError) as error:
        raise ReportError(f"{path}: expected a .npy file, got: {error}") from error
    return array


def read_images(path: Path, model: Model) -> Images:
    """Map the test images into memory: (n, inputs) float32, or uint8 that read as float32."""
    images = map_array(path)
    inputs = model.network.inputs
    if images.shape[1:] != (inputs,) or images.dtype not in (np.float32, np.uint8):
        raise ReportError(
            f"{path}: expected float32 or uint8 images of {inputs} pixels each, "
            f"got {images.dtype} of shape {images.shape}"
        )
    _, normalization = model.pixels()
    return images if images.dtype == np.float32 else Uint8Images(images, normalization.table())


def spread_rows(count: int, total: int) -> Indices:
    """Return `count` rows, evenly spread over `total`; (count,) ascending.

    The first ones would be of few classes: pictures of a folder are in the order of their classes.
    """
    return np.arange(count) * total // count


def spread_order(count: int, total: int) -> Indices:
    """Return the rows of `spread_rows`, (count,), so that any first ones are evenly spread too.

    Row k stands where its bits, read backwards, order it: van der Corput, Verteilungsfunktionen
    (1935).
    """
    index, bits = np.arange(count), max(count - 1, 1).bit_length()
    backwards = np.zeros(count, np.int64)
    for bit in range(bits):
        backwards |= (index >> bit & 1) << (bits - 1 - bit)
    return spread_rows(count, total)[np.argsort(backwards)]


def take_images(images: Images, rows: NDArray[np.integer]) -> Floats:
    """Return copies of the images at `rows`, (len(rows), inputs)."""
    copies = np.empty((len(rows), images.shape[1]), images.dtype)
    images.take(rows, axis=0, out=copies, mode="clip")
    return copies


def read_metrics(path: Path, names: Sequence[str]) -> Mapping[str, float]:
    """Return the finite numbers of train.json or test.json by their dotted names.

    Parameters
    ----------
    names : numbers that the file must hold
    """
    try:
        values = json.loads(path.read_text(encoding="utf-8"), parse_int=float)
    except OSError as error:
        raise ReportError(f"{path} can't be read: {error.strerror}") from error
    except RecursionError:
        raise ReportError(f"{path}: expected JSON in UTF-8, got: too many nested lists") from None
    except ValueError as error:
        raise ReportError(f"{path}: expected JSON in UTF-8, got: {error}") from error
    # A number too large for a float reads as infinity, which is ignored.
    numbers = {
        name: value
        for name, value in flatten(values if isinstance(values, dict) else {})
        if isinstance(value, float) and math.isfinite(value)
    }
    for name in names:
        if name not in numbers:
            raise ReportError(f"{path}: expected a finite number {name}, got none")
    return numbers


def read_rows(path: Path, names: Sequence[str] | Mapping[str, float]) -> Rows:
    """Return the rows of a CSV file, which must have the columns `names` and at least one row."""
    try:
        with path.open(encoding="utf-8", newline="") as file:
            reader = csv.DictReader(file, strict=True)
            rows, header = list(reader), reader.fieldnames or ()
    except OSError as error:
        raise ReportError(f"{path} can't be read: {error.strerror}") from error
    except (UnicodeDecodeError, csv.Error) as error:
        raise ReportError(f"{path}: expected CSV in UTF-8, got: {error}") from error
    for name in names:
        if name not in header:
            got = ", ".join(header) or "an empty file"
            raise ReportError(f"{path}: expected a column {name}, got {got}")
    if not rows:
        raise ReportError(f"{path}: expected rows below the header, got none")
    for line, row in enumerate(rows, start=2):
        # DictReader marks surplus cells with the key None and missing cells with the value None.
        if None in row or None in row.values():
            got = "more" if None in row else "fewer"
            raise ReportError(f"{path}, row {line}: expected {len(header)} cells, got {got}")
    return rows


def parse_column(
    path: Path, rows: Rows, name: str, limit: float, *, lowest: float = 0
) -> NDArray[np.float64]:
    """Return a column, (rows,) finite numbers from `lowest` to `limit`."""
    values = np.empty(len(rows))
    bounds = "of at least 0" if math.isinf(limit) else f"from 0 to {limit:g}"
    bounds = "" if math.isinf(lowest) else f" {bounds}"
    for index, row in enumerate(rows):
        try:
            value = float(row[name])
        except ValueError:
            value = math.nan
        if not (math.isfinite(value) and lowest <= value <= limit):
            cell = f"{path}, row {index + 2}, {name}"
            raise ReportError(f"{cell}: expected a finite number{bounds}, got {row[name]!r}")
        values[index] = value
    return values
