"""Reader of four IDX files: the data sets of the catalogue and `custom`."""

import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import numpy as np

from nncore.arrays import Bytes
from nncore.data.idx import read_images, read_labels
from nncore.data.preprocessing import check_dataset
from stages.formats.dataset import FetchError, RawDataset, RawSplit, images_per_batch
from stages.formats.download import fetch_file
from stages.formats.download_plan import DownloadPlan, download_plan
from stages.shared.data_params import DataFile, FetchSettings
from stages.shared.datasets import FILES

# Prefix of the folder for files that are not checked yet.
TEMPORARY_PREFIX = ".fetch-"


@contextmanager
def read_idx(settings: FetchSettings, mirror: str, folder: Path) -> Iterator[RawDataset]:
    """Yield the data set whose four files `settings` name.

    Parameters
    ----------
    mirror : folder or base URL to try before every other source of a catalogued data set; may be ""
    folder : folder for temporary files, which have the size of the decompressed data set

    Raises
    ------
    FetchError
        No source serves one of the files.
    PreprocessingError
        The files don't fit each other.
    """
    plan = download_plan(settings, mirror)
    for stale in folder.glob(f"{TEMPORARY_PREFIX}*"):
        # Of a process that was killed.
        shutil.rmtree(stale, ignore_errors=True)
    with tempfile.TemporaryDirectory(prefix=TEMPORARY_PREFIX, dir=folder) as temporary:
        files = {key: Path(temporary, f"{name}.tmp") for key, name in FILES.items()}
        for key, path in files.items():
            fetch_file(key, plan, path)
        train, test = _splits(files, plan)
        yield RawDataset(train, test, plan.class_names, plan.pictures)


def _splits(files: Mapping[DataFile, Path], plan: DownloadPlan) -> tuple[RawSplit, RawSplit]:
    """Return both splits after a check; no file stays mapped, as Windows deletes none that is."""
    train_labels = _labels(files["train_labels"], "training", plan.first_label)
    test_labels = _labels(files["test_labels"], "test", plan.first_label)
    train_images = read_images(files["train_images"])
    classes = len(plan.class_names) if plan.class_names else int(train_labels.max()) + 1
    check_dataset(
        (train_images, train_labels),
        (read_images(files["test_images"]), test_labels),
        classes,
        named=plan.class_names is not None,
    )
    if plan.class_names is None and train_labels.min() == 1:
        print(
            "the training labels start at 1: if the classes do too, set fetch.custom.first_label "
            "to 1"
        )
    rows, columns, *channels = train_images.shape[1:]
    shape = (columns, rows, *channels) if plan.transpose else (rows, columns, *channels)
    return (
        RawSplit(shape, _batches(files["train_images"], train_labels, plan.transpose)),
        RawSplit(shape, _batches(files["test_images"], test_labels, plan.transpose)),
    )


def _labels(path: Path, split: str, first_label: int) -> Bytes:
    """Return labels that start at 0, not mapped."""
    labels = read_labels(path)
    lowest = int(labels.argmin())
    if labels[lowest] < first_label:
        raise FetchError(
            f"the {split} labels: expected at least {first_label}, the first_label, "
            f"got {labels[lowest]} for image {lowest}"
        )
    return labels - np.uint8(first_label)


def _batches(path: Path, labels: Bytes, transpose: bool) -> Iterator[tuple[Bytes, Bytes]]:
    step = images_per_batch(read_images(path).shape[1:])
    for start in range(0, len(labels), step):
        # A new map for each batch, because pages that a map has read count as memory.
        images = read_images(path)[start : start + step]
        yield images.swapaxes(1, 2) if transpose else images, labels[start : start + step]
