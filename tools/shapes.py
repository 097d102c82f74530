"""Draws data/shapes: 60 small colour pictures of each of circles, squares and triangles.

    python -m tools.shapes data/shapes

Every pixel is drawn in integers, so the pictures are the same everywhere.
"""

import sys
from pathlib import Path

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray
from PIL import Image

CLASS_NAMES = ("circle", "square", "triangle")
PICTURES_PER_CLASS = 60
SIDE = 24
NOISE = 12


def draw(name: str, rng: Generator) -> NDArray[np.uint8]:
    """Return a picture, (SIDE, SIDE, 3): a shape of one colour on a lighter one, and noise."""
    radius = int(rng.integers(6, 10))
    row, column = rng.integers(-2, 3, 2) + SIDE // 2
    paper, ink = rng.integers(170, 256, 3), rng.integers(0, 150, 3)
    y, x = np.arange(SIDE)[:, np.newaxis] - row, np.arange(SIDE) - column
    inside = {
        "circle": x * x + y * y <= radius * radius,
        "square": np.maximum(abs(x), abs(y)) <= radius - 1,
        "triangle": (abs(y) <= radius) & (2 * abs(x) <= y + radius),
    }[name]
    picture = np.where(inside[..., np.newaxis], ink, paper)
    picture = picture + rng.integers(-NOISE, NOISE + 1, picture.shape)
    return np.clip(picture, 0, 255).astype(np.uint8)


def draw_all() -> dict[str, NDArray[np.uint8]]:
    """Return all pictures by their paths, such as circle/01.png."""
    rng = np.random.default_rng(1)
    return {
        f"{name}/{number:02}.png": draw(name, rng)
        for name in CLASS_NAMES
        for number in range(1, PICTURES_PER_CLASS + 1)
    }


def write(folder: Path) -> None:
    """Write all pictures to a folder."""
    for path, picture in draw_all().items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(picture).save(folder / path, optimize=True)


if __name__ == "__main__":
    write(Path(sys.argv[1]))
