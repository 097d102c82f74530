"""Report: draw the measurements of the other stages as pictures and as an HTML page."""

from pathlib import Path
from typing import Annotated

import typer

from stages.plots.curves import learning_curves, weight_movement
from stages.plots.style import save
from stages.reporting.images import ImageFiles, report_images
from stages.reporting.run_facts import RunFacts
from stages.reporting.tables import TableFiles, report_table
from stages.shared.command import run
from stages.shared.digests import file_digest
from stages.shared.files import write_text
from stages.shared.params import load_params
from stages.shared.provenance import parameters_digest
from stages.shared.report_inputs import ReportError, read_history, read_model, read_weight_norms


def report(
    *,
    params: Annotated[Path, typer.Option(metavar="FILE", help="Parameters.")] = Path("params.yaml"),
    section: Annotated[
        str,
        typer.Option(metavar="NAME", help="Section of the parameters to use.", show_default=False),
    ] = "",
    history: Annotated[
        Path, typer.Option(metavar="FILE", help="Loss and accuracy after each epoch.")
    ] = Path("reports/history.csv"),
    weights: Annotated[
        Path,
        typer.Option(metavar="FILE", help="Movement of the weights of each layer in each epoch."),
    ] = Path("reports/weights.csv"),
    predictions: Annotated[
        Path, typer.Option(metavar="FILE", help="Predictions for the test images.")
    ] = Path("reports/predictions.csv"),
    train: Annotated[Path, typer.Option(metavar="FILE", help="Metrics of the training.")] = Path(
        "reports/train.json"
    ),
    test: Annotated[Path, typer.Option(metavar="FILE", help="Metrics on the test set.")] = Path(
        "reports/test.json"
    ),
    images: Annotated[Path, typer.Option(metavar="FILE", help="Images of the test set.")] = Path(
        "data/processed/test_images.npy"
    ),
    data: Annotated[Path, typer.Option(metavar="FILE", help="Report on the data.")] = Path(
        "reports/data.json"
    ),
    training_images: Annotated[
        Path, typer.Option(metavar="FILE", help="Images of the training set.")
    ] = Path("data/processed/train_images.npy"),
    training_labels: Annotated[
        Path, typer.Option(metavar="FILE", help="Labels of the training set.")
    ] = Path("data/processed/train_labels.npy"),
    model: Annotated[Path, typer.Option(metavar="FILE", help="Model file.")] = Path(
        "models/model.npz"
    ),
    output: Annotated[
        Path, typer.Option(metavar="FOLDER", help="Folder for the pictures and the page.")
    ] = Path("reports"),
) -> None:
    """Draw the learning curves, the weights and the mistakes, and write report.html."""
    config = load_params(params, section)
    trained_model = read_model(model)
    curves = read_history(history, regression=trained_model.is_regression)
    digest = parameters_digest(config)
    if trained_model.provenance.get("parameters", digest) != digest:
        raise ReportError(
            f"{params}: expected the model and train parameters that {model} was trained with, "
            "got others; run dvc repro"
        )
    movement = read_weight_norms(weights, len(trained_model.network.weights))
    figures = {
        "learning_curves": learning_curves(curves),
        "weight_movement": weight_movement(movement),
    }
    facts = RunFacts(config, trained_model, file_digest(model, "md5"), curves)
    if trained_model.columns:
        others, page = report_table(facts, TableFiles(predictions, train, test, images, data))
    else:
        files = predictions, train, test, images, data, training_images, training_labels
        others, page = report_images(facts, ImageFiles(*files))
    figures |= others
    for name, figure in figures.items():
        save(figure, output / f"{name}.png")
    write_text(output / "report.html", page)
    print(f"{len(figures)} pictures and report.html in {output}")


if __name__ == "__main__":
    run(report)
