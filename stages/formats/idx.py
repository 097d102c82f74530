"""Reader of four IDX files: the data sets of the catalogue and `custom`."""

import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from nncore.arrays import Bytes
from nncore.data.idx import read_images, read_labels
from nncore.data.preprocessing import check_dataset
from stages.formats.dataset import RawDataset, RawSplit, images_per_batch
from stages.formats.download import fetch_file
from stages.shared.datasets import FILES, download_plan
from stages.shared.params import DataFile, FetchSettings


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
    with tempfile.TemporaryDirectory(prefix=".fetch-", dir=folder) as temporary:
        files = {key: Path(temporary, name) for key, name in FILES.items()}
        for key, path in files.items():
            fetch_file(key, plan, path)
        train, test = _splits(files, plan.class_names)
        yield RawDataset(train, test, plan.class_names, plan.pictures)


def _splits(
    files: Mapping[DataFile, Path], class_names: tuple[str, ...] | None
) -> tuple[RawSplit, RawSplit]:
    """Return both splits after a check; no file stays mapped, as Windows deletes none that is."""
    train = read_images(files["train_images"]), read_labels(files["train_labels"])
    test = read_images(files["test_images"]), read_labels(files["test_labels"])
    classes = len(class_names) if class_names else int(train[1].max()) + 1
    check_dataset(train, test, classes, named=class_names is not None)
    shape = train[0].shape[1:]
    return (
        RawSplit(shape, _batches(files["train_images"], train[1].copy())),
        RawSplit(shape, _batches(files["test_images"], test[1].copy())),
    )


def _batches(path: Path, labels: Bytes) -> Iterator[tuple[Bytes, Bytes]]:
    step = images_per_batch(read_images(path).shape[1:])
    for start in range(0, len(labels), step):
        # A new map for each batch, because pages that a map has read count as memory.
        yield read_images(path)[start : start + step], labels[start : start + step]
