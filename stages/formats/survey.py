"""A survey of a source, from which adopt chooses settings."""

import os
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

import numpy as np

from nncore.data.pictures import SUFFIXES
from nncore.errors import as_line
from stages.formats.class_folders import label_files
from stages.formats.csv_images import rename_advice
from stages.formats.dataset import FetchError
from stages.formats.listing import LeftOut, list_files
from stages.formats.pictures import MAX_SUGGESTED_SIDE, read_headers, suggested_side
from stages.formats.source import open_source
from stages.shared.data_params import FetchSettings, PreprocessSettings

# A pixel has a colour if its channels differ by more. JPEG gives grey pixels a trace of it.
_GREY_TOLERANCE: Final = 16
# Pictures with fewer coloured pixels, as a fraction, are grey ones with a stain.
_MIN_COLOURED: Final = 0.01
SPREADSHEETS: Final = (".xlsx", ".xls", ".ods")


@dataclass(frozen=True)
class Survey:
    """What a source holds.

    Attributes
    ----------
    dataset : the value of `fetch.dataset` for it
    sizes : how many pictures have which rows and columns; of arrays, one size
    size : rows and columns for `preprocess.size`; None to keep the size that all images have
    shape : (rows, columns), or (rows, columns, 3) of colour images, at that size
    train_counts : training images of each class, by the names of the classes
    test_images : number of test images
    """

    dataset: Literal["folder", "npz", "csv"]
    sizes: Counter[tuple[int, int]]
    size: tuple[int, int] | None
    shape: tuple[int, ...]
    train_counts: dict[str, int]
    test_images: int

    @property
    def train_images(self) -> int:
        """Return the number of training images, with those that preprocess holds out."""
        return sum(self.train_counts.values())


def survey_source(
    path: Path, settings: FetchSettings, table_size: tuple[int, int] | None, folder: Path
) -> Survey:
    """Look at every image of a source.

    Parameters
    ----------
    settings : how test images are drawn from a source that has none
    table_size : rows and columns of the images of a table, if they are not square
    folder : a folder for temporary files

    Raises
    ------
    FetchError
        There is no such source, or fetch would refuse it.
    """
    dataset = _dataset(path)
    fetch = settings.model_copy(update={"dataset": dataset, "path": path.as_posix()})
    sizes = _picture_sizes(path) if dataset == "folder" else Counter[tuple[int, int]]()
    size = table_size if dataset == "csv" else _common_size(sizes)
    colour: Literal["grey", "rgb"] = "rgb" if dataset == "folder" else "grey"
    with open_source(fetch, PreprocessSettings(size=size, colour=colour), folder) as source:
        counts = np.zeros(256, np.int64)
        coloured = 0
        for images, labels in source.train.batches:
            counts += np.bincount(labels, minlength=len(counts))
            coloured += _coloured_pixels(images)
        test_images = sum(len(images) for images, _ in source.test.batches)
    if not test_images:
        raise FetchError(
            f"{path}: expected test images, got none; a folder test needs the folders of the "
            "classes: without it, test images are drawn from the others"
        )
    if np.count_nonzero(counts) < 2:
        raise FetchError(f"{path}: expected training images of at least 2 classes, got 1 class")
    rows, columns = source.train.shape[:2]
    sizes = sizes or Counter({(rows, columns): int(counts.sum()) + test_images})
    # A row of pixels does not determine the shape of its image, unless that is square.
    size = (rows, columns) if dataset == "csv" and rows != columns else _common_size(sizes)
    is_colour = coloured > _MIN_COLOURED * int(counts.sum()) * rows * columns
    names = source.class_names or tuple(map(str, range(int(counts.nonzero()[0].max()) + 1)))
    return Survey(
        dataset,
        sizes,
        size,
        (*(size or (rows, columns)), *((3,) if is_colour else ())),
        dict(zip(names, counts.tolist(), strict=False)),
        test_images,
    )


def _dataset(path: Path) -> Literal["folder", "npz", "csv"]:
    if path.is_dir():
        if (path / "train.csv").is_file():
            return "csv"
        # Tables may lie beside the folders of classes.
        has_folders = any(child.is_dir() for child in path.iterdir())
        if not has_folders and (advice := rename_advice(path)):
            raise FetchError(
                as_line(
                    f"{path}: expected folders of classes, or train.csv and test.csv, got neither; "
                    f"{advice}"
                )
            )
        return "folder"
    match path.suffix.lower():
        case ".npz" if path.is_file():
            return "npz"
        case ".csv" if path.is_file():
            return "csv"
    got = f"a file {path.name}" if path.exists() else "nothing there"
    is_spreadsheet = path.is_file() and path.suffix.lower() in SPREADSHEETS
    advice = "save it as CSV in UTF-8" if is_spreadsheet else "unpack an archive first"
    raise FetchError(
        f"{path}: expected a folder of pictures, an .npz file or a table (.csv, .tsv, .parquet), "
        f"got {got}; {advice}; for IDX files see fetch.custom"
    )


def _refuse_what_stops_dvc(root: Path) -> None:
    """Refuse pipes, at which DVC waits for ever while it hashes the folder, and broken links."""
    for folder, _, names in os.walk(root):
        for file in sorted(Path(folder, name) for name in names):
            if not file.exists():
                raise FetchError(as_line(f"{file}: expected a file, got a broken link; remove it"))
            if not file.is_file():
                raise FetchError(
                    as_line(
                        f"{file}: expected a file, got a pipe, a socket or a device, at which DVC "
                        "would wait; remove it"
                    )
                )


def _picture_sizes(path: Path) -> Counter[tuple[int, int]]:
    _refuse_what_stops_dvc(path)
    # fetch lists what it leaves out.
    left_out = LeftOut(path)
    labelled = label_files(path, *list_files(path, SUFFIXES, left_out), left_out)
    _, sizes = read_headers(path, labelled.files, left_out)
    return sizes


def _common_size(sizes: Counter[tuple[int, int]]) -> tuple[int, int] | None:
    """Return the size to give all images, none if they have one whose sides are short enough."""
    if not sizes:
        return None
    if len(sizes) > 1:
        side = suggested_side(sizes)
        return side, side
    ((rows, columns),) = sizes
    longer, limit = max(rows, columns), MAX_SUGGESTED_SIDE
    if longer <= limit:
        return None
    # The longer side becomes the limit; halves are rounded up.
    scaled = ((2 * side * limit + longer) // (2 * longer) for side in (rows, columns))
    rows, columns = (max(1, side) for side in scaled)
    return rows, columns


def _coloured_pixels(images: np.ndarray) -> int:
    """Return how many pixels of (m, rows, columns, 3) images have a colour; 0 of grey images."""
    if images.ndim == 3:
        return 0
    spread = images.max(axis=3) - images.min(axis=3)
    return int(np.count_nonzero(spread > _GREY_TOLERANCE))
