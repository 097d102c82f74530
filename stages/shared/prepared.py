"""The files that preprocess writes and train, evaluate and sweep read."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple, TypeAlias

import numpy as np

from nncore.arrays import Array, Doubles
from nncore.config.pictures import ImageShape, Pictures, is_image_shape
from nncore.data.columns import TableColumns
from nncore.data.dataset import Data, Uint8Images
from nncore.data.preprocessing import Normalization
from nncore.data.resampling import ImageGrid
from nncore.data.target import Target
from nncore.errors import NncoreError, require, require_choice
from nncore.model import Model
from nncore.network.network import Network
from stages.shared.class_names import are_class_names
from stages.shared.datasets import PROCESSED_FORMAT

DESCRIPTION_FILE = "preprocessing.json"


class ProcessedError(NncoreError):
    """A preprocessed file is missing, malformed or does not match the others."""


class ImageDescription(NamedTuple):
    """The classes, shape and scaling of the images, and how a picture becomes one."""

    class_names: tuple[str, ...]
    image_shape: ImageShape
    scaling: Normalization
    pictures: Pictures

    @property
    def outputs(self) -> int:
        """The number of outputs of a network, one for each class."""
        return len(self.class_names)

    def grid(self) -> ImageGrid:
        """Return the grid on which images are distorted; outside of it a pixel has the value 0."""
        rows, columns, *channels = self.image_shape
        return ImageGrid(rows, columns, float(self.scaling.table()[0]), *channels)

    def model(self, network: Network, provenance: Mapping[str, Any]) -> Model:
        """Return a trained network as a model of such images."""
        shape, scaling = self.image_shape, self.scaling
        return Model(network, self.class_names, shape, scaling, provenance, self.pictures)


class TableDescription(NamedTuple):
    """The columns of a table, its target, and the classes or None for numbers to predict."""

    class_names: tuple[str, ...] | None
    columns: TableColumns
    target: Target

    @property
    def outputs(self) -> int:
        """The number of outputs of a network: one for each class, or one for the number."""
        return 1 if self.class_names is None else len(self.class_names)

    def grid(self) -> None:
        """Return None: rows of a table can't be distorted."""
        return

    def model(self, network: Network, provenance: Mapping[str, Any]) -> Model:
        """Return a trained network as a model of such tables."""
        return Model(
            network,
            self.class_names or (),
            provenance=provenance,
            columns=self.columns,
            target=self.target,
        )


Description: TypeAlias = ImageDescription | TableDescription


def read_description(path: Path) -> Description:
    """Read preprocessing.json."""
    try:
        values = json.loads(path.read_text(encoding="utf-8"))
        got = values.get("format") if isinstance(values, dict) else values
        require(got == PROCESSED_FORMAT, "format", PROCESSED_FORMAT, got)
        if "columns" in values:
            names = values["class_names"]
            is_known = names is None or are_class_names(names)
            require(is_known, "class_names", "null or names of 2 classes or more", names)
            return TableDescription(
                None if names is None else tuple(names),
                TableColumns.from_json(values["columns"]),
                Target(**values["target"]),
            )
        names = values["class_names"]
        require(are_class_names(names), "class_names", "names of 2 classes or more", names)
        shape = tuple(values["image_shape"])
        require(is_image_shape(shape), "image_shape", "rows and columns, and 3 for colour", shape)
        require_choice("pictures", Pictures, values["pictures"])
        return ImageDescription(
            tuple(names),
            shape,
            Normalization(values["pixel_mean"], values["pixel_std"]),
            values["pictures"],
        )
    except (LookupError, RecursionError, TypeError, ValueError) as error:
        raise ProcessedError(
            f"{path}: expected the description that preprocess writes, got: {error}; "
            "run preprocess again"
        ) from error


def read_split(folder: Path, split: str) -> Data:
    """Map the inputs and targets of `split` (train, validation or test) into memory, read-only.

    The numbers of a regression are standardised.
    """
    inputs, labels = _split_arrays(folder, split)
    rows, targets = _map(inputs, np.float32, np.uint8), _map(labels, np.float32, np.float64)
    if rows.dtype == np.uint8:
        description = read_description(folder / DESCRIPTION_FILE)
        if not isinstance(description, ImageDescription):
            raise ProcessedError(f"{inputs}: expected a float32 matrix of a table, got uint8")
        return Data(Uint8Images(rows, description.scaling.table()), targets)
    if targets.dtype == np.float64:
        description = read_description(folder / DESCRIPTION_FILE)
        if not isinstance(description, TableDescription):
            raise ProcessedError(f"{labels}: expected a float32 matrix of classes, got float64")
        targets = description.target.standardized(targets)
    return Data(rows, targets)


def read_numbers(folder: Path, split: str) -> Doubles:
    """Return the targets of a regression in their unit, (n,)."""
    _, labels = _split_arrays(folder, split)
    return np.array(_map(labels, np.float64)[:, 0])


def split_files(folder: Path, *splits: str) -> list[Path]:
    """Return the description file and the files of inputs and targets of `splits`."""
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
