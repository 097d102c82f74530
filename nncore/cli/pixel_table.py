"""Text files of images, such as the test.csv of Kaggle's digits: a row of pixels each."""

import math
from pathlib import Path
from typing import Final

import numpy as np

from nncore.arrays import Bytes
from nncore.config.pictures import ImageShape
from nncore.data.delimited import read_cells
from nncore.data.pixel_rows import is_header, parse_pixels, strip
from nncore.errors import ImageError, format_shape

SUFFIX: Final = ".csv"
# A column of this name does not count: tables to train with have it.
_LABEL: Final = "label"


def read_pixel_table(path: Path, shape: ImageShape) -> Bytes:
    """Return the images in a table, (n, *shape) uint8.

    Each row has the pixels of an image, row by row, as integers from 0 to 255. A header is
    optional; a column with the heading label is left out. Memory holds one line of the file at a
    time, and one byte for each pixel.

    Parameters
    ----------
    shape : rows and columns of the model's images

    Raises
    ------
    ImageError
        The model takes colour images, or the columns are not the pixels of one of its images.
    DataError
        The file is no table, or a cell is no pixel.
    OSError
        The file can't be opened.
    """
    if len(shape) == 3:
        raise ImageError(
            f"{path}: expected pictures or an .npy file, as the model takes colour images, "
            "got a table, which has grey ones"
        )
    rows = read_cells(path)
    line, row = next(rows, (0, []))
    names = [strip(cell).casefold() for cell in row]
    label = names.index(_LABEL) if _LABEL in names else None
    has_header = label is not None or is_header(names)
    columns, pixels = len(row), math.prod(shape)
    if columns - (label is not None) != pixels:
        raise ImageError(f"{path}: {_fault(shape, columns, label)}")
    content = bytearray() if has_header else bytearray(parse_pixels(path, line, row))
    for line, row in rows:
        if len(row) != columns:
            raise ImageError(
                f"{path}: expected {columns} columns as in the first row, got {len(row)} in line "
                f"{line}"
            )
        if label is not None:
            del row[label]
        content += parse_pixels(path, line, row)
    return np.frombuffer(content, np.uint8).reshape(-1, *shape)


def _fault(shape: ImageShape, columns: int, label: int | None) -> str:
    """Return the fault of the number of columns."""
    pixels = math.prod(shape)
    expected = f"expected {pixels} columns, the pixels of an image of {format_shape(shape)}"
    if not columns:
        return f"{expected}, got an empty file"
    if label is not None:
        return f"{expected}, got {columns - 1} beside the column label"
    if columns == 1:
        return f"{expected}, got one; are there commas between the cells?"
    if columns == pixels + 1:
        return f"{expected}, got {columns}; if one has labels, call it label in a header"
    return f"{expected}, got {columns}; remove columns that hold no pixels"
