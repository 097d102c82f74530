"""Preprocessing of images: rows of float32 or uint8, and labels as one-hot rows."""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final, get_args

import numpy as np

from nncore.arrays import Bytes, Floats, Indices
from nncore.config.pictures import Pictures
from nncore.data.idx import read_images, read_labels
from nncore.data.preprocessing import (
    Normalization,
    apply_lookup,
    check_dataset,
    pixel_statistics,
)
from nncore.errors import PreprocessingError
from stages.preprocessing.arrays import (
    CELLS_PER_BATCH,
    write_description,
    write_header,
    write_one_hot,
)
from stages.preprocessing.rows import split_rows
from stages.shared.class_names import are_class_names
from stages.shared.data_params import PreprocessSettings
from stages.shared.data_report import Split, write_data_report
from stages.shared.datasets import DATASET_FILE, FILES, IMAGES_FORMAT
from stages.shared.file_names import Names, read_names, write_names
from stages.shared.files import output_path

# If no pixel of the training images is as bright, of 255, images that are scaled to [0, 1] teach a
# network little.
MIN_BRIGHTEST_PIXEL: Final = 64


def preprocess_images(
    raw: Path, processed: Path, reports: Path, settings: PreprocessSettings
) -> None:
    """Scale images, hold out the validation set, write arrays and a report on the data.

    The splits keep the order of the raw files. The scaling depends only on the training images.
    """
    class_names, pictures = read_dataset(raw / DATASET_FILE)
    files = {key: raw / name for key, name in FILES.items()}
    images, labels = read_images(files["train_images"]), read_labels(files["train_labels"])
    test = read_images(files["test_images"]), read_labels(files["test_labels"])
    check_dataset((images, labels), test, len(class_names))
    train_rows, validation_rows = split_rows(labels, settings)
    scaling = Normalization()
    if settings.scaling == "standard":
        scaling = Normalization(*pixel_statistics(_batches(files["train_images"], train_rows)))
    splits = {
        "train": Split(files["train_images"], labels, train_rows),
        "validation": Split(files["train_images"], labels, validation_rows),
        "test": Split(files["test_images"], test[1], np.arange(len(test[1]))),
    }
    ranges = {}
    for split, (source, split_labels, rows) in splits.items():
        table = scaling.table() if settings.dtype == "float32" else None
        ranges[split] = _write_images(processed / f"{split}_images.npy", source, rows, table)
        write_one_hot(processed / f"{split}_labels.npy", split_labels[rows], len(class_names))
        counts = np.bincount(split_labels[rows], minlength=len(class_names))
        print(
            f"{split:<12}{len(rows):>10,} images, {_range(counts)} in each of {len(counts)} classes"
        )
    lowest, highest = ranges["train"]
    if lowest == highest:
        raise PreprocessingError(
            f"{files['train_images']}: expected images with pixels of several values, got {lowest} "
            "everywhere"
        )
    description = {
        "class_names": class_names,
        "image_shape": images.shape[1:],
        "pictures": pictures,
        "pixel_mean": scaling.mean,
        "pixel_std": scaling.std,
    }
    write_description(processed, description)
    size = " x ".join(map(str, images.shape[1:]))
    when = "scaled" if settings.dtype == "float32" else "kept as bytes, scaled when they are read"
    print(f"{'pixels':<12}{size:>10}, {when}: {scaling.describe('value')}")
    if highest < MIN_BRIGHTEST_PIXEL and settings.scaling == "unit":
        print(
            f"{'':<12}the values are {lowest} to {highest} of 255, too dark to learn from; "
            "set preprocess.scaling to standard"
        )
    raw_names = read_names(raw, {"train": len(labels), "test": len(test[1])})
    names = split_names(raw_names, splits)
    write_names(processed, names)
    report = reports / "data.json"
    shape = images.shape[1:]
    for line in write_data_report(
        report, splits, class_names, shape, batches=_batches, files=names
    ):
        print(f"warning: {line}")


def split_names(raw: Names, splits: Mapping[str, Split]) -> dict[str, list[str]]:
    """Return the names of the files of each split; none if the source has none."""
    if not raw:
        return {}
    sources = {"train": raw["train"], "validation": raw["train"], "test": raw["test"]}
    return {
        name: [sources[name][row] for row in split.rows.tolist()] for name, split in splits.items()
    }


def _range(counts: Indices) -> str:
    low, high = counts.min(), counts.max()
    return f"{low:,}" if low == high else f"{low:,} to {high:,}"


def read_dataset(path: Path) -> tuple[list[str], str]:
    """Return the class names that fetch wrote, and how a picture becomes an image.

    Raises
    ------
    PreprocessingError
        The file is not what fetch writes.
    """
    try:
        content = json.loads(path.read_bytes())
        names, pictures = content["class_names"], content["pictures"]
        is_format = content["format"] == IMAGES_FORMAT
    except (LookupError, RecursionError, TypeError, ValueError):
        names, pictures, is_format = None, None, False
    if not is_format or not are_class_names(names) or pictures not in get_args(Pictures):
        raise PreprocessingError(
            f'{path}: expected {{"class_names": [...], "format": "{IMAGES_FORMAT}", "pictures": '
            "...} with strings, got another content; run fetch again"
        )
    return names, pictures


def _batches(source: Path, rows: Indices) -> Iterator[Bytes]:
    """Yield batches of the images at ascending `rows`: (images, rows · columns) uint8."""
    images = read_images(source)
    pixels = images[0].size
    step = max(1, CELLS_PER_BATCH // pixels)
    for start in range(0, len(images), step):
        first, last = np.searchsorted(rows, (start, start + step))
        if first < last:
            # A new map for each batch, because pages that a map has read count as memory.
            yield read_images(source)[rows[first:last]].reshape(-1, pixels)


def _write_images(path: Path, source: Path, rows: Indices, table: Floats | None) -> tuple[int, int]:
    """Write the images at `rows`: float32 looked up in `table`, or uint8 without a table.

    Returns
    -------
    (lowest, highest) : of the pixels, before the table; 255 and 0 if there is no image
    """
    pixels = read_images(source)[0].size
    lowest, highest = 255, 0
    with output_path(path) as temporary, temporary.open("wb") as file:
        write_header(file, "|u1" if table is None else "<f4", (len(rows), pixels))
        scaled = np.empty((max(1, CELLS_PER_BATCH // pixels), pixels), np.float32)
        for batch in _batches(source, rows):
            lowest, highest = min(lowest, int(batch.min())), max(highest, int(batch.max()))
            if table is None:
                file.write(batch.data)
            else:
                apply_lookup(batch, table, scaled[: len(batch)])
                file.write(scaled[: len(batch)].data)
    return lowest, highest
