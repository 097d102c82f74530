"""Tables of pixels: a row for each image, with a label and the pixels, as in Kaggle's digits.

The reader holds a few rows in memory, whatever the file's size.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np

from nncore.arrays import Array, Bytes
from nncore.data.delimited import read_cells
from nncore.data.pixel_rows import is_header, parse_pixels, strip
from nncore.errors import DataError, as_line, format_shape
from stages.shared.class_names import MAX_NAME_LENGTH

LABEL: Final = "label"
# Pixels of the rows in a chunk.
PIXELS_PER_CHUNK: Final = 1 << 20
# An array of text has the room of the longest for each: at most 3.3 MB.
LABELS_PER_CHUNK: Final = 1 << 12


@dataclass(frozen=True)
class CsvTable:
    """A table whose first row has been read.

    Attributes
    ----------
    path : the file
    has_header : whether the first row holds the names of the columns
    columns : number of columns
    label_column : index of the column of the labels
    image_shape : (rows, columns) of an image
    """

    path: Path
    has_header: bool
    columns: int
    label_column: int
    image_shape: tuple[int, int]

    def labels(self) -> Iterator[Array]:
        """Yield the labels, in order: (·,) arrays of strings.

        Raises
        ------
        DataError
            A row has another number of columns than the first one, is too long or is no UTF-8; or a
            label is too long.
        """
        labels: list[str] = []
        for line, row in self._rows():
            label = strip(row[self.label_column])
            if len(label) > MAX_NAME_LENGTH:
                raise DataError(
                    f"{self.path}: expected labels of at most {MAX_NAME_LENGTH} characters, "
                    f"got {len(label)} in line {line}"
                )
            labels.append(label)
            if len(labels) == LABELS_PER_CHUNK:
                yield np.array(labels)
                labels.clear()
        if labels:
            yield np.array(labels)

    def images(self) -> Iterator[Bytes]:
        """Yield the images, in order: (·, rows, columns) uint8.

        Raises
        ------
        DataError
            As `labels`; or a pixel is no integer from 0 to 255.
        """
        step = max(1, PIXELS_PER_CHUNK // math.prod(self.image_shape))
        pixels = bytearray()
        images = 0
        for line, row in self._rows():
            del row[self.label_column]
            pixels += parse_pixels(self.path, line, row)
            images += 1
            if images == step:
                yield np.frombuffer(pixels, np.uint8).reshape(-1, *self.image_shape)
                pixels, images = bytearray(), 0
        if images:
            yield np.frombuffer(pixels, np.uint8).reshape(-1, *self.image_shape)

    def _rows(self) -> Iterator[tuple[int, list[str]]]:
        """Yield the rows of images, with the number of the line."""
        rows = read_cells(self.path)
        if self.has_header:
            next(rows)
        for line, row in rows:
            if len(row) != self.columns:
                raise DataError(
                    f"{self.path}: expected {self.columns} columns as in the first row, "
                    f"got {len(row)} in line {line}"
                )
            yield line, row


def read_csv(path: Path, size: tuple[int, int] | None = None) -> CsvTable:
    """Read the first row of a table of images.

    The labels are in the column that the first row calls label, otherwise in the first column. The
    first row is a header if it has this name, or if most of its cells can't be pixels.

    Parameters
    ----------
    size : (rows, columns) of an image, if the images are not square

    Raises
    ------
    DataError
        The file is empty or no UTF-8, or the number of its columns fits no image.
    OSError
        The file can't be opened.
    """
    _, row = next(read_cells(path), (0, []))
    names = [strip(cell).casefold() for cell in row]
    image_shape = _image_shape(len(row) - 1, size)
    if image_shape == (1, 1):
        raise DataError(
            f"{path}: expected a column label and the pixels of an image, got 2 columns; if the "
            "table names pictures, sort them into class folders"
        )
    if image_shape is None:
        raise DataError(f"{path}: expected {_expected(size)}, got {_got(len(row), size)}")
    has_header = LABEL in names or is_header(names[1:])
    if LABEL not in names:
        first = f"which is called {names[0]!r}" if has_header else "and there is no header"
        print(as_line(f"{path}: the labels are in the first column, {first}"))
    return CsvTable(
        path,
        has_header=has_header,
        columns=len(row),
        label_column=names.index(LABEL) if LABEL in names else 0,
        image_shape=image_shape,
    )


def _image_shape(pixels: int, size: tuple[int, int] | None) -> tuple[int, int] | None:
    """Return the shape of an image of so many pixels, None if there is no such image."""
    side = math.isqrt(max(pixels, 0))
    if size is not None and math.prod(size) == pixels:
        return size
    return (side, side) if side and side * side == pixels else None


def _expected(size: tuple[int, int] | None) -> str:
    images = "of a square image" if size is None else f"of an image of {format_shape(size)}"
    advice = "; set preprocess.size to [rows, columns] for other images" if size is None else ""
    return f"a column label and the pixels {images}{advice}"


def _got(columns: int, size: tuple[int, int] | None) -> str:
    if not columns:
        return "an empty file"
    if columns == 1:
        return "one column; are there commas between the cells?"
    if _image_shape(columns, size):
        return (
            f"{columns} columns, the pixels without a label; train with a file that has labels, "
            "and classify this one with nncore predict"
        )
    # adopt takes many columns of small integers for pixels, unless --target names one.
    return (
        f"{columns} columns; for columns of anything else set fetch.dataset to table, or give "
        "adopt --target"
    )
