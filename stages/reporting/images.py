"""Report on a model of images."""

from pathlib import Path
from typing import NamedTuple

from matplotlib.figure import Figure

from nncore.arrays import Bytes, Floats, Indices
from stages.page.document import Results, page
from stages.page.overview import TEST_METRICS, TRAIN_METRICS
from stages.plots.confusion import confusion_matrix
from stages.plots.galleries import first_layer, mistakes
from stages.plots.style import missing_letter
from stages.reporting.run_facts import RunFacts
from stages.shared.data_report_inputs import read_data_report, read_examples
from stages.shared.report_content import original_pixels
from stages.shared.report_inputs import read_images, read_metrics, read_predictions, take_images


class ImageFiles(NamedTuple):
    """The files of a report on images."""

    predictions: Path
    train: Path
    test: Path
    images: Path
    data: Path
    training_images: Path
    training_labels: Path


def report_images(run: RunFacts, files: ImageFiles) -> tuple[dict[str, Figure], str]:
    """Return the pictures by their names, and the page."""
    model = run.model
    pixels = read_images(files.images, model)
    test_predictions = read_predictions(files.predictions, model, len(pixels))
    actual, predicted, confidence, numbers = test_predictions
    examples, embed_images = None, run.config.report.embed_images
    if embed_images:
        training_pixels = read_images(files.training_images, model)
        examples = read_examples(training_pixels, files.training_labels, model.class_names)
    results = Results(
        dataset=run.config.fetch.title,
        parameters=run.config.model_dump(mode="json"),
        model=model,
        digest=run.digest,
        images=pixels,
        history=run.history,
        predictions=test_predictions,
        train=read_metrics(files.train, TRAIN_METRICS),
        test=read_metrics(files.test, TEST_METRICS),
        embed_images=embed_images,
        data=read_data_report(files.data, model.class_names),
        training_examples=examples,
    )
    (shape, normalization), names = model.pixels(), model.class_names
    if letter := missing_letter(names):
        numbers_of = {name: str(number) for number, name in enumerate(names)}
        names = tuple(numbers_of.values())
        actual, predicted = ([numbers_of[name] for name in seen] for seen in (actual, predicted))
        print(
            f"the font of the pictures lacks {letter!r}: the pictures show class numbers instead "
            "of names; report.html shows the names"
        )

    def take_pixels(rows: Indices) -> Floats | Bytes:
        chosen = take_images(pixels, rows)
        # Values that are scaled show greys, but no colours.
        return original_pixels(chosen, normalization) if len(shape) == 3 else chosen

    figures = {
        "confusion_matrix": confusion_matrix(actual, predicted, names),
        "first_layer": first_layer(model.network.weights[0], shape),
        "mistakes": mistakes(
            take_pixels if embed_images else None,
            shape,
            actual,
            predicted,
            confidence=confidence,
            indices=numbers,
        ),
    }
    return figures, page(results)
