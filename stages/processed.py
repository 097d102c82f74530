"""What preprocess leaves for train and evaluate."""

import json
from pathlib import Path
from typing import NamedTuple

import numpy as np

from nncore.data import Data
from nncore.errors import NncoreError
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
    return Data(*map(_map, _arrays(folder, part)))


def part_files(folder: Path, *parts: str) -> list[Path]:
    """Return the files that hold `parts`, and their description."""
    return [folder / DESCRIPTION, *(file for part in parts for file in _arrays(folder, part))]


def _arrays(folder: Path, part: str) -> list[Path]:
    return [folder / f"{part}_{kind}.npy" for kind in ("images", "labels")]


def _map(path: Path) -> np.ndarray:
    try:
        array: np.ndarray = np.load(path, mmap_mode="r", allow_pickle=False)
    except (ValueError, EOFError) as error:
        raise ProcessedError(f"{path}: expected a .npy file, got: {error}") from error
    if array.dtype != np.float32 or array.ndim != 2:
        raise ProcessedError(
            f"{path}: expected a float32 matrix, got {array.dtype} of shape {array.shape}"
        )
    return array
