"""Evaluate the trained model on the test set, which train does not read."""

import math
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import typer

from nncore.data.dataset import Data
from nncore.errors import DataError
from nncore.model import Model
from nncore.model_file import load
from nncore.network.inference import forward_all
from nncore.network.prediction import Prediction
from nncore.training.evaluation import (
    confusion_matrix,
    expected_calibration_error,
    mean_over_classes,
    precision_recall_f1,
)
from nncore.training.evaluation import evaluate as loss_and_accuracy
from stages.shared.chance import chance_warning
from stages.shared.command import run
from stages.shared.files import write_csv, write_json
from stages.shared.numerics import numerics_note
from stages.shared.params import load_params
from stages.shared.prepared import ProcessedError, read_split

PREDICTION_COLUMNS = ("image", "actual", "predicted", "confidence")


def evaluate(
    params: Annotated[Path, typer.Option(metavar="FILE", help="Parameters.")] = Path("params.yaml"),
    section: Annotated[
        str,
        typer.Option(metavar="NAME", help="Section of the parameters to use.", show_default=False),
    ] = "",
    model: Annotated[Path, typer.Option(metavar="FILE", help="Model file.")] = Path(
        "models/model.npz"
    ),
    processed: Annotated[
        Path, typer.Option(metavar="FOLDER", help="Folder that preprocess wrote.")
    ] = Path("data/processed"),
    reports: Annotated[
        Path, typer.Option(metavar="FOLDER", help="Folder for test.json and predictions.csv.")
    ] = Path("reports"),
) -> None:
    """Measure the model on the test set; write metrics and predictions."""
    numerics = load_params(params, section).numerics
    if line := numerics_note(numerics):
        print(line)
    trained_model = load(model, numerics=numerics)
    test = read_split(processed, "test")
    expected = (trained_model.network.inputs, trained_model.network.outputs)
    if (got := (test.inputs.shape[1], test.targets.shape[1])) != expected:
        raise ProcessedError(
            f"{processed}: the model expects {expected[0]} inputs and {expected[1]} classes, "
            f"got {got[0]} and {got[1]}"
        )
    prediction = Prediction.from_outputs(forward_all(trained_model.network, test.inputs))
    metrics = _metrics(trained_model, test, prediction)
    write_json(reports / "test.json", metrics)
    names, actual = trained_model.class_names, test.targets.argmax(axis=1)
    rows = zip(actual, prediction.classes, prediction.confidence.tolist(), strict=True)
    write_csv(
        reports / "predictions.csv",
        PREDICTION_COLUMNS,
        ((image, names[a], names[p], c) for image, (a, p, c) in enumerate(rows)),
    )
    print(
        f"test accuracy {metrics['accuracy']:.2%}: "
        f"{metrics['correct']:,} of {metrics['total']:,} right, loss {metrics['loss']:.4f}"
    )
    if line := chance_warning("test", metrics["accuracy"], np.bincount(actual)):
        print(line)


def _metrics(model: Model, test: Data, prediction: Prediction) -> dict[str, Any]:
    actual = test.targets.argmax(axis=1)
    correct_mask = prediction.classes == actual
    loss, _ = loss_and_accuracy(model.network, test)
    if not math.isfinite(loss):
        remedy = "train with a smaller learning rate"
        raise DataError(f"the test loss must be finite, got {loss}; {remedy}")
    precision, recall, f1 = precision_recall_f1(
        confusion_matrix(actual, prediction.classes, len(model.class_names))
    )
    per_class = zip(model.class_names, precision.tolist(), recall.tolist(), strict=True)
    correct, total = int(np.count_nonzero(correct_mask)), len(correct_mask)
    return {
        "accuracy": correct / total,
        # Over the classes that occur.
        "balanced_accuracy": mean_over_classes(recall),
        "correct": correct,
        "error_percent": 100 * (total - correct) / total,
        "expected_calibration_error": expected_calibration_error(
            prediction.confidence, correct_mask
        ),
        "loss": loss,
        # Over the classes that occur or are predicted.
        "macro_f1": mean_over_classes(f1),
        "per_class": {
            name: {"precision": _finite(p), "recall": _finite(r)} for name, p, r in per_class
        },
        "total": total,
    }


def _finite(value: float) -> float | None:
    return value if math.isfinite(value) else None


if __name__ == "__main__":
    run(evaluate)
