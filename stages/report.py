"""Report: draw the measurements of the other stages as pictures and as an HTML page."""

from pathlib import Path
from typing import Annotated

import typer

from nncore.arrays import Bytes, Floats, Indices
from nncore.errors import as_line
from stages.page.document import Results, page
from stages.page.overview import TEST_METRICS, TRAIN_METRICS
from stages.plots.confusion import confusion_matrix
from stages.plots.curves import learning_curves, weight_movement
from stages.plots.galleries import first_layer, mistakes
from stages.plots.style import drawable_names, save
from stages.shared.command import run
from stages.shared.data_report_inputs import read_data_report, read_examples
from stages.shared.digests import file_digest
from stages.shared.files import write_text
from stages.shared.params import load_params
from stages.shared.provenance import parameters_digest
from stages.shared.report_content import original_pixels
from stages.shared.report_inputs import (
    ReportError,
    read_history,
    read_images,
    read_metrics,
    read_model,
    read_predictions,
    read_weight_norms,
    take_images,
)

# Names of classes that a line lists.
MAX_REPLACED = 5


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
    curves, trained_model = read_history(history), read_model(model)
    digest = parameters_digest(config)
    if trained_model.provenance.get("parameters", digest) != digest:
        raise ReportError(
            f"{params}: expected the model and train parameters that {model} was trained with, "
            "got others; run dvc repro"
        )
    movement = read_weight_norms(weights, len(trained_model.network.weights))
    pixels = read_images(images, trained_model)
    test_predictions = read_predictions(predictions, trained_model, len(pixels))
    actual, predicted, confidence, numbers = test_predictions
    examples, embed_images = None, config.report.embed_images
    if embed_images:
        training_pixels = read_images(training_images, trained_model)
        examples = read_examples(training_pixels, training_labels, trained_model.class_names)
    results = Results(
        dataset=config.fetch.title,
        parameters=config.model_dump(mode="json"),
        model=trained_model,
        digest=file_digest(model, "md5"),
        images=pixels,
        history=curves,
        predictions=test_predictions,
        train=read_metrics(train, TRAIN_METRICS),
        test=read_metrics(test, TEST_METRICS),
        embed_images=embed_images,
        data=read_data_report(data, trained_model.class_names),
        training_examples=examples,
    )
    shape, normalization = trained_model.pixels()
    names = drawable_names(trained_model.class_names)
    actual, predicted = ([names[name] for name in column] for column in (actual, predicted))
    replaced = [f"{shown} for {name}" for name, shown in names.items() if name != shown]
    if replaced:
        more = f" and {len(replaced) - MAX_REPLACED:,} more" if len(replaced) > MAX_REPLACED else ""
        print(
            as_line(
                "the font of the pictures lacks letters, so the pictures show "
                f"{', '.join(replaced[:MAX_REPLACED])}{more}; report.html shows all names"
            )
        )

    def take_pixels(rows: Indices) -> Floats | Bytes:
        chosen = take_images(pixels, rows)
        # Values that are scaled show greys, but no colours.
        return original_pixels(chosen, normalization) if len(shape) == 3 else chosen

    figures = {
        "learning_curves": learning_curves(curves),
        "weight_movement": weight_movement(movement),
        "confusion_matrix": confusion_matrix(actual, predicted, list(names.values())),
        "first_layer": first_layer(trained_model.network.weights[0], shape),
        "mistakes": mistakes(
            take_pixels if embed_images else None,
            shape,
            actual,
            predicted,
            confidence=confidence,
            indices=numbers,
        ),
    }
    for name, figure in figures.items():
        save(figure, output / f"{name}.png")
    write_text(output / "report.html", page(results))
    print(f"{len(figures)} pictures and report.html in {output}")


if __name__ == "__main__":
    run(report)
