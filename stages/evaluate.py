"""Evaluate the trained model on the test set, which train does not read."""

from pathlib import Path
from typing import Annotated

import typer

from nncore.model_file import load
from stages.shared.command import run
from stages.shared.file_names import read_names
from stages.shared.numerics import numerics_note
from stages.shared.params import load_params
from stages.shared.prepared import read_split
from stages.shared.test_results import (
    evaluate_classes,
    evaluate_numbers,
    require_matching_sizes,
)


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
    require_matching_sizes(trained_model, "the model", test, processed)
    if trained_model.is_regression:
        evaluate_numbers(trained_model, test, processed, reports)
    else:
        files = read_names(processed, {"test": len(test.targets)}).get("test", ())
        evaluate_classes(trained_model, test, reports, files)


if __name__ == "__main__":
    run(evaluate)
