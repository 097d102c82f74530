"""The training and test images of the page: which ones, and their packed pixels.

The map and the galleries show images of the same test sample, so that the page has each once.
"""

import base64
from collections.abc import Iterable
from typing import Final, NamedTuple

import numpy as np

from nncore.arrays import Indices
from nncore.data.dataset import Images
from nncore.data.preprocessing import Normalization
from nncore.model import Model
from stages.page.images.zero_runs import pack_zero_runs
from stages.page.markup import json_element
from stages.shared.report_content import original_pixels
from stages.shared.report_inputs import Predictions, spread_order, take_images

MAX_TRAINING_IMAGES: Final = 5000
# Images on the map. More would hide each other, and their principal components take a second.
MAX_MAP_IMAGES: Final = 1000
# Of these, the images that the scripts classify anew after each edit of the lab.
MAX_TEST_IMAGES: Final = 500
# As base64. A page of digits stays below 4 MB.
MAX_TRAINING_BYTES: Final = 1_300_000
MAX_TEST_BYTES: Final = 1_100_000
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
    computed : number of the first images, with which the scripts compute
    """

    split: str
    packed: bytes
    numbers: list[int]
    labels: list[int]
    total: int
    computed: int

    def __len__(self) -> int:
        """Return the number of images."""
        return len(self.numbers)

    def class_counts(self, classes: int) -> Indices:
        """Return the number of images of each class with which the scripts compute."""
        return np.bincount(self.labels[: self.computed], minlength=classes)

    def element(self) -> str:
        """Return a JSON element, which image_samples.js reads."""
        return json_element(
            f"{self.split}-images",
            {
                "computed": self.computed,
                "labels": self.labels,
                "numbers": self.numbers,
                "packed": base64.b64encode(self.packed).decode("ascii"),
                "total": self.total,
            },
        )


def choose_test_rows(total: int) -> Indices:
    """Return the rows of the predictions whose images the page embeds and maps, as far as they fit.

    Any first ones of them are evenly spread over the test set too.
    """
    return spread_order(min(total, MAX_MAP_IMAGES), total)


def sample_training_images(training: TrainingImages, normalization: Normalization) -> ImageSample:
    """Return at most `MAX_TRAINING_IMAGES` images, drawn from `SEED`, evenly of each class."""
    images, classes = training
    drawn = np.random.default_rng(SEED).permutation(len(classes))
    rows = drawn[_classes_in_turn(classes[drawn])][:MAX_TRAINING_IMAGES]
    packed = _pack(images, rows, normalization, MAX_TRAINING_BYTES)
    labels = classes[rows]
    return _in_order(
        "training", packed, rows, labels, total=len(images), max_computed=MAX_TRAINING_IMAGES
    )


def sample_test_images(images: Images, predictions: Predictions, model: Model) -> ImageSample:
    """Return the images of the map, of which the scripts compute with `MAX_TEST_IMAGES`.

    Parameters
    ----------
    images : all test images, (n, inputs) normalized floats
    """
    _, normalization = model.pixels()
    index_of = {name: index for index, name in enumerate(model.class_names)}
    rows = choose_test_rows(len(predictions.actual))
    classes = np.array([index_of[predictions.actual[row]] for row in rows.tolist()], np.int64)
    numbers = predictions.numbers[rows]
    packed = _pack(images, numbers, normalization, MAX_TEST_BYTES)
    return _in_order(
        "test", packed, numbers, classes, total=len(images), max_computed=MAX_TEST_IMAGES
    )


def number_pictures(
    sample: ImageSample | None, predictions: Predictions, shown: Iterable[int]
) -> dict[int, int]:
    """Return the number of each picture of the page, by rows of the predictions.

    Parameters
    ----------
    sample : test images, which have the first numbers
    shown : rows in the galleries; those that the sample lacks have the next numbers
    """
    position_of = {number: k for k, number in enumerate(sample.numbers)} if sample else {}
    rows = enumerate(predictions.numbers.tolist())
    pictures = {row: position_of[number] for row, number in rows if number in position_of}
    others = [row for row in dict.fromkeys(shown) if row not in pictures]
    return pictures | {row: len(position_of) + k for k, row in enumerate(others)}


def embedded_sentence(
    test: int, total: int, examples: int, training: ImageSample | None, *, embed_images: bool
) -> str:
    """Return a sentence on the images in the page.

    Parameters
    ----------
    test, total : number of test images in the page, and in the test set
    examples : number of training images that the page shows
    training : the training images that the scripts compute with
    """
    if not embed_images:
        return "This page embeds no image of the data: <code>report.embed_images</code> is false."
    counts = f"{examples:,} training images"
    if training:
        counts = (
            f"{len(training):,} of {training.total:,} training images, and shows {examples:,} "
            "training images as examples"
        )
    return (
        f"This page embeds {test:,} of {total:,} test images and {counts}; "
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
    split: str,
    packed: list[bytes],
    numbers: Indices,
    labels: Indices,
    *,
    total: int,
    max_computed: int,
) -> ImageSample:
    """Return the packed images, which are the first of `numbers`, in the order of these.

    The first `max_computed` of them stay before the others.
    """
    count = len(packed)
    computed = min(count, max_computed)
    order = np.lexsort((numbers[:count], np.arange(count) >= computed))
    content = b"".join(packed[k] for k in order.tolist())
    values = numbers[order].tolist(), labels[order].tolist()
    return ImageSample(split, content, *values, total, computed)
