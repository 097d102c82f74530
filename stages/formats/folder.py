"""Reader of a folder of pictures: CLASS/*.png, or train/CLASS/*.png and test/CLASS/*.png.

A folder such as val takes the place of test if that has no folders of classes.

Pictures may lie in folders below those of the classes, as in torchvision's ImageFolder.
"""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np

from nncore.arrays import Bytes, Indices
from nncore.data.pictures import SUFFIXES
from nncore.errors import as_line, format_shape
from stages.formats.class_folders import LabelledFiles, label_files
from stages.formats.dataset import FetchError, RawDataset, RawSplit
from stages.formats.listing import LeftOut, list_files
from stages.formats.pictures import common_size, decode, read_headers
from stages.formats.splits import draw_test_rows
from stages.shared.data_params import FetchSettings, PreprocessSettings


@contextmanager
def read_folder(settings: FetchSettings, images: PreprocessSettings) -> Iterator[RawDataset]:
    """Yield the pictures in the class folders of `fetch.path` as a data set.

    Without folders train and test, the test images are drawn from each class in proportion. The
    files that are left out are listed on standard error when the block ends.

    Raises
    ------
    FetchError, PreprocessingError
        There are no such folders, a class has no readable training picture, the pictures have
        several sizes and `preprocess.size` is null, or `fetch.test_size` does not fit them.
    """
    root = Path(settings.path)
    left_out = LeftOut(root)
    try:
        labelled = label_files(root, *list_files(root, SUFFIXES, left_out), left_out)
        readable, sizes = read_headers(root, labelled.files, left_out)
        labelled = labelled.select(readable)
        size = images.image_size or common_size(root, sizes)
        shape = (*size, 3) if images.colour == "rgb" else size
        train, test = map(labelled.select, _split(root, labelled, settings))
        files: dict[str, list[str]] = {"train": [], "test": []}
        batches = [
            decode(root, part, shape, images, left_out=left_out, decoded=names)
            for part, names in zip((train, test), files.values(), strict=True)
        ]
        yield RawDataset(
            RawSplit(shape, _all_classes(root, train, batches[0])),
            RawSplit(shape, batches[1]),
            labelled.class_names,
            files=files,
            summary=f"{len(train.files):,} training and {len(test.files):,} test pictures in "
            f"{len(labelled.class_names)} classes, {format_shape(shape)}",
        )
    finally:
        left_out.report()


def _split(root: Path, labelled: LabelledFiles, settings: FetchSettings) -> tuple[Indices, Indices]:
    """Return the rows of the training and of the test pictures, ascending."""
    names, labels = labelled.class_names, labelled.labels
    if labelled.is_test is not None:
        if labelled.test_folder != "test":
            name = labelled.test_folder
            print(
                as_line(
                    f"{root}: no folders of classes in a folder test, so the pictures in {name} "
                    "are the test pictures"
                )
            )
        train, test = np.flatnonzero(~labelled.is_test), np.flatnonzero(labelled.is_test)
    else:
        _require_pictures(root, names, labels)
        train, test = draw_test_rows(labels, settings)
    _require_pictures(root, names, labels[train])
    if missing := _missing(names, labels[test]):
        remedy = (
            "raise fetch.test_size, or add pictures"
            if labelled.test_folder is None
            else "move some of the pictures to folders such as "
            f"{root / labelled.test_folder / missing[0]}"
        )
        line = f"fetch: {root}: no test picture of {', '.join(missing)}; {remedy}"
        print(as_line(line), file=sys.stderr)
    return train, test


def _all_classes(
    root: Path, labelled: LabelledFiles, batches: Iterator[tuple[Bytes, Bytes]]
) -> Iterator[tuple[Bytes, Bytes]]:
    """Yield the batches; raise `FetchError` in the end if they have no picture of some class."""
    counts = np.zeros(len(labelled.class_names), np.int64)
    for images, labels in batches:
        counts += np.bincount(labels, minlength=len(counts))
        yield images, labels
    _require_pictures(root, labelled.class_names, np.flatnonzero(counts).astype(np.uint8))


def _require_pictures(root: Path, class_names: tuple[str, ...], labels: Bytes) -> None:
    if missing := _missing(class_names, labels):
        raise FetchError(
            as_line(
                f"{root}: expected a readable training picture of each class, got none of "
                f"{', '.join(missing)}; add pictures, or remove the folder"
            )
        )


def _missing(class_names: tuple[str, ...], labels: Bytes) -> list[str]:
    counts = np.bincount(labels, minlength=len(class_names))
    return [name for name, count in zip(class_names, counts, strict=True) if not count]
