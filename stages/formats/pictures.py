"""Two passes over pictures, so that the memory stays flat: headers first, then the pixels."""

import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import numpy as np
from tqdm import tqdm

from nncore.arrays import Bytes, Indices
from nncore.data.pictures import picture_size, read_picture
from nncore.errors import ImageError, format_shape
from stages.formats.class_folders import LabelledFiles
from stages.formats.dataset import FetchError, images_per_batch
from stages.formats.listing import LeftOut
from stages.shared.data_params import PreprocessSettings

# Larger images make a network of millions of weights, and a training of hours.
LARGE_IMAGE_PIXELS: Final = 1 << 14
# A network has an input for each pixel, or three.
MAX_SUGGESTED_SIDE: Final = 64
# Sizes in a message.
MAX_SIZES: Final = 3


def read_headers(
    root: Path, files: list[str], left_out: LeftOut
) -> tuple[Indices, Counter[tuple[int, int]]]:
    """Return the positions of the files that begin as pictures, and counts of (rows, columns)."""
    readable, sizes = np.zeros(len(files), np.bool_), Counter[tuple[int, int]]()
    for index, path in enumerate(_progress(files, "headers")):
        try:
            sizes[picture_size(root / path)] += 1
        except (ImageError, OSError) as error:
            left_out.add(path, _fault(error))
        else:
            readable[index] = True
    return np.flatnonzero(readable), sizes


def common_size(root: Path, sizes: Counter[tuple[int, int]]) -> tuple[int, int]:
    """Return the rows and columns that all pictures have.

    Raises
    ------
    FetchError
        There is no picture, or there are several sizes; the message suggests a size.
    """
    if not sizes:
        raise FetchError(f"{root}: expected pictures in the class folders, got none")
    side = suggested_side(sizes)
    if len(sizes) > 1:
        # Of equally frequent sizes the smallest is first, whatever the order of the files.
        ranked = sorted(sizes.items(), key=lambda item: (-item[1], item[0]))
        names = [f"{format_shape(size)} ({count:,})" for size, count in ranked[:MAX_SIZES]]
        more = f" and {len(ranked) - MAX_SIZES:,} more" if len(ranked) > MAX_SIZES else ""
        raise FetchError(
            f"preprocess.size: expected rows and columns, because the pictures have {len(sizes):,} "
            f"sizes: {', '.join(names)}{more}; set it, for instance to {side}"
        )
    (size,) = sizes
    if size[0] * size[1] > LARGE_IMAGE_PIXELS:
        print(
            f"fetch: the pictures have {format_shape(size)} pixels, each an input of the network; "
            f"preprocess.size makes them smaller, for instance {side}",
            file=sys.stderr,
        )
    return size


def suggested_side(sizes: Counter[tuple[int, int]]) -> int:
    """Return a side for pictures of several sizes, at most `MAX_SUGGESTED_SIDE`.

    It is the median of their shorter sides, of two the lower one, so that no stray icon decides.
    """
    sides = sorted(min(size) for size in sizes.elements())
    return min(sides[(len(sides) - 1) // 2], MAX_SUGGESTED_SIDE)


def decode(
    root: Path,
    labelled: LabelledFiles,
    shape: tuple[int, ...],
    settings: PreprocessSettings,
    *,
    left_out: LeftOut,
    decoded: list[str],
) -> Iterator[tuple[Bytes, Bytes]]:
    """Yield batches of images, (m, *shape), and their labels; the next one overwrites a batch.

    Pictures that can't be decoded are left out, and those of another shape than their header shows.
    The paths of the others are appended to `decoded`.
    """
    step = images_per_batch(shape)
    images, labels = np.empty((step, *shape), np.uint8), np.empty(step, np.uint8)
    count = 0
    for path, label in zip(_progress(labelled.files, "pictures"), labelled.labels, strict=True):
        try:
            image = read_picture(root / path, settings.image_size, settings.colour)
        except (ImageError, OSError) as error:
            left_out.add(path, _fault(error))
            continue
        if image.shape != shape:
            expected, got = format_shape(shape), format_shape(image.shape)
            left_out.add(path, f"expected {expected}, got {got}; set preprocess.size")
            continue
        images[count], labels[count] = image, label
        decoded.append(path)
        count += 1
        if count == step:
            yield images, labels
            count = 0
    if count:
        yield images[:count], labels[:count]


def _progress(files: list[str], description: str) -> "tqdm[str]":
    return tqdm(files, desc=description, unit=" pictures", leave=False, disable=None)


def _fault(error: Exception) -> str:
    if isinstance(error, OSError):
        return f"expected a readable file, got “{error.strerror}”"
    return str(error)
