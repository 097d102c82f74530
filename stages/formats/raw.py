"""The writer of data/raw: four IDX files, dataset.json, and files.json for pictures."""

import struct
from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path

import numpy as np

from nncore.data.idx import idx_header, read_images, read_labels
from nncore.data.preprocessing import check_classes, check_dataset
from stages.formats.dataset import FetchError, RawDataset, RawSplit
from stages.shared.data_params import DataFile
from stages.shared.datasets import DATASET_FILE, FILES, IMAGES_FORMAT
from stages.shared.file_names import NAMES_FILE, write_names
from stages.shared.files import output_path, write_json


def write_raw(folder: Path, dataset: RawDataset) -> None:
    """Write a data set to `folder`, batch by batch.

    The files get their final names only after all of them have been checked.

    Raises
    ------
    NncoreError
        A split has no image, the labels don't fit the classes, or all images are of one class.
    """
    with ExitStack() as stack:
        files = {
            key: stack.enter_context(output_path(folder / name)) for key, name in FILES.items()
        }
        _write_split("training", dataset.train, files["train_images"], files["train_labels"])
        _write_split("test", dataset.test, files["test_images"], files["test_labels"])
        class_names = _check(files, dataset.class_names)
        content = {
            "class_names": class_names,
            "format": IMAGES_FORMAT,
            "pictures": dataset.pictures,
        }
        write_json(folder / DATASET_FILE, content)
        # Those of another source, without DVC, which empties the folder.
        (folder / NAMES_FILE).unlink(missing_ok=True)
        if dataset.files is not None:
            write_names(folder, dataset.files)


def _write_split(name: str, split: RawSplit, images_path: Path, labels_path: Path) -> None:
    """Write images and labels; their number is written last, because batches may omit images."""
    count = 0
    with images_path.open("wb") as images_file, labels_path.open("wb") as labels_file:
        images_file.write(idx_header((0, *split.shape)))
        labels_file.write(idx_header((0,)))
        for images, labels in split.batches:
            images_file.write(np.ascontiguousarray(images).data)
            labels_file.write(np.ascontiguousarray(labels).data)
            count += len(images)
        for file in (images_file, labels_file):
            file.seek(4)
            file.write(struct.pack(">I", count))
    if not count:
        raise FetchError(f"the {name} images: expected at least one, got none")


def _check(files: Mapping[DataFile, Path], class_names: tuple[str, ...] | None) -> tuple[str, ...]:
    """Check the files against each other; return the names of the classes.

    The files are mapped into memory until it returns: Windows renames no file that is mapped.
    """
    train = read_images(files["train_images"]), read_labels(files["train_labels"])
    test = read_images(files["test_images"]), read_labels(files["test_labels"])
    names = class_names or tuple(map(str, range(int(train[1].max()) + 1)))
    check_dataset(train, test, len(names), named=class_names is not None)
    check_classes(train[1])
    return names
