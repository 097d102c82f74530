"""The files that preprocess writes and train, evaluate and sweep read."""

import json
from pathlib import Path
from typing import NamedTuple

import numpy as np

from nncore.arrays import Array
from nncore.config.pictures import ImageShape, Pictures, is_image_shape
from nncore.data.dataset import Data, Uint8Images
from nncore.data.preprocessing import Normalization
from nncore.data.resampling import ImageGrid
from nncore.errors import NncoreError, require, require_choice

DESCRIPTION_FILE = "preprocessing.json"


class ProcessedError(NncoreError):
    """A preprocessed file is missing, malformed or does not match the others."""


class Description(NamedTuple):
    """The classes, shape and scaling of the images, and how a picture becomes one."""

    class_names: tuple[str, ...]
    image_shape: ImageShape
    scaling: Normalization
    pictures: Pictures

    def grid(self) -> ImageGrid:
        """Return the grid on which images are distorted; outside of it a pixel has the value 0."""
        rows, columns, *channels = self.image_shape
        return ImageGrid(rows, columns, float(self.scaling.table()[0]), *channels)


def read_description(path: Path) -> Description:
    """Read preprocessing.json."""
    try:
        values = json.loads(path.read_text(encoding="utf-8"))
        shape = tuple(values["image_shape"])
        require(is_image_shape(shape), "image_shape", "rows and columns, and 3 for colour", shape)
        require_choice("pictures", Pictures, values["pictures"])
        return Description(
            tuple(values["class_names"]),
            shape,
            Normalization(values["pixel_mean"], values["pixel_std"]),
            values["pictures"],
        )
    except (KeyError, TypeError, ValueError) as error:
        raise ProcessedError(
            f"{path}: expected the description that preprocess writes, got: {error}; "
            "run preprocess again"
        ) from error


def read_split(folder: Path, split: str) -> Data:
    """Map the images and labels of `split` (train, validation or test) into memory, read-only."""
    images, labels = _split_arrays(folder, split)
    pixels, targets = _map(images, np.float32, np.uint8), _map(labels, np.float32)
    if pixels.dtype == np.float32:
        return Data(pixels, targets)
    table = read_description(folder / DESCRIPTION_FILE).scaling.table()
    return Data(Uint8Images(pixels, table), targets)


def split_files(folder: Path, *splits: str) -> list[Path]:
    """Return the description file and the files of images and labels of `splits`."""
    arrays = (file for split in splits for file in _split_arrays(folder, split))
    return [folder / DESCRIPTION_FILE, *arrays]


def _split_arrays(folder: Path, split: str) -> list[Path]:
    return [folder / f"{split}_{content}.npy" for content in ("images", "labels")]


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
