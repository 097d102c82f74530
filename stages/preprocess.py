"""Preprocess: from raw images to rows, scaled unless they stay bytes, and one-hot labels.

Images pass through in batches, so that memory does not grow with the data set.
"""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, BinaryIO, Final

import numpy as np
from typer import Option

from nncore.arrays import Bytes, Floats, Indices
from nncore.idx import read_images, read_labels
from nncore.preprocessing import (
    PreprocessingError,
    Scaling,
    check_agreement,
    hold_out,
    one_hot,
    pixel_statistics,
    scale,
    subset,
)
from stages.command import run
from stages.datasets import CLASSES, FILES
from stages.files import replacing, write_text
from stages.params import PreprocessSettings, load_params

# Pixels, or cells of one-hot rows, that are worked on at once: they fit a processor's cache.
BATCH: Final = 1 << 19


def preprocess(
    params: Annotated[Path, Option(help="Parameters.")] = Path("params.yaml"),
    raw: Annotated[Path, Option(help="Input: what fetch wrote.")] = Path("data/raw"),
    processed: Annotated[Path, Option(help="Output: arrays and their description.")] = Path(
        "data/processed"
    ),
    section: Annotated[
        str, Option(help="Section of the parameters to use.", show_default=False)
    ] = "",
) -> None:
    """Scale the images of a folder, hold out the validation part and write arrays.

    Each part keeps the order of the file that it comes from. Nothing is learnt from the
    validation and test images.
    """
    settings = load_params(params, section).preprocess
    class_names = _class_names(raw / CLASSES)
    files = {key: raw / name for key, name in FILES.items()}
    images, labels = read_images(files["train_images"]), read_labels(files["train_labels"])
    test = read_images(files["test_images"]), read_labels(files["test_labels"])
    check_agreement((images, labels), test, len(class_names))
    train, held = _divide(labels, settings)
    scaling = Scaling()
    if settings.scaling == "standard":
        scaling = Scaling(*pixel_statistics(_batches(files["train_images"], train)))

    parts = {
        "train": (files["train_images"], labels, train),
        "validation": (files["train_images"], labels, held),
        "test": (files["test_images"], test[1], np.arange(len(test[1]))),
    }
    for part, (source, known, rows) in parts.items():
        table = scaling.table() if settings.dtype == "float32" else None
        _write_images(processed / f"{part}_images.npy", source, rows, table)
        _write_labels(processed / f"{part}_labels.npy", known[rows], len(class_names))
        counts = np.bincount(known[rows], minlength=len(class_names))
        print(
            f"{part:<12}{len(rows):>10,} images, {_range(counts)} in each of {len(counts)} classes"
        )
    description = {
        "class_names": class_names,
        "image_shape": images.shape[1:],
        "pixel_mean": scaling.mean,
        "pixel_std": scaling.std,
    }
    # Not `write_json`, which rounds: these numbers are applied as they stand there.
    text = json.dumps(description, ensure_ascii=False, indent=2, sort_keys=True)
    write_text(processed / "preprocessing.json", text + "\n")
    size = " x ".join(map(str, images.shape[1:]))
    print(f"{'pixels':<12}{size:>10}, scaled by (value - {scaling.mean}) / {scaling.std}")


def _range(counts: Indices) -> str:
    low, high = counts.min(), counts.max()
    return f"{low:,}" if low == high else f"{low:,} to {high:,}"


def _class_names(path: Path) -> list[str]:
    """Read what fetch wrote of the classes."""
    try:
        names = json.loads(path.read_bytes())["class_names"]
    except (ValueError, LookupError, TypeError):
        names = None
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        raise PreprocessingError(f'{path}: expected {{"class_names": [...]}} of strings, got else')
    return names


def _divide(labels: Bytes, settings: PreprocessSettings) -> tuple[Indices, Indices]:
    """Return the rows of the training and of the validation part."""
    validation = settings.validation
    try:
        train, held = hold_out(labels, validation.held_out, validation.method, validation.seed)
        if settings.train_size is not None:
            train = subset(labels, train, settings.train_size, validation.seed)
    except PreprocessingError as error:
        raise PreprocessingError(f"preprocess.{error}") from None
    return train, held


def _batches(source: Path, rows: Indices) -> Iterator[Bytes]:
    """Yield the images at `rows`, which ascend, as (·, rows · columns) uint8, a few at a time."""
    images = read_images(source)
    pixels = images[0].size
    step = max(1, BATCH // pixels)
    for start in range(0, len(images), step):
        first, last = np.searchsorted(rows, (start, start + step))
        if first < last:
            # Mapped anew for each stretch: the pages that one long map has shown count as memory.
            yield read_images(source)[rows[first:last]].reshape(-1, pixels)


def _write_images(path: Path, source: Path, rows: Indices, table: Floats | None) -> None:
    """Write the images at `rows`, (len(rows), rows · columns): by `table` float32, else uint8."""
    pixels = read_images(source)[0].size
    with replacing(path) as temporary, temporary.open("wb") as file:
        if table is None:
            _write_header(file, "|u1", (len(rows), pixels))
            for batch in _batches(source, rows):
                file.write(batch.data)
            return
        _write_header(file, "<f4", (len(rows), pixels))
        scaled = np.empty((max(1, BATCH // pixels), pixels), np.float32)
        for batch in _batches(source, rows):
            scale(batch, table, scaled[: len(batch)])
            file.write(scaled[: len(batch)].data)


def _write_labels(path: Path, labels: Bytes, classes: int) -> None:
    """Write (len(labels), classes) float32, one-hot."""
    step = BATCH // classes
    with replacing(path) as temporary, temporary.open("wb") as file:
        _write_header(file, "<f4", (len(labels), classes))
        for start in range(0, len(labels), step):
            file.write(one_hot(labels[start : start + step], classes).data)


def _write_header(file: BinaryIO, dtype: str, shape: tuple[int, int]) -> None:
    np.lib.format.write_array_header_1_0(
        file, {"descr": dtype, "fortran_order": False, "shape": shape}
    )


if __name__ == "__main__":
    run(preprocess)
