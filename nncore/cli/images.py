"""The files of images that `predict` classifies: pictures, and sets of images."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from nncore.arrays import Bytes
from nncore.cli.npy_file import NPY_MAGIC, read_array
from nncore.cli.pixel_table import SUFFIX, read_pixel_table
from nncore.config.pictures import ImageShape
from nncore.data.idx import GZIP_MAGIC, read_images
from nncore.errors import ImageError, NncoreError, advise_install, format_shape
from nncore.files import open_file

if TYPE_CHECKING:
    from nncore.cli.pictures import Fit

_IDX_MAGIC = b"\0\0"


def find_image_files(path: Path) -> tuple[list[Path], str]:
    """Return the files that a path stands for, and a line about the files that are left out.

    A folder stands for the pictures in it, as `nncore.cli.pictures.list_pictures` finds them; a
    file, and a folder without pictures, for itself.
    """
    if not path.is_dir():
        return [path], ""
    with _needs_pillow(path):
        from nncore.cli.pictures import list_pictures  # noqa: PLC0415
    files, line = list_pictures(path)
    return files or [path], line


def read_image_file(file: Path, shape: ImageShape, *, fit: "Fit") -> tuple[Bytes, bool]:
    """Return the images in a file, (n, *shape) uint8, and whether it is a set of images.

    Parameters
    ----------
    shape : rows and columns of the model's images, and 3 if they are in colour; a picture is
        converted to grey or RGB
    fit : preparation of a picture of another size; the images of a set never change

    Raises
    ------
    NncoreError
        The file is damaged, has another format, or holds images of another size.
    OSError
        The file can't be opened.
    """
    if file.is_dir():
        raise ImageError(f"{file}: expected pictures in this folder, got none")
    with open_file(file) as stream:
        start = stream.read(len(NPY_MAGIC))
    # The first bytes determine the format, not the name; only text has no such bytes.
    is_set = start.startswith((NPY_MAGIC, _IDX_MAGIC, GZIP_MAGIC))
    if not is_set and file.suffix.lower() == SUFFIX:
        return read_pixel_table(file, shape), True
    images = _read_set(file, start) if is_set else _read_picture(file, shape, fit)[np.newaxis]
    if images.shape[1:] != shape:
        expected, got = map(format_shape, (shape, images.shape[1:]))
        raise ImageError(f"{file}: expected {expected} pixels, got {got}")
    return images, is_set


def _read_set(file: Path, start: bytes) -> Bytes:
    """Return the images of a set, (n, rows, columns) or (n, rows, columns, 3)."""
    if start != NPY_MAGIC:
        return read_images(file)
    images = read_array(file)
    if images.ndim in {3, 4} and not len(images):
        raise ImageError(f"{file}: expected at least one image, got none")
    if images.dtype != np.uint8 or images.ndim not in {3, 4}:
        expected = "(images, rows, columns) or (images, rows, columns, 3) uint8"
        raise ImageError(f"{file}: expected {expected}, got {images.shape} {images.dtype}")
    return np.asarray(images)


def _read_picture(file: Path, shape: ImageShape, fit: "Fit") -> Bytes:
    """Return a picture as one image, (rows, columns) or (rows, columns, 3)."""
    with _needs_pillow(file):
        from nncore.cli.pictures import prepare_picture  # noqa: PLC0415
    try:
        return prepare_picture(file, shape, fit)
    except NncoreError as error:
        raise ImageError(f"{file}: {error}") from None


@contextmanager
def _needs_pillow(path: Path) -> Iterator[None]:
    """Import in this context what needs Pillow, which is optional."""
    try:
        yield
    except ModuleNotFoundError as missing:
        raise ImageError(f"{path}: {advise_install(missing, 'pillow')}") from None
