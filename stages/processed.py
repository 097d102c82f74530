"""What preprocess leaves for train and evaluate."""

import json
from pathlib import Path
from typing import NamedTuple

import numpy as np

from nncore.arrays import Array
from nncore.data import Data
from nncore.errors import NncoreError
from nncore.pixels import ScaledPixels
from nncore.preprocessing import Scaling

DESCRIPTION = "preprocessing.json"


class ProcessedError(NncoreError):
    """Processed data that are missing or don't fit each other."""


class Description(NamedTuple):
    """What the images show and how their pixels were scaled."""

    class_names: tuple[str, ...]
    image_shape: tuple[int, int]
    scaling: Scaling


def read_description(path: Path) -> Description:
    """Read preprocessing.json."""
    try:
        values = json.loads(path.read_text(encoding="utf-8"))
        rows, columns = values["image_shape"]
        return Description(
            tuple(values["class_names"]),
            (rows, columns),
            Scaling(values["pixel_mean"], values["pixel_std"]),
        )
    except (KeyError, TypeError, ValueError) as error:
        raise ProcessedError(
            f"{path}: expected what preprocess writes, got: {error}; run preprocess again"
        ) from error


def read_part(folder: Path, part: str) -> Data:
    """Map the images and labels of `part` (train, validation or test) into memory, read-only."""
    images, labels = _arrays(folder, part)
    pixels, targets = _map(images, np.float32, np.uint8), _map(labels, np.float32)
    if pixels.dtype == np.float32:
        return Data(pixels, targets)
    table = read_description(folder / DESCRIPTION).scaling.table()
    return Data(ScaledPixels(pixels, table), targets)


def part_files(folder: Path, *parts: str) -> list[Path]:
    """Return the files that hold `parts`, and their description."""
    return [folder / DESCRIPTION, *(file for part in parts for file in _arrays(folder, part))]


def _arrays(folder: Path, part: str) -> list[Path]:
    return [folder / f"{part}_{kind}.npy" for kind in ("images", "labels")]


def _map(path: Path, *dtypes: type[np.generic]) -> Array:
    try:
        array: Array = np.load(path, mmap_mode="r", allow_pickle=False)
    except (ValueError, EOFError) as error:
        raise ProcessedError(f"{path}: expected a .npy file, got: {error}") from error
    if array.dtype not in dtypes or array.ndim != 2:
        expected = " or ".join(dtype.__name__ for dtype in dtypes)
        raise ProcessedError(
            f"{path}: expected a {expected} matrix, got {array.dtype} of shape {array.shape}"
        )
    return array
