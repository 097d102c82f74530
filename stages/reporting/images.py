"""Report on a model of images."""

from pathlib import Path
from typing import NamedTuple

from nncore.arrays import Bytes, Floats, Indices
from stages.page.images.document import page
from stages.page.images.results import Results
from stages.page.images.samples import TrainingImages
from stages.page.overview import TEST_METRICS, TRAIN_METRICS
from stages.plots.confusion import confusion_matrix
from stages.plots.galleries import first_layer, mistakes
from stages.plots.style import Figures, drawable_names
from stages.reporting.image_analyses import analyse_images, choose_damaged, thread_count
from stages.reporting.replaced_names import print_replaced
from stages.reporting.run_facts import RunFacts, exact_refusal
from stages.shared.data_report_inputs import choose_examples, read_classes, read_data_report
from stages.shared.report_content import original_pixels
from stages.shared.report_inputs import (
    read_images,
    read_metrics,
    read_predictions,
    take_images,
)


class ImageFiles(NamedTuple):
    """The files of a report on images."""

    predictions: Path
    train: Path
    test: Path
    images: Path
    data: Path
    training_images: Path
    training_labels: Path


def report_images(run: RunFacts, files: ImageFiles) -> tuple[Figures, str]:
    """Return the pictures by their names, and the page."""
    model = run.model
    pixels = read_images(files.images, model)
    test_predictions = read_predictions(files.predictions, model, len(pixels))
    actual, predicted, confidence, numbers, pictures = test_predictions
    examples, training, embed_images = None, None, run.config.report.embed_images
    if embed_images:
        training_pixels = read_images(files.training_images, model)
        names = model.class_names
        classes = read_classes(files.training_labels, len(training_pixels), names)
        examples = choose_examples(training_pixels, classes, names)
        training = TrainingImages(training_pixels, classes)
    damaged = choose_damaged(model, len(pixels))
    analyses = None
    if not (refusal := exact_refusal(run.config.numerics)):
        analyses = analyse_images(
            model, pixels, test_predictions, damaged, threads=thread_count(model)
        )
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
        training_images=training,
        damage=analyses.damage if analyses else {},
        damaged_images=len(damaged),
        activation_map=analyses and analyses.activation_map,
        refusal=refusal,
    )
    shape, normalization = model.pixels()
    drawable = drawable_names(model.class_names)
    actual, predicted = ([drawable[name] for name in column] for column in (actual, predicted))
    print_replaced(drawable)

    def take_pixels(rows: Indices) -> Floats | Bytes:
        chosen = take_images(pixels, rows)
        # Values that are scaled show greys, but no colours.
        return original_pixels(chosen, normalization) if len(shape) == 3 else chosen

    figures = {
        "confusion_matrix": confusion_matrix(actual, predicted, list(drawable.values())),
        "first_layer": first_layer(model.network.weights[0], shape),
        "mistakes": mistakes(
            take_pixels if embed_images else None,
            shape,
            actual,
            predicted,
            confidence=confidence,
            indices=numbers,
            files=pictures,
        ),
    }
    return figures, page(results)
