"""The files that `predict` classifies: pictures, and sets of images."""

import warnings
from pathlib import Path

import numpy as np
from PIL import Image, ImageOps, UnidentifiedImageError

from nncore.arrays import Bytes, Floats
from nncore.cli.digits import normalize_digit, to_uint8
from nncore.cli.output import format_error
from nncore.cli.samples import NPY_MAGIC, read_array
from nncore.data.idx import read_images
from nncore.errors import ImageError, NncoreError, format_shape
from nncore.files import open_file

FORMATS = ("PNG", "JPEG", "BMP")
# 33 megapixels need 1.3 GiB of memory.
MAX_PICTURE_PIXELS = 2**25
_IDX_MAGIC, _GZIP_MAGIC = b"\0\0", b"\x1f\x8b"


def read_image_file(file: Path, shape: tuple[int, int], *, is_digit: bool) -> tuple[Bytes, bool]:
    """Return the images in a file, (n, rows, columns) uint8, and whether it is a set of images.

    Parameters
    ----------
    shape : rows and columns of the model's images
    is_digit : whether a picture holds a digit, to be normalized as MNIST's; else it is an image of
        the model already

    Raises
    ------
    NncoreError
        The file is damaged, has another format, or holds images of another size.
    OSError
        The file can't be opened.
    """
    with open_file(file) as stream:
        start = stream.read(len(NPY_MAGIC))
    # The first bytes decide on the format, not the name.
    is_set = start.startswith((NPY_MAGIC, _IDX_MAGIC, _GZIP_MAGIC))
    images = _read_set(file, start) if is_set else _read_picture(file, shape, is_digit=is_digit)
    if images.shape[1:] != shape:
        expected, got = map(format_shape, (shape, images.shape[1:]))
        raise ImageError(f"{file}: expected {expected} pixels, got {got}")
    return images, is_set


def _read_set(file: Path, start: bytes) -> Bytes:
    """Return the images of a set, (n, rows, columns)."""
    if start != NPY_MAGIC:
        return read_images(file)
    images = read_array(file)
    if images.ndim == 3 and not len(images):
        raise ImageError(f"{file}: expected at least one image, got none")
    if images.dtype != np.uint8 or images.ndim != 3:
        got = f"{images.shape} {images.dtype}"
        raise ImageError(f"{file}: expected (images, rows, columns) uint8, got {got}")
    return np.asarray(images)


def _read_picture(file: Path, shape: tuple[int, int], *, is_digit: bool) -> Bytes:
    """Return the picture in `file` as one image, (1, rows, columns)."""
    try:
        with warnings.catch_warnings(), Image.open(file, formats=FORMATS) as opened:
            # Pillow's warnings don't matter for a file that it can read.
            warnings.simplefilter("ignore")
            picture = _read_luminance(opened)
        image = normalize_digit(picture, shape) if is_digit else picture
    except NncoreError as error:
        raise ImageError(f"{file}: {error}") from None
    except Image.DecompressionBombError:
        expected = f"expected at most {MAX_PICTURE_PIXELS:,} pixels"
        raise ImageError(f"{file}: {expected}, got more") from None
    except Exception as error:  # noqa: BLE001  decoders raise errors of every type for damaged files
        if isinstance(error, UnidentifiedImageError):
            got = "another format" if file.stat().st_size else "an empty file"
            formats = "a picture (PNG, JPEG, BMP) or a set of images (IDX, .npy)"
            raise ImageError(f"{file}: expected {formats}, got {got}") from None
        expected = "expected a whole PNG, JPEG or BMP picture"
        raise ImageError(f"{file}: {expected}, got: {format_error(error)}") from None
    return to_uint8(image)[np.newaxis]


def _read_luminance(picture: Image.Image) -> Floats:
    """Return a picture's luminance, (rows, columns) in [0, 1]."""
    if picture.width * picture.height > MAX_PICTURE_PIXELS:
        size = format_shape(picture.size)
        raise ImageError(f"expected at most {MAX_PICTURE_PIXELS:,} pixels, got {size}")
    # Cameras store their orientation as metadata and don't rotate the picture.
    upright = ImageOps.exif_transpose(picture)
    if upright.mode.startswith("I"):
        return np.asarray(upright).astype(np.float64) / 65535
    return luminance(np.asarray(upright.convert("RGBA")))


def luminance(rgba: Bytes) -> Floats:
    """Return the luminance of a picture, 0 for black to 1 for white.

    (299 red + 587 green + 114 blue) / 1000: ITU-R BT.601, section 2.5.1. A transparent picture is
    composited on black if this gives more contrast between the lightest and the darkest pixel than
    white, else on white.

    Parameters
    ----------
    rgba : (rows, columns, 4) uint8

    Returns
    -------
    (rows, columns) float64
    """
    # Integers and one division, so that a grey value v becomes exactly v / 255.
    luminance, alpha = np.zeros(rgba.shape[:2], np.int32), rgba[..., 3]
    for channel, weight in enumerate((299, 587, 114)):
        luminance += np.multiply(rgba[..., channel], weight, dtype=np.int32)
    if alpha.min() == 255:
        return luminance / 255_000
    on_black = luminance * alpha
    on_white = on_black + 255_000 * (255 - alpha.astype(np.int32))
    best = on_black if np.ptp(on_black) > np.ptp(on_white) else on_white
    return best / (255_000 * 255)
