"""Draw what the other stages measured, and put it on a page; nothing depends on either."""

import hashlib
from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from stages import pictures
from stages.command import run
from stages.files import write_text
from stages.measured import (
    ReportError,
    read_history,
    read_images,
    read_metrics,
    read_model,
    read_movement,
    read_predictions,
    rows_of,
)
from stages.page import METRICS, TRAINING, Results, page
from stages.params import load_params
from stages.provenance import provenance


def report(
    *,
    params: Annotated[Path, typer.Option(help="Parameters.")] = Path("params.yaml"),
    section: Annotated[str, typer.Option(help="Section of them to use.", show_default=False)] = "",
    history: Annotated[Path, typer.Option(help="Loss and accuracy of each epoch.")] = Path(
        "reports/history.csv"
    ),
    weights: Annotated[Path, typer.Option(help="Each layer's movement in each epoch.")] = Path(
        "reports/weights.csv"
    ),
    predictions: Annotated[Path, typer.Option(help="The model's answers on the test set.")] = Path(
        "reports/predictions.csv"
    ),
    train: Annotated[Path, typer.Option(help="Metrics of the training.")] = Path(
        "reports/train.json"
    ),
    test: Annotated[Path, typer.Option(help="Metrics on the test set.")] = Path(
        "reports/test.json"
    ),
    images: Annotated[Path, typer.Option(help="Images of the test set.")] = Path(
        "data/processed/test_images.npy"
    ),
    model: Annotated[Path, typer.Option(help="Model file.")] = Path("models/model.npz"),
    output: Annotated[Path, typer.Option(help="Folder for the pictures and the page.")] = Path(
        "reports"
    ),
) -> None:
    """Draw the learning curves, the weights and the mistakes, and write report.html."""
    config = load_params(params, section)
    curves, trained = read_history(history), read_model(model)
    made_with = provenance(config, [])["parameters"]
    if trained.provenance.get("parameters", made_with) != made_with:
        raise ReportError(
            f"{params}: expected the model and train parameters that {model} was trained with, "
            "got others; run dvc repro"
        )
    movement = read_movement(weights, len(trained.network.weights))
    pixels = read_images(images, trained)
    answers = read_predictions(predictions, trained, len(pixels))
    actual, predicted, confidence, numbers = answers
    results = Results(
        dataset=config.fetch.dataset,
        parameters=config.model_dump(mode="json"),
        model=trained,
        digest=_md5(model),
        images=pixels,
        history=curves,
        predictions=answers,
        train=read_metrics(train, TRAINING),
        test=read_metrics(test, METRICS),
    )
    shape, names = trained.image_shape, trained.class_names
    drawn = {
        "learning_curves": pictures.learning_curves(curves),
        "weight_movement": pictures.weight_movement(movement),
        "confusion_matrix": pictures.confusion_matrix(actual, predicted, names),
        "first_layer": pictures.first_layer(trained.network.weights[0], shape),
        "mistakes": pictures.mistakes(
            partial(rows_of, pixels),
            shape,
            actual,
            predicted,
            confidence=confidence,
            indices=numbers,
        ),
    }
    for name, figure in drawn.items():
        pictures.save(figure, output / f"{name}.png")
    write_text(output / "report.html", page(results))
    print(f"{len(drawn)} pictures and report.html in {output}")


def _md5(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "md5").hexdigest()


if __name__ == "__main__":
    run(report)
