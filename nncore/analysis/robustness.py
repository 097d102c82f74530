"""Robustness: the accuracy on images that are damaged more and more.

Hendrycks & Dietterich, Benchmarking neural network robustness to common corruptions and
perturbations (2019), measure networks in this way; they call the damage corruption.
"""

import math
from collections.abc import Callable, Mapping
from typing import NamedTuple

import numpy as np

from nncore.arrays import Floats, Indices
from nncore.data.dataset import Images
from nncore.data.resampling import ImageGrid, Resampler
from nncore.functions.elementary import sin_cos, standard_normal
from nncore.network.inference import forward_all
from nncore.network.network import Network
from nncore.network.prediction import class_outputs

# Images in memory at once, and their numbers. With its scratch, a number takes 30 to 60 bytes.
_BLOCK_IMAGES = 500
_BLOCK_PIXELS = 4_000_000


class Pixels(NamedTuple):
    """The meaning of the values of images.

    Attributes
    ----------
    grid : rows, columns and channels, and the value of the background
    value_range : distance from the darkest to the brightest value
    """

    grid: ImageGrid
    value_range: float


class Damage(NamedTuple):
    """A kind of damage to images, and its strengths.

    Attributes
    ----------
    unit : unit of the strengths
    strengths : ascending from 0, no damage
    apply : (images, pixels, strength, rng) -> damaged images, (n, inputs); it may change its first
        argument, and draws the same random numbers at each strength
    """

    unit: str
    strengths: tuple[float, ...]
    apply: Callable[[Floats, Pixels, float, np.random.Generator], Floats]


def add_noise(images: Floats, pixels: Pixels, strength: float, rng: np.random.Generator) -> Floats:
    """Add a normal number of standard deviation `strength` times the range of pixel values."""
    scale = strength * pixels.value_range
    images += (scale * standard_normal(rng, images.shape)).astype(images.dtype)
    return images


def shift(images: Floats, pixels: Pixels, strength: float, rng: np.random.Generator) -> Floats:
    """Move each image by `strength` pixels in a random direction; background moves in."""
    angles = 2 * math.pi * rng.random(len(images))
    sine, cosine = sin_cos(angles)
    maps = np.zeros((len(images), 2, 3))
    maps[:, 0, 0] = maps[:, 1, 1] = 1
    maps[:, 0, 2], maps[:, 1, 2] = strength * sine, strength * cosine
    return _resample(images, pixels.grid, maps)


def rotate(images: Floats, pixels: Pixels, strength: float, rng: np.random.Generator) -> Floats:
    """Turn each image by `strength` degrees, at random to the left or to the right."""
    signs = np.where(rng.random(len(images)) < 0.5, -1.0, 1.0)
    sine, cosine = sin_cos(signs * (strength * math.pi / 180))
    maps = np.zeros((len(images), 2, 3))
    maps[:, 0, 0] = maps[:, 1, 1] = cosine
    maps[:, 0, 1], maps[:, 1, 0] = -sine, sine
    return _resample(images, pixels.grid, maps)


def occlude(images: Floats, pixels: Pixels, strength: float, rng: np.random.Generator) -> Floats:
    """Cover a square of `strength` of the shorter side, at a random position, with background.

    The random numbers are fractions of the range of positions, so a larger square, drawn with the
    same random numbers, covers the smaller one.
    """
    grid = pixels.grid
    side = round(strength * min(grid.rows, grid.columns))
    down, across = rng.random((2, len(images)))
    tops = (down * (grid.rows - side + 1)).astype(np.int64)
    lefts = (across * (grid.columns - side + 1)).astype(np.int64)
    shaped = images.reshape(len(images), grid.rows, grid.columns, grid.channels)
    for image, top, left in zip(shaped, tops.tolist(), lefts.tolist(), strict=True):
        image[top : top + side, left : left + side] = grid.background
    return images


DAMAGES: Mapping[str, Damage] = {
    "noise": Damage("of the range of the pixels", (0.0, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5), add_noise),
    "shift": Damage("pixels", (0.0, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0), shift),
    "rotation": Damage("degrees", (0.0, 10.0, 20.0, 30.0, 45.0, 60.0, 90.0), rotate),
    "occlusion": Damage("of the shorter side", (0.0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6), occlude),
}


def damage_curve(
    network: Network,
    images: Images,
    labels: Indices,
    rows: Indices,
    *,
    pixels: Pixels,
    damage: Damage,
    seed: int,
) -> list[float]:
    """Return the accuracy on some images that are damaged to each of `damage.strengths`.

    The random numbers are drawn anew from the seed for each strength. So each image has the same
    noise, direction or position at each strength, only more damage.

    The images are read and damaged block by block. A block has at most 500 images, and at most 4
    million numbers if it has more than one image. The work is that of a forward pass through the
    network for each image and strength.

    Parameters
    ----------
    images : (n, inputs), floats or `Uint8Images`, as the network takes them
    labels : (n,) number of the class of each image
    rows : (m,) indices of the images that are damaged, m at least 1
    pixels : the meaning of the images' values
    seed : seed of the random numbers
    """
    per_block = max(min(_BLOCK_IMAGES, _BLOCK_PIXELS // pixels.grid.inputs), 1)
    accuracies = []
    for strength in damage.strengths:
        rng, correct = np.random.default_rng(seed), 0
        for start in range(0, len(rows), per_block):
            chosen = rows[start : start + per_block]
            block = np.empty((len(chosen), images.shape[1]), images.dtype)
            images.take(chosen, axis=0, out=block, mode="clip")
            if strength:
                block = damage.apply(block, pixels, strength, rng)
            outputs = class_outputs(forward_all(network, block))
            correct += int(np.count_nonzero(outputs.argmax(axis=1) == labels[chosen]))
        accuracies.append(correct / len(rows))
    return accuracies


def _resample(images: Floats, grid: ImageGrid, maps: Floats) -> Floats:
    Resampler(grid, len(images), images.dtype).resample(images, maps)
    return images
