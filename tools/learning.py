"""Draws docs/pictures/learning.png: the default network while it learns, as an animation.

    dvc repro preprocess
    python -m tools.learning docs/pictures/learning.png

It trains the network of params.yaml, half a minute, and looks at it after each epoch: loss and
accuracy, weights of the first layer, and what it takes some test images for. A viewer without
animations shows the last frame.
"""

import sys
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from PIL.PngImagePlugin import Blend, PngInfo

from nncore.data.dataset import Data
from nncore.network.inference import forward_all
from nncore.network.network import Network
from nncore.training.fit import fit
from nncore.training.history import EpochRecord
from stages.shared.numerics import available_cores
from stages.shared.params import load_params
from stages.shared.prepared import (
    DESCRIPTION_FILE,
    ImageDescription,
    ProcessedError,
    read_description,
    read_split,
)
from tools.learning_frame import COLUMNS, ROWS, UNITS, Epoch, draw_frame

PROCESSED = Path("data/processed")
# Test images of a class, in the order in which the network learns them, as parts of all of these.
LEARNT_AT = (0.6, 0.9, 0.97)
# In milliseconds: the first epochs change most, and the last one stays.
FIRST_FRAMES, FIRST_TIME, TIME, LAST_TIME = 8, 450, 110, 5000
MAX_BYTES = 1_500_000


class Recording(NamedTuple):
    """A training, epoch by epoch, from epoch 0.

    Attributes
    ----------
    history : the records
    weights : (epochs, units, pixels) of the first layer
    predicted : (epochs, n) classes of the test images
    actual : (n,) their classes
    images : (n, rows, columns) test images from 0 to 1
    title : the network in words
    training : name of the training images
    """

    history: list[EpochRecord]
    weights: NDArray[np.float32]
    predicted: NDArray[np.int64]
    actual: NDArray[np.int64]
    images: NDArray[np.float32]
    title: str
    training: str


def record(params: Path = Path("params.yaml"), processed: Path = PROCESSED) -> Recording:
    """Train the network of params.yaml as the stage train does."""
    config, description = load_params(params), read_description(processed / DESCRIPTION_FILE)
    if not isinstance(description, ImageDescription):
        raise ProcessedError(f"{processed}: expected images, got a table")
    train, validation, test = (
        read_split(processed, split) for split in ("train", "validation", "test")
    )
    network = Network(
        config.model,
        inputs=train.inputs.shape[1],
        outputs=description.outputs,
        numerics=config.numerics,
    )
    network.labels = description.class_names
    weights, predicted = [], []

    def look(epoch: EpochRecord, network: Network) -> None:  # noqa: ARG001
        weights.append(network.weights[0].T.copy())
        predicted.append(forward_all(network, test.inputs).argmax(axis=1))

    history = fit(
        *(network, config.train, train, validation),
        grid=description.grid(),
        workers=available_cores(),
        on_epoch=look,
    )
    sizes = network.inputs, *config.model.hidden, network.outputs
    return Recording(
        history,
        np.array(weights),
        np.array(predicted),
        test.targets.argmax(axis=1),
        _images(test, description.image_shape[:2]),
        "-".join(map(str, sizes)),
        "distorted training images" if config.train.augment.active else "training",
    )


def _images(data: Data, shape: tuple[int, ...]) -> NDArray[np.float32]:
    values = np.array(data.inputs[:], np.float32)
    values -= values.min()
    values /= values.max()
    return values.reshape(-1, *shape)


def choose_units(weights: NDArray[np.float32]) -> NDArray[np.int64]:
    """Return the units whose weights have moved most, (UNITS,), in the order of their numbers."""
    moved = np.square((weights[-1] - weights[0]).astype(np.float64)).sum(axis=1)
    return np.sort(np.argsort(-moved, kind="stable")[:UNITS])


def choose_images(recording: Recording) -> NDArray[np.int64]:
    """Return test images, (ROWS, COLUMNS): a column for each class, what it learns late below.

    An image counts as learnt from the epoch on from which its predictions stay right.
    """
    right = recording.predicted == recording.actual
    # The number of epochs until then; all epochs for an image that is wrong in the last one.
    learnt = len(right) - np.logical_and.accumulate(right[::-1]).sum(axis=0)
    chosen = np.empty((ROWS, COLUMNS), np.int64)
    for label in range(COLUMNS):
        images = np.flatnonzero(recording.actual == label)
        images = images[np.argsort(learnt[images], kind="stable")]
        for row, part in enumerate(LEARNT_AT):
            chosen[row, label] = images[int(part * (len(images) - 1))]
    return chosen


def frames(recording: Recording) -> list[Image.Image]:
    """Return a picture of each epoch, all of one size."""
    units, images = choose_units(recording.weights), choose_images(recording)
    weights = recording.weights[:, units].reshape(-1, UNITS, *recording.images.shape[1:])
    scale = float(np.quantile(np.abs(weights[-1]), 0.995))
    return [
        draw_frame(
            Epoch(
                number=number,
                title=recording.title,
                training=recording.training,
                history=recording.history,
                accuracy=float((predicted == recording.actual).mean()),
                weights=weights[number] / scale,
                images=recording.images[images],
                predicted=predicted[images],
                actual=recording.actual[images],
            )
        )
        for number, predicted in enumerate(recording.predicted)
    ]


def changes(before: Image.Image, after: Image.Image) -> Image.Image:
    """Return the pixels that change, and transparent ones elsewhere: a tenth of the bytes."""
    old, new = np.asarray(before), np.asarray(after)
    differs = (old != new).any(axis=2, keepdims=True)
    return Image.fromarray(np.where(differs, new, 0).astype(np.uint8))


def write(path: Path, recording: Recording) -> None:
    """Write the animation, with the accuracy on the test images in its text."""
    pictures = frames(recording)
    times = [FIRST_TIME if number < FIRST_FRAMES else TIME for number in range(len(pictures))]
    times[-1] = LAST_TIME
    text = PngInfo()
    accuracy = float((recording.predicted[-1] == recording.actual).mean())
    text.add_text("test accuracy", f"{accuracy:.4f}")
    pictures[-1].save(
        path,
        save_all=True,
        append_images=[pictures[0], *map(changes, pictures[:-1], pictures[1:])],
        # What is shown without animations, and not a part of one.
        default_image=True,
        blend=Blend.OP_OVER,
        duration=times,
        loop=0,
        optimize=True,
        pnginfo=text,
    )
    if (size := path.stat().st_size) > MAX_BYTES:
        raise SystemExit(f"{path}: expected at most {MAX_BYTES:,} bytes, got {size:,}")


if __name__ == "__main__":
    write(Path(sys.argv[1]), record())
