"""Read what the other stages measured, and refuse what they would not have written."""

import csv
import json
import math
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from nncore.arrays import Array, Floats
from nncore.data import Images
from nncore.errors import NncoreError
from nncore.model import Model
from nncore.persistence import load_model
from nncore.pixels import ScaledPixels

Rows = Sequence[Mapping[str, str]]
Columns = dict[str, NDArray[np.float64]]

# The largest value of each column of numbers; the smallest is 0.
_HISTORY = {"epoch": math.inf, "lr": math.inf, "train_loss": math.inf, "train_accuracy": 1.0}
_VALIDATION = {"validation_loss": math.inf, "validation_accuracy": 1.0}
_WEIGHTS = {"epoch": math.inf, "layer": math.inf, "from_start": math.inf, "from_last": math.inf}


class ReportError(NncoreError):
    """Something to draw that is missing, or not what the other stages write."""


class Predictions(NamedTuple):
    """The model's answers on n test images.

    Attributes
    ----------
    actual, predicted : n class names each
    confidence : (n,) floats in [0, 1], the probabilities of the predictions
    numbers : (n,) integers, the numbers of the images in the test set
    """

    actual: list[str]
    predicted: list[str]
    confidence: NDArray[np.float64]
    numbers: NDArray[np.int64]


def read_history(path: Path) -> Columns:
    """Return the columns of history.csv, (epochs + 1,) floats each; NaN where there is no value."""
    rows = _read_rows(path, [*_HISTORY, *_VALIDATION])
    columns = {name: _numbers(path, rows, name, most) for name, most in _HISTORY.items()}
    if not np.array_equal(columns["epoch"], np.arange(len(rows))):
        raise ReportError(f"{path}, epoch: expected 0, 1, 2, … in order, got another sequence")
    # Without a validation set its cells are empty, all of them.
    if any(row[name] for row in rows for name in _VALIDATION):
        return columns | {n: _numbers(path, rows, n, most) for n, most in _VALIDATION.items()}
    return columns | {name: np.full(len(rows), np.nan) for name in _VALIDATION}


def read_movement(path: Path, layers: int) -> Columns:
    """Return the columns of weights.csv, (rows,) floats each, of a network of `layers` layers."""
    rows = _read_rows(path, _WEIGHTS)
    columns = {name: _numbers(path, rows, name, most) for name, most in _WEIGHTS.items()}
    epoch, layer = np.divmod(np.arange(len(rows)), layers)
    expected, got = (epoch, layer + 1), (columns["epoch"], columns["layer"])
    if len(rows) % layers or not np.array_equal(expected, got):
        raise ReportError(
            f"{path}, epoch and layer: expected each epoch from 0 with the layers 1 to {layers}, "
            "in order, got another sequence"
        )
    return columns


def read_predictions(path: Path, model: Model, images: int) -> Predictions:
    """Return the rows of predictions.csv, by `model` on a test set of `images` images."""
    rows = _read_rows(path, ("image", "actual", "predicted", "confidence"))
    for line, row in enumerate(rows, start=2):
        for name in ("actual", "predicted"):
            if row[name] not in model.class_names:
                raise ReportError(
                    f"{path}, row {line}, {name}: expected a class of the model, got {row[name]!r}"
                )
    numbers = _numbers(path, rows, "image", images - 1)
    if (numbers % 1).any():
        raise ReportError(f"{path}, image: expected whole numbers, got fractions")
    return Predictions(
        [row["actual"] for row in rows],
        [row["predicted"] for row in rows],
        _numbers(path, rows, "confidence", 1.0),
        numbers.astype(np.int64),
    )


def read_model(path: Path) -> Model:
    """Return the trained model."""
    try:
        return load_model(path)
    except OSError as error:
        raise ReportError(f"{path} can't be read: {error.strerror}") from error


def read_images(path: Path, model: Model) -> Images:
    """Map the test images, (n, inputs) float32 or bytes that read as such, into memory."""
    try:
        images: Array = np.load(path, mmap_mode="r", allow_pickle=False)
    except OSError as error:
        raise ReportError(f"{path} can't be read: {error.strerror}") from error
    except (EOFError, ValueError) as error:
        raise ReportError(f"{path}: expected a .npy file, got: {error}") from error
    inputs = model.network.inputs
    dtypes = np.float32, np.uint8
    if images.ndim != 2 or images.shape[1] != inputs or images.dtype not in dtypes:
        raise ReportError(
            f"{path}: expected float32 or uint8 images of {inputs} pixels each, "
            f"got {images.dtype} of shape {images.shape}"
        )
    return images if images.dtype == np.float32 else ScaledPixels(images, model.scaling.table())


def rows_of(images: Images, rows: NDArray[np.integer]) -> Floats:
    """Return the images at `rows`, (len(rows), inputs), of which there are few."""
    found = np.empty((len(rows), images.shape[1]), images.dtype)
    images.take(rows, axis=0, out=found, mode="clip")
    return found


def read_metrics(path: Path, names: Sequence[str]) -> Mapping[str, float]:
    """Return the numbers of train.json or test.json by their dotted names, of which some must be.

    Parameters
    ----------
    names : of the numbers that must be there
    """
    try:
        values = json.loads(path.read_text(encoding="utf-8"), parse_int=float)
    except OSError as error:
        raise ReportError(f"{path} can't be read: {error.strerror}") from error
    except (RecursionError, ValueError) as error:
        raise ReportError(f"{path}: expected JSON in UTF-8, got: {error}") from error
    # A number too long for a float reads as infinity, which is left out.
    numbers = dict(_leaves("", values))
    for name in names:
        if name not in numbers:
            raise ReportError(f"{path}: expected a finite number {name}, got none")
    return numbers


def _leaves(name: str, value: object) -> Iterator[tuple[str, float]]:
    """Yield the finite numbers of nested JSON objects by their dotted names."""
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from _leaves(f"{name}.{key}" if name else key, inner)
    elif isinstance(value, float) and math.isfinite(value):
        yield name, value


def _read_rows(path: Path, names: Sequence[str] | Mapping[str, float]) -> Rows:
    """Return the rows of a CSV file that has the columns `names` and at least one row."""
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
            found = ", ".join(header) or "an empty file"
            raise ReportError(f"{path}: expected a column {name}, got {found}")
    if not rows:
        raise ReportError(f"{path}: expected rows below the header, got none")
    for line, row in enumerate(rows, start=2):
        # DictReader's marks for a cell too many and for one too few.
        if None in row or None in row.values():
            raise ReportError(f"{path}, row {line}: expected {len(header)} cells")
    return rows


def _numbers(path: Path, rows: Rows, name: str, most: float) -> NDArray[np.float64]:
    """Return a column, (rows,), of finite numbers from 0 to `most`."""
    values = np.empty(len(rows))
    bounds = "of at least 0" if math.isinf(most) else f"from 0 to {most:g}"
    for index, row in enumerate(rows):
        try:
            value = float(row[name])
        except ValueError:
            value = math.nan
        if not (math.isfinite(value) and 0 <= value <= most):
            place = f"{path}, row {index + 2}, {name}"
            raise ReportError(f"{place}: expected a finite number {bounds}, got {row[name]!r}")
        values[index] = value
    return values
