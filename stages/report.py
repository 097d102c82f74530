"""Draw what the other stages measured; nothing depends on the pictures."""

import csv
import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated

import numpy as np
import typer
from numpy.typing import NDArray

from nncore.errors import NncoreError
from nncore.model import Model
from nncore.persistence import load_model
from stages import pictures
from stages.command import run

Rows = Sequence[Mapping[str, str]]
Columns = dict[str, NDArray[np.float64]]

# The largest value of each column of numbers; the smallest is 0.
_HISTORY = {"epoch": math.inf, "lr": math.inf, "train_loss": math.inf, "train_accuracy": 1.0}
_VALIDATION = {"validation_loss": math.inf, "validation_accuracy": 1.0}
_WEIGHTS = {"epoch": math.inf, "layer": math.inf, "from_start": math.inf, "from_last": math.inf}


class ReportError(NncoreError):
    """Something to draw that is missing, or not what the other stages write."""


def report(
    *,
    history: Annotated[Path, typer.Option(help="Loss and accuracy of each epoch.")] = Path(
        "reports/history.csv"
    ),
    weights: Annotated[Path, typer.Option(help="Each layer's movement in each epoch.")] = Path(
        "reports/weights.csv"
    ),
    predictions: Annotated[Path, typer.Option(help="The model's answers on the test set.")] = Path(
        "reports/predictions.csv"
    ),
    images: Annotated[Path, typer.Option(help="Scaled images of the test set.")] = Path(
        "data/processed/test_images.npy"
    ),
    model: Annotated[Path, typer.Option(help="Model file.")] = Path("models/model.npz"),
    output: Annotated[Path, typer.Option(help="Folder for the pictures.")] = Path("reports"),
) -> None:
    """Draw the learning curves, the weights and the mistakes."""
    curves, trained = _read_history(history), _read_model(model)
    movement = _read_movement(weights, len(trained.network.weights))
    pixels = _read_images(images, trained)
    actual, predicted, confidence, numbers = _read_predictions(predictions, trained, len(pixels))
    shape, names = trained.image_shape, trained.class_names
    drawn = {
        "learning_curves": pictures.learning_curves(curves),
        "weight_movement": pictures.weight_movement(movement),
        "confusion_matrix": pictures.confusion_matrix(actual, predicted, names),
        "first_layer": pictures.first_layer(trained.network.weights[0], shape),
        "mistakes": pictures.mistakes(
            pixels[numbers], shape, actual, predicted, confidence=confidence, indices=numbers
        ),
    }
    for name, figure in drawn.items():
        pictures.save(figure, output / f"{name}.png")
    print(f"{len(drawn)} pictures in {output}")


def _read_history(path: Path) -> Columns:
    rows = _read_rows(path, [*_HISTORY, *_VALIDATION])
    columns = {name: _numbers(path, rows, name, most) for name, most in _HISTORY.items()}
    if not np.array_equal(columns["epoch"], np.arange(len(rows))):
        raise ReportError(f"{path}, epoch: expected 0, 1, 2, … in order, got another sequence")
    # Without a validation set its cells are empty, all of them.
    if any(row[name] for row in rows for name in _VALIDATION):
        return columns | {n: _numbers(path, rows, n, most) for n, most in _VALIDATION.items()}
    return columns | {name: np.full(len(rows), np.nan) for name in _VALIDATION}


def _read_movement(path: Path, layers: int) -> Columns:
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


def _read_predictions(
    path: Path, model: Model, images: int
) -> tuple[list[str], list[str], NDArray[np.float64], NDArray[np.int64]]:
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
    return (
        [row["actual"] for row in rows],
        [row["predicted"] for row in rows],
        _numbers(path, rows, "confidence", 1.0),
        numbers.astype(np.int64),
    )


def _read_model(path: Path) -> Model:
    try:
        return load_model(path)
    except OSError as error:
        raise ReportError(f"{path} can't be read: {error.strerror}") from error


def _read_images(path: Path, model: Model) -> NDArray[np.floating]:
    try:
        images: NDArray[np.floating] = np.load(path, mmap_mode="r", allow_pickle=False)
    except OSError as error:
        raise ReportError(f"{path} can't be read: {error.strerror}") from error
    except (EOFError, ValueError) as error:
        raise ReportError(f"{path}: expected a .npy file, got: {error}") from error
    inputs = model.network.inputs
    if images.ndim != 2 or images.shape[1] != inputs or images.dtype != np.float32:
        raise ReportError(
            f"{path}: expected float32 images of {inputs} pixels each, "
            f"got {images.dtype} of shape {images.shape}"
        )
    return images


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


if __name__ == "__main__":
    run(report)
