"""Results for a report page, from a model and some images, without a pipeline."""

import math
from dataclasses import replace

import numpy as np

from nncore.config.architecture import Architecture
from nncore.data.idx import read_images, read_labels
from nncore.data.preprocessing import Normalization, apply_lookup
from nncore.model import Model
from nncore.network.network import Network
from stages.page.images.results import Results
from stages.page.images.samples import TrainingImages
from stages.shared.data_report_inputs import Examples
from stages.shared.fingerprint import ROOT
from stages.shared.report_inputs import Predictions

TRAIN = {"epochs": 3.0, "kept_epoch": 2.0, "train.accuracy": 0.9, "train.loss": 0.25}
VALIDATION = {"validation.accuracy": 0.8, "validation.loss": 0.5}
# Names of classes that are markup, or turn the direction of the text.
HOSTILE_NAMES = (
    "</script><script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "<!-- & \u202e",
)


def history(epochs=3, *, validation=True):
    epoch = np.arange(epochs + 1.0)
    columns = {
        "epoch": epoch,
        "lr": np.where(epoch > 0, 0.25, 0),
        "train_loss": 2 * 0.5**epoch,
        "train_accuracy": 1 - 0.5**epoch,
        "validation_loss": 2 * 0.75**epoch,
        "validation_accuracy": 1 - 0.75**epoch,
    }
    if not validation:
        columns["validation_loss"] = columns["validation_accuracy"] = np.full(epochs + 1, np.nan)
    return columns


def random_model(
    architecture, shape=(28, 28), names="0123456789", normalization=None, *, outputs=None
):
    """Return a model with random weights and biases, and an output for each name by default."""
    network = Network(architecture, inputs=math.prod(shape), outputs=outputs or len(names))
    rng = np.random.default_rng(5)
    network.initialize(rng)
    for bias in network.biases:
        bias[:] = rng.normal(0, 0.1, bias.shape)
    pictures = "digit" if len(shape) == 2 else "as-is"
    return Model(network, tuple(names), shape, normalization or Normalization(), {}, pictures)


def results(model, images, labels, **others):
    """Return the results of a model on `images`, (n, rows, columns) or (…, 3) uint8.

    `others` replace single values.
    """
    prediction = model.classify(images)
    scaled = np.empty((len(images), model.network.inputs), np.float32)
    apply_lookup(images.reshape(len(images), -1), model.normalization.table(), out=scaled)
    names, correct = model.class_names, int(np.count_nonzero(prediction.classes == labels))
    values = {
        "dataset": "a set",
        "parameters": {"train": {"lr": 0.5, "name": "<sgd>", "none": None}},
        "model": model,
        "digest": "0123abcd",
        "images": scaled,
        "history": history(),
        "predictions": Predictions(
            [names[label] for label in labels],
            [names[label] for label in prediction.classes],
            prediction.confidence.astype(np.float64),
            np.arange(len(images)),
        ),
        "train": TRAIN | VALIDATION,
        "test": {
            "accuracy": correct / len(images),
            "correct": float(correct),
            "balanced_accuracy": 0.8,
            "expected_calibration_error": 0.1,
            "loss": 0.5,
            "macro_f1": 0.75,
            "total": float(len(images)),
        },
        "data": data_report(names),
        "training_examples": Examples(scaled[:2], [names[label] for label in labels[:2]]),
    }
    return Results(**values | others)


def data_report(names, images=12):
    """Return the content of data.json for classes of so many images in each split."""
    splits = ("train", "validation", "test")
    values = {"blank": 0, "constant_pixels": 3, "count": images, "levels": 256}
    counts = ("contradicting_labels", "test_in_train", "test_in_validation", "validation_in_train")
    return {
        "classes": {name: dict.fromkeys(splits, images // len(names)) for name in names},
        "duplicates": dict.fromkeys(counts, 0) | {"within": dict.fromkeys(splits, 0)},
        "images": {split: values | {"highest": 255, "lowest": 0} for split in splits},
        "format": "nncore data report 1",
        "shape": [4, 3],
        "warnings": [],
    }


def small_results(names=("a", "b", "c"), images=12, shape=(4, 3), **others):
    """Return the results of a random model on random images of 4 x 3 pixels."""
    model = random_model(Architecture(hidden=(5,)), shape, names)
    rng = np.random.default_rng(1)
    pixels = rng.integers(0, 256, (images, *shape), dtype=np.uint8)
    labels = np.arange(images) % len(names)
    return results(model, pixels, labels, **others)


def mnist_sample(root, part="t10k"):
    """Return images and labels of the embedded sample of MNIST."""
    folder = root / "data" / "samples" / "mnist-5k"
    return (
        read_images(folder / f"{part}-images-idx3-ubyte.gz"),
        read_labels(folder / f"{part}-labels-idx1-ubyte.gz"),
    )


def floats(pixels):
    """Return uint8 images as rows of floats in [0, 1]."""
    return (pixels.reshape(len(pixels), -1) / np.float32(255)).astype(np.float32)


def training_images(count=60, classes=3, inputs=12):
    """Return random uint8 images, half of whose pixels are 0, and their classes."""
    rng = np.random.default_rng(2)
    pixels = rng.integers(0, 256, (count, inputs), dtype=np.uint8)
    pixels[rng.random(pixels.shape) < 0.5] = 0
    return pixels, rng.integers(0, classes, count)


def photo_results(shape=(12, 9, 3), **others):
    """Return the results of a random model on random images that are no digits."""
    model = replace(random_model(Architecture(hidden=(5,)), shape, "abc"), pictures="as-is")
    pixels = np.random.default_rng(1).integers(0, 256, (9, *shape), dtype=np.uint8)
    return results(model, pixels, np.arange(9) % 3, **others)


def digit_results(hidden=(30, 20), count=300):
    """Return the results of a random model on the first test images of MNIST's sample."""
    images, labels = mnist_sample(ROOT)
    return results(random_model(Architecture(hidden=hidden)), images[:count], labels[:count])


def results_with_training(pixels, classes, **others):
    """Return the results of a random model, with training images for the page's scripts."""
    return small_results(training_images=TrainingImages(floats(pixels), classes), **others)


def random_images(model, count):
    """Return random images of the shape of a model's, (count, …) uint8."""
    return np.random.default_rng(7).integers(0, 256, (count, *model.image_shape), dtype=np.uint8)
