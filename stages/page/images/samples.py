"""The training and test images on the page that its scripts compute with."""

import base64
from collections.abc import Sequence
from typing import Final, NamedTuple

import numpy as np

from nncore.arrays import Indices
from nncore.data.dataset import Images
from nncore.data.preprocessing import Normalization
from nncore.model import Model
from stages.page.images.zero_runs import pack_zero_runs
from stages.page.markup import json_element
from stages.shared.report_content import original_pixels
from stages.shared.report_inputs import Predictions, take_images

MAX_TRAINING_IMAGES: Final = 5000
MAX_TEST_IMAGES: Final = 500
# As base64. A page of digits stays below 4 MB.
MAX_TRAINING_BYTES: Final = 1_300_000
MAX_TEST_BYTES: Final = 400_000
SEED: Final = 1
# As many pixels of MNIST as a processor's cache holds.
_PIXELS_PER_BLOCK = 200_000


class TrainingImages(NamedTuple):
    """All training images, (n, inputs) normalized floats, and the index of the class of each."""

    images: Images
    classes: Indices


class ImageSample(NamedTuple):
    """Some images of a set, packed.

    Attributes
    ----------
    split : "test" or "training"
    packed : pixel values of `count` images, packed by `pack_zero_runs`
    numbers : indices of the images in their set
    labels : index of the class of each image
    total : number of images in the set
    """

    split: str
    packed: bytes
    numbers: list[int]
    labels: list[int]
    total: int

    def __len__(self) -> int:
        """Return the number of images."""
        return len(self.numbers)

    def element(self) -> str:
        """Return a JSON element, which image_samples.js reads."""
        return json_element(
            f"{self.split}-images",
            {
                "labels": self.labels,
                "numbers": self.numbers,
                "packed": base64.b64encode(self.packed).decode("ascii"),
                "total": self.total,
            },
        )


def image_samples(
    images: Images, predictions: Predictions, model: Model, training: TrainingImages | None
) -> list[ImageSample]:
    """Return the images that the scripts compute with.

    Parameters
    ----------
    images : all test images, (n, inputs) normalized floats
    """
    _, normalization = model.pixels()
    index_of = {name: index for index, name in enumerate(model.class_names)}
    classes = np.array([index_of[name] for name in predictions.actual], np.int64)
    samples = [sample_test_images(images, predictions, classes, normalization)]
    if training:
        samples.append(sample_training_images(training, normalization))
    return samples


def sample_training_images(training: TrainingImages, normalization: Normalization) -> ImageSample:
    """Return at most `MAX_TRAINING_IMAGES` images, drawn from `SEED`, evenly of each class."""
    images, classes = training
    drawn = np.random.default_rng(SEED).permutation(len(classes))
    rows = drawn[_classes_in_turn(classes[drawn])][:MAX_TRAINING_IMAGES]
    packed = _pack(images, rows, normalization, MAX_TRAINING_BYTES)
    return _in_order("training", packed, rows, classes[rows], len(images))


def sample_test_images(
    images: Images, predictions: Predictions, classes: Indices, normalization: Normalization
) -> ImageSample:
    """Return at most `MAX_TEST_IMAGES` images, drawn from `SEED`.

    Parameters
    ----------
    images : (n, inputs) normalized floats
    classes : (predictions,) integers, the actual classes
    """
    rows = np.random.default_rng(SEED).permutation(len(classes))[:MAX_TEST_IMAGES]
    numbers = predictions.numbers[rows]
    packed = _pack(images, numbers, normalization, MAX_TEST_BYTES)
    return _in_order("test", packed, numbers, classes[rows], len(images))


def embedded_sentence(
    test: int, training: int, samples: Sequence[ImageSample], *, embed_images: bool
) -> str:
    """Return a sentence on the images in the page.

    Parameters
    ----------
    test, training : number of images in the galleries
    samples : the images that the scripts compute with
    """
    if not embed_images:
        return "This page embeds no image of the data: <code>report.embed_images</code> is false."
    counts = [f"{len(sample):,} of {sample.total:,} {sample.split}" for sample in samples]
    computed = f", and computes with {' and '.join(counts)} images" if counts else ""
    return (
        f"This page embeds {test:,} test and {training:,} training images to show{computed}; "
        "<code>report.embed_images: false</code> in params.yaml leaves them out."
    )


def _classes_in_turn(classes: Indices) -> Indices:
    """Return an order in which the first image of each class is before all second ones."""
    by_class = np.argsort(classes, kind="stable")
    counts = np.bincount(classes)
    ranks = np.empty_like(by_class)
    ranks[by_class] = np.arange(len(classes)) - np.repeat(np.cumsum(counts) - counts, counts)
    return np.argsort(ranks, kind="stable")


def _pack(
    images: Images, rows: Indices, normalization: Normalization, max_bytes: int
) -> list[bytes]:
    """Return the first of the images at `rows`, packed, that take `max_bytes` as base64."""
    per_block = max(_PIXELS_PER_BLOCK // images.shape[1], 1)
    packed: list[bytes] = []
    size = 0
    for start in range(0, len(rows), per_block):
        block = take_images(images, rows[start : start + per_block])
        for pixels in original_pixels(block, normalization):
            packed.append(pack_zero_runs(pixels))
            size += len(packed[-1])
            if 4 * size > 3 * max_bytes:
                return packed[:-1]
    return packed


def _in_order(
    split: str, packed: list[bytes], numbers: Indices, labels: Indices, total: int
) -> ImageSample:
    """Return the packed images, which are the first of `numbers`, in the order of these."""
    order = np.argsort(numbers[: len(packed)])
    content = b"".join(packed[k] for k in order.tolist())
    return ImageSample(split, content, numbers[order].tolist(), labels[order].tolist(), total)
