"""Metrics and predictions on the test set, of classes and of numbers."""

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from nncore.data.dataset import Data
from nncore.data.target import Target
from nncore.errors import DataError
from nncore.model import Model
from nncore.network.inference import forward_all
from nncore.network.prediction import Prediction
from nncore.text_tables import format_number
from nncore.training.evaluation import (
    confusion_matrix,
    expected_calibration_error,
    mean_over_classes,
    precision_recall_f1,
)
from nncore.training.evaluation import evaluate as loss_and_accuracy
from nncore.training.regression_metrics import (
    mean_absolute_error,
    r2_score,
    root_mean_squared_error,
)
from stages.shared.chance import Samples, chance_warning
from stages.shared.files import write_csv, write_json
from stages.shared.prepared import ProcessedError, read_numbers

PREDICTION_COLUMNS: Final = ("image", "actual", "predicted", "confidence")
ROW_COLUMNS: Final = ("row", *PREDICTION_COLUMNS[1:])
NUMBER_COLUMNS: Final = ("row", "actual", "predicted", "residual")
# Digits of the target's deviation, as in the file that `nncore predict` writes; float32 has 7.
DIGITS: Final = 7


def require_matching_sizes(model: Model, name: str, test: Data, processed: Path) -> None:
    """Raise `ProcessedError` unless the test set has as many inputs and outputs as the model.

    Parameters
    ----------
    name : of the model, for the message
    processed : the folder of the test set, likewise
    """
    expected = model.network.inputs, model.network.outputs
    if (got := (test.inputs.shape[1], test.targets.shape[1])) != expected:
        raise ProcessedError(
            f"{processed}: {name} expects {expected[0]} inputs and {expected[1]} "
            f"{'outputs' if model.is_regression else 'classes'}, got {got[0]} and {got[1]}"
        )


def evaluate_classes(
    trained_model: Model, test: Data, reports: Path, files: Sequence[str] = ()
) -> None:
    """Write test.json and predictions.csv of a model of classes; print the accuracy.

    Parameters
    ----------
    files : names of the files of the test images, if each has one
    """
    prediction = Prediction.from_outputs(forward_all(trained_model.network, test.inputs))
    metrics = _metrics(trained_model, test, prediction)
    write_json(reports / "test.json", metrics)
    actual = test.targets.argmax(axis=1)
    header = ROW_COLUMNS if trained_model.columns else PREDICTION_COLUMNS
    write_predictions(
        reports, prediction, actual, trained_model.class_names, files=files, header=header
    )
    print(
        f"test accuracy {metrics['accuracy']:.2%}: "
        f"{metrics['correct']:,} of {metrics['total']:,} right, loss {metrics['loss']:.4f}"
    )
    samples: Samples = "rows" if trained_model.columns else "images"
    if line := chance_warning("test", metrics["accuracy"], np.bincount(actual), samples):
        print(line)


def write_predictions(
    reports: Path,
    prediction: Prediction,
    actual: NDArray[np.int64],
    names: Sequence[str],
    *,
    files: Sequence[str] = (),
    header: Sequence[str] = PREDICTION_COLUMNS,
) -> None:
    """Write predictions.csv, a row for each test sample.

    Parameters
    ----------
    actual : (n,) the classes of the samples
    names : names of the classes
    files : names of the files of the test images, if each has one
    header : names of the columns, without that of the files
    """
    classes = zip(actual, prediction.classes, prediction.confidence.tolist(), strict=True)
    lines: list[tuple[object, ...]]
    lines = [(image, names[a], names[p], c) for image, (a, p, c) in enumerate(classes)]
    if files:
        header = (*header, "file")
        lines = [(*line, file) for line, file in zip(lines, files, strict=True)]
    write_csv(reports / "predictions.csv", header, lines)


def count_correct(prediction: Prediction, actual: NDArray[np.int64]) -> dict[str, float]:
    """Return the number of right predictions, that of all, the accuracy and the error in %."""
    correct, total = int(np.count_nonzero(prediction.classes == actual)), len(actual)
    return {
        "accuracy": correct / total,
        "correct": correct,
        "error_percent": 100 * (total - correct) / total,
        "total": total,
    }


def evaluate_numbers(trained_model: Model, test: Data, processed: Path, reports: Path) -> None:
    """Write test.json and predictions.csv of a regression; print its errors.

    Everything but the loss is in the unit of the target.
    """
    target = trained_model.target or Target(name="target")
    actual = read_numbers(processed, "test")
    predicted = target.original(forward_all(trained_model.network, test.inputs)[:, 0])
    metrics = {
        "loss": _finite_loss(trained_model, test),
        "mae": float(mean_absolute_error(actual, predicted)[0]),
        "r2": float(r2_score(actual, predicted)[0]),
        "rmse": float(root_mean_squared_error(actual, predicted)[0]),
        "total": len(actual),
    }
    write_json(reports / "test.json", metrics)
    numbers = zip(actual.tolist(), predicted.tolist(), strict=True)
    # As texts: `write_csv` would round a number, and not to digits of the deviation.
    cells = ([repr(target.rounded(n, DIGITS)) for n in (a, p, a - p)] for a, p in numbers)
    write_csv(
        reports / "predictions.csv",
        NUMBER_COLUMNS,
        ((row, *texts) for row, texts in enumerate(cells)),
    )
    print(
        f"test RMSE {format_number(metrics['rmse'])}, MAE {format_number(metrics['mae'])}, "
        f"R² {metrics['r2']:.3f} of {metrics['total']:,} rows; {target.name} has a deviation of "
        f"{format_number(float(actual.std()))}"
    )
    if metrics["r2"] <= 0:
        print("warning: these predictions are no better than the mean of the test rows")


def _metrics(model: Model, test: Data, prediction: Prediction) -> dict[str, Any]:
    actual = test.targets.argmax(axis=1)
    correct_mask = prediction.classes == actual
    loss = _finite_loss(model, test)
    precision, recall, f1 = precision_recall_f1(
        confusion_matrix(actual, prediction.classes, len(model.class_names))
    )
    per_class = zip(model.class_names, precision.tolist(), recall.tolist(), strict=True)
    return count_correct(prediction, actual) | {
        # Over the classes that occur.
        "balanced_accuracy": mean_over_classes(recall),
        "expected_calibration_error": expected_calibration_error(
            prediction.confidence, correct_mask
        ),
        "loss": loss,
        # Over the classes that occur or are predicted.
        "macro_f1": mean_over_classes(f1),
        "per_class": {
            name: {"precision": _finite(p), "recall": _finite(r)} for name, p, r in per_class
        },
    }


def _finite(value: float) -> float | None:
    return value if math.isfinite(value) else None


def _finite_loss(model: Model, test: Data) -> float:
    loss, _ = loss_and_accuracy(model.network, test)
    if not math.isfinite(loss):
        remedy = "train with a smaller learning rate"
        raise DataError(f"the test loss must be finite, got {loss}; {remedy}")
    return loss
