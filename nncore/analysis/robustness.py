"""Accuracy on images that are damaged more and more.

Hendrycks & Dietterich, Benchmarking neural network robustness to common corruptions and
perturbations (2019), measure networks in this way.
"""

import math
from collections.abc import Callable, Mapping
from typing import NamedTuple

import numpy as np

from nncore.arrays import Floats, Indices
from nncore.data.resampling import ImageGrid, Resampler
from nncore.functions.elementary import sin_cos, standard_normal
from nncore.network.inference import forward_all
from nncore.network.network import Network
from nncore.network.prediction import class_outputs

# Images that are damaged at once.
_BLOCK = 500


class Damage(NamedTuple):
    """A way to damage images, and how strong it gets.

    Attributes
    ----------
    unit : unit of the strengths
    strengths : from 0, no damage, upwards
    apply : (images, grid, strength, rng) -> damaged images, of the shape (n, inputs); it may change
        its first argument
    """

    unit: str
    strengths: tuple[float, ...]
    apply: Callable[[Floats, ImageGrid, float, np.random.Generator], Floats]


def add_noise(
    images: Floats,
    grid: ImageGrid,  # noqa: ARG001
    strength: float,
    rng: np.random.Generator,
) -> Floats:
    """Add a normal number of standard deviation `strength` times the range of all pixels."""
    scale = strength * float(images.max() - images.min())
    images += (scale * standard_normal(rng, images.shape)).astype(images.dtype)
    return images


def shift(images: Floats, grid: ImageGrid, strength: float, rng: np.random.Generator) -> Floats:
    """Move each image by `strength` pixels in a random direction; background moves in."""
    angles = 2 * math.pi * rng.random(len(images))
    sine, cosine = sin_cos(angles)
    maps = np.zeros((len(images), 2, 3))
    maps[:, 0, 0] = maps[:, 1, 1] = 1
    maps[:, 0, 2], maps[:, 1, 2] = strength * sine, strength * cosine
    return _resampled(images, grid, maps)


def rotate(images: Floats, grid: ImageGrid, strength: float, rng: np.random.Generator) -> Floats:
    """Turn each image by `strength` degrees, at random to the left or to the right."""
    signs = np.where(rng.random(len(images)) < 0.5, -1.0, 1.0)
    sine, cosine = sin_cos(signs * (strength * math.pi / 180))
    maps = np.zeros((len(images), 2, 3))
    maps[:, 0, 0] = maps[:, 1, 1] = cosine
    maps[:, 0, 1], maps[:, 1, 0] = -sine, sine
    return _resampled(images, grid, maps)


def occlude(images: Floats, grid: ImageGrid, strength: float, rng: np.random.Generator) -> Floats:
    """Cover a square of `strength` of the shorter side, at a random place, with background."""
    side = round(strength * min(grid.rows, grid.columns))
    pixels = images.reshape(len(images), grid.rows, grid.columns, grid.channels)
    tops = rng.integers(grid.rows - side + 1, size=len(images))
    lefts = rng.integers(grid.columns - side + 1, size=len(images))
    for image, top, left in zip(pixels, tops.tolist(), lefts.tolist(), strict=True):
        image[top : top + side, left : left + side] = grid.background
    return images


DAMAGES: Mapping[str, Damage] = {
    "noise": Damage("of the range of the pixels", (0.0, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5), add_noise),
    "shift": Damage("pixels", (0.0, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0), shift),
    "rotation": Damage("degrees", (0.0, 10.0, 20.0, 30.0, 45.0, 60.0, 90.0), rotate),
    "occlusion": Damage("of the shorter side", (0.0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6), occlude),
}


def damage_curve(
    network: Network, images: Floats, labels: Indices, *, grid: ImageGrid, damage: Damage, seed: int
) -> list[float]:
    """Return the accuracy on images that are damaged to each of `damage.strengths`.

    Each image suffers the same directions and places at each strength.

    Parameters
    ----------
    images : (n, inputs) as the network takes them, n at least 1
    labels : (n,) number of the class of each image
    """
    accuracies = []
    for strength in damage.strengths:
        rng, correct = np.random.default_rng(seed), 0
        for start in range(0, len(images), _BLOCK):
            rows = slice(start, start + _BLOCK)
            block = np.array(images[rows])
            if strength:
                block = damage.apply(block, grid, strength, rng)
            outputs = class_outputs(forward_all(network, block))
            correct += int(np.count_nonzero(outputs.argmax(axis=1) == labels[rows]))
        accuracies.append(correct / len(images))
    return accuracies


def _resampled(images: Floats, grid: ImageGrid, maps: Floats) -> Floats:
    Resampler(grid, len(images), images.dtype).resample(images, maps)
    return images
