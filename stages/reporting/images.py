"""Report on a model of images."""

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Final, NamedTuple

import numpy as np

from nncore.analysis.robustness import DAMAGES, Pixels, damage_curve
from nncore.arrays import Bytes, Floats, Indices
from nncore.data.dataset import Images
from nncore.data.resampling import ImageGrid
from nncore.errors import as_line
from nncore.model import Model
from nncore.parallel import one_blas_thread
from stages.page.images.document import page
from stages.page.images.results import Results
from stages.page.images.samples import TrainingImages
from stages.page.overview import TEST_METRICS, TRAIN_METRICS
from stages.plots.confusion import confusion_matrix
from stages.plots.galleries import first_layer, mistakes
from stages.plots.style import Figures, drawable_names
from stages.reporting.activation_map import activation_map
from stages.reporting.run_facts import RunFacts, exact_refusal
from stages.shared.data_report_inputs import choose_examples, read_classes, read_data_report
from stages.shared.numerics import available_cores
from stages.shared.report_content import original_pixels
from stages.shared.report_inputs import (
    Predictions,
    read_images,
    read_metrics,
    read_predictions,
    spread_rows,
    take_images,
)

# Bounds of the number of test images that are damaged, and the products of a parameter and an image
# that may take time: some ten seconds.
DAMAGED_IMAGES: Final = (100, 1000)
MAX_PRODUCTS: Final = 10_000_000_000
DAMAGE_SEED: Final = 1
# Names of classes that a line lists.
MAX_REPLACED: Final = 5


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
    damage: dict[str, list[float]] = {}
    layers = None
    if not (refusal := exact_refusal(run.config.numerics)):
        # Threads of a BLAS wait actively for each other: beside other work, products take longer.
        with ThreadPoolExecutor(available_cores(), initializer=one_blas_thread) as pool:
            mapped = pool.submit(activation_map, model, pixels, test_predictions)
            damage = damage_curves(model, pixels, test_predictions, damaged, pool)
            layers = mapped.result()
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
        damage=damage,
        damaged_images=len(damaged),
        activation_map=layers,
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


def choose_damaged(model: Model, test_images: int) -> Indices:
    """Return the test images that are damaged: evenly spread, as many as the work allows."""
    strengths = sum(len(damage.strengths) for damage in DAMAGES.values())
    least, most = DAMAGED_IMAGES
    affordable = MAX_PRODUCTS // (model.network.parameters.size * strengths)
    count = min(max(least, min(most, affordable)), test_images)
    return spread_rows(count, test_images)


def damage_curves(
    model: Model, images: Images, predictions: Predictions, rows: Indices, pool: ThreadPoolExecutor
) -> dict[str, list[float]]:
    """Return the accuracies on the test images at `rows`, damaged in each way."""
    (height, width, *channels), normalization = model.pixels()
    table = normalization.table()
    # The darkest and the brightest pixel value have the first and the last number.
    pixels = Pixels(
        ImageGrid(height, width, float(table[0]), *channels), abs(float(table[-1] - table[0]))
    )
    index_of = {name: index for index, name in enumerate(model.class_names)}
    labels = np.empty(len(images), np.int64)
    labels[predictions.numbers] = [index_of[name] for name in predictions.actual]
    curve = partial(
        damage_curve, model.network, images, labels, rows, pixels=pixels, seed=DAMAGE_SEED
    )
    curves = pool.map(lambda damage: curve(damage=damage), DAMAGES.values())
    return dict(zip(DAMAGES, curves, strict=True))


def print_replaced(names: Mapping[str, str]) -> None:
    """Print which names the pictures show instead of those with letters that their font lacks."""
    replaced = [f"{shown} for {name}" for name, shown in names.items() if name != shown]
    if not replaced:
        return
    more = f" and {len(replaced) - MAX_REPLACED:,} more" if len(replaced) > MAX_REPLACED else ""
    print(
        as_line(
            "the font of the pictures lacks letters, so the pictures show "
            f"{', '.join(replaced[:MAX_REPLACED])}{more}; report.html shows all names"
        )
    )
