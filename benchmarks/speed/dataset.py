"""The data of a comparison: MNIST through the pipeline's own stages, or made-up images."""

import math
import os
import subprocess
import sys
from pathlib import Path

import numpy as np

from benchmarks.speed.networks import CLASSES, CONTESTS, INPUTS
from nncore.arrays import Floats
from nncore.data.dataset import Data

ROOT = Path(__file__).parents[2]
# Folder of the test images, and their number where all images are made up.
TEST, MADE_UP_TEST = "test", 1000


def write(folder: Path, count: int) -> str:
    """Write `count` images and targets to a folder, and test images; return what they are.

    MNIST where NNCORE_MIRROR names a source of it, as for the stage fetch.
    """
    if os.environ.get("NNCORE_MIRROR"):
        (images, targets), test = _mnist(folder)
        kind = "MNIST"
    else:
        images, targets = made_up(count + MADE_UP_TEST)
        test = images[count:], targets[count:]
        kind = "made-up"
    save(folder, images[:count], targets[:count])
    save(folder / TEST, *test)
    return f"{min(count, len(images)):,} images, {kind}"


def save(folder: Path, images: Floats, targets: Floats) -> None:
    """Write images, for each number of inputs that a network has, and targets."""
    folder.mkdir(exist_ok=True)
    for inputs in {contest.inputs for contest in CONTESTS.values()}:
        np.save(folder / f"images-{inputs}.npy", images_for(inputs, images))
    np.save(folder / "targets.npy", targets)


def load(folder: Path, inputs: int) -> Data:
    """Return the data that `save` wrote, for a network with so many inputs."""
    return Data(np.load(folder / f"images-{inputs}.npy"), np.load(folder / "targets.npy"))


def images_for(inputs: int, images: Floats) -> Floats:
    """Return square images with fewer pixels, (n, inputs), each the mean of an equal area.

    Where a pixel lies in two areas, it counts in each with the part that lies there.

    Parameters
    ----------
    images : (n, pixels), of square images
    """
    side, pixels = math.isqrt(inputs), math.isqrt(images.shape[1])
    if side == pixels:
        return images
    # Edges in units of 1/side of a pixel are integers, so that the parts are exact.
    starts, lefts = side * np.arange(pixels), pixels * np.arange(side)[:, np.newaxis]
    overlaps = np.minimum(starts + side, lefts + pixels) - np.maximum(starts, lefts)
    weights = np.maximum(overlaps, 0).astype(images.dtype)
    means: Floats = weights @ images.reshape(-1, pixels, pixels) @ weights.T / pixels**2
    return means.reshape(-1, inputs)


def change_params(params: str, changes: dict[str, str]) -> str:
    """Return the text of a params.yaml for full MNIST, with more lines changed."""
    for old, new in ({"dataset: mnist-5k": "dataset: mnist"} | changes).items():
        if old not in params:
            raise SystemExit(f"params.yaml: expected {old!r}, to be changed for a measurement")
        params = params.replace(old, new)
    return params


def _mnist(folder: Path) -> list[tuple[Floats, Floats]]:
    """Return the training images and targets, then those of the test."""
    text = change_params(
        (ROOT / "params.yaml").read_text(encoding="utf-8"), {"held_out: 0.1": "held_out: 0.0"}
    )
    params, raw, processed = folder / "params.yaml", folder / "raw", folder / "processed"
    params.write_text(text, encoding="utf-8")
    options = ["--params", str(params), "--raw", str(raw)]
    for stage, more in (("fetch", []), ("preprocess", ["--processed", str(processed)])):
        command = [sys.executable, "-m", f"stages.{stage}", *options, *more]
        subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.DEVNULL)  # noqa: S603  the project's own stages
    images, targets = (
        [np.load(processed / f"{split}_{part}.npy", mmap_mode="r") for split in ("train", "test")]
        for part in ("images", "labels")
    )
    return list(zip(images, targets, strict=True))


def made_up(count: int) -> tuple[np.ndarray, np.ndarray]:
    """Return noise in a quarter of the pixels, another one for each class; each tenth mislabelled.

    No network can learn the false labels of images that it has yet to see, so that losses don't
    fall to 0, where they could not be compared.
    """
    rng = np.random.default_rng(1)
    labels = rng.integers(CLASSES, size=count)
    lit = rng.random((CLASSES, INPUTS)) < 0.25
    images = rng.random((count, INPUTS), np.float32)
    images *= lit[labels]
    labels[::10] = rng.integers(CLASSES, size=len(labels[::10]))
    return images, np.eye(CLASSES, dtype=np.float32)[labels]
