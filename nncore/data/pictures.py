"""Decoding of pictures to images of one size and colour, in integers, the same everywhere.

A picture is turned upright (EXIF), composited on white, reduced to 8 bits, converted to grey or RGB
and stretched. Pillow does each step in integers: grey is (19595 red + 38470 green + 7471 blue +
2^15) / 2^16, the weights of ITU-R BT.601; the weights of a resampling have 22 bits.
"""

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from PIL import Image, ImageOps, UnidentifiedImageError
from PIL.PngImagePlugin import PngImageFile

from nncore.arrays import Bytes
from nncore.config.pictures import Colour
from nncore.errors import ImageError, as_line, format_shape
from nncore.files import open_file

FORMATS = ("PNG", "JPEG", "BMP", "WEBP", "TIFF", "GIF")
SUFFIXES = (".png", ".jpg", ".jpeg", ".bmp", ".webp", ".tif", ".tiff", ".gif")
# While Pillow composites a picture, it needs up to 12 bytes for each pixel: 400 MiB. A digit's
# luminance is an array of floats, with which `nncore predict` needs 1.3 GiB.
MAX_PICTURE_PIXELS = 1 << 25
# Rows that are composited at once.
_ROWS_PER_BAND = 64
# With antialiasing, as torchvision and Keras resize. Its weights are sums and quotients without a
# jump, so that a compiler that fuses two roundings changes no weight of 22 bits. Lanczos calls the
# C library's sine, and the box filter has jumps.
RESAMPLING = Image.Resampling.BILINEAR
# The step from one level to the next of a grey PNG of 2 or 4 bits, by Pillow's name of its mode.
_LEVELS = {"L;2": 85, "L;4": 17}
_COLOUR_MODES = {"grey": "L", "rgb": "RGB"}
_ORIENTATION_TAG = 0x0112
# EXIF orientations that exchange rows and columns.
_TRANSPOSED = {5, 6, 7, 8}


def read_picture(path: Path, size: tuple[int, int] | None, colour: Colour) -> Bytes:
    """Return the first picture in a file as an image.

    Parameters
    ----------
    size : rows and columns to stretch it to; None for its own
    colour : grey or rgb

    Returns
    -------
    (rows, columns) or (rows, columns, 3) uint8

    Raises
    ------
    ImageError
        The file holds no whole picture, one of too many pixels, one of 32 bits a channel, or one
        of 16 with a transparent colour; the message does not name the file.
    OSError
        The file can't be opened.
    """
    with open_picture(path) as opened:
        # In place: a turned copy would need as much memory again.
        ImageOps.exif_transpose(opened, in_place=True)
        return _to_array(_flatten(opened), size, colour)


def picture_size(path: Path) -> tuple[int, int]:
    """Return the rows and columns of a picture; only its header is read.

    A PNG may have its orientation after its pixels; this orientation is not read.

    Raises
    ------
    ImageError, OSError
        As `read_picture`, as far as the header shows it.
    """
    with open_picture(path) as opened:
        columns, rows = opened.size
        # Pillow turns a TIFF itself. For a PNG without EXIF before its pixels, getexif would decode
        # them.
        if opened.format == "TIFF" or (opened.format == "PNG" and "exif" not in opened.info):
            return rows, columns
        is_turned = opened.getexif().get(_ORIENTATION_TAG) in _TRANSPOSED
        return (columns, rows) if is_turned else (rows, columns)


def convert_image(image: Bytes, size: tuple[int, int], colour: Colour) -> Bytes:
    """Return an image, (rows, columns) or (rows, columns, 3) uint8, in a size and a colour."""
    return _to_array(Image.fromarray(image), size, colour)


@contextmanager
def open_picture(path: Path) -> Iterator[Image.Image]:
    """Open a picture; an error of the block about its content becomes an `ImageError`."""
    with open_file(path) as file, warnings.catch_warnings():
        # Pillow's warnings, for instance of damaged EXIF, don't matter for a file that it can read.
        warnings.simplefilter("ignore")
        try:
            with Image.open(file, formats=FORMATS) as opened:
                _check_pixels(*opened.size)
                _correct_transparency(opened)
                yield opened
        except ImageError:
            raise
        except Image.DecompressionBombError:
            raise ImageError(f"expected at most {MAX_PICTURE_PIXELS:,} pixels, got more") from None
        except UnidentifiedImageError:
            got = "another format" if path.stat().st_size else "an empty file"
            raise ImageError(f"expected a picture ({', '.join(FORMATS)}), got {got}") from None
        except Exception as error:  # noqa: BLE001  decoders raise errors of every type for damaged files
            fault = as_line(str(error)) or type(error).__name__
            raise ImageError(f"expected a whole picture, got: {fault}") from None


def _check_pixels(columns: int, rows: int) -> None:
    if columns * rows > MAX_PICTURE_PIXELS:
        got = format_shape((rows, columns))
        raise ImageError(f"expected at most {MAX_PICTURE_PIXELS:,} pixels, got {got}")


def _correct_transparency(picture: Image.Image) -> None:
    """Make Pillow compare the transparent colour of a PNG, its chunk tRNS, with its pixels.

    Pillow scales pixels to 8 bits, but not this colour (PNG specification, section 11.3.2.1).
    """
    transparent = picture.info.get("transparency")
    if transparent is None or not isinstance(picture, PngImageFile) or not picture.tile:
        return
    raw_mode = str(picture.tile[0].args)
    if raw_mode == "RGB;16B":
        # Pillow keeps only the high bytes of pixels, which don't tell which ones are transparent.
        raise ImageError(
            "expected 8 bits a channel beside a transparent colour, got 16; save the picture with "
            "an alpha channel"
        )
    if raw_mode in _LEVELS:
        level = _LEVELS[raw_mode]
        # Only the bits of a pixel count.
        picture.info["transparency"] = transparent % (255 // level + 1) * level


def _flatten(picture: Image.Image) -> Image.Image:
    """Return a picture of 8 bits a channel without transparency: composited on white.

    A picture of the mode RGBA is changed in place.
    """
    if picture.mode.startswith("I;16"):
        values = np.asarray(picture)
        # The high byte, as Pillow does for a colour picture of 16 bits.
        grey = (values >> 8).astype(np.uint8)
        # A PNG may call one value transparent.
        if (transparent := picture.info.get("transparency")) is not None:
            grey[values == transparent] = 255
        return Image.fromarray(grey)
    if picture.mode in {"I", "F"}:
        raise ImageError(f"expected 8 or 16 bits a channel, got 32 (mode {picture.mode})")
    if not picture.has_transparency_data:
        return picture
    rgba = picture if picture.mode == "RGBA" else picture.convert("RGBA")
    # In bands: a white picture and a result of full size would need twice the memory again.
    for top in range(0, rgba.height, _ROWS_PER_BAND):
        band = rgba.crop((0, top, rgba.width, min(top + _ROWS_PER_BAND, rgba.height)))
        white = Image.new("RGBA", band.size, "white")
        rgba.paste(Image.alpha_composite(white, band), (0, top))
    return rgba


def _to_array(picture: Image.Image, size: tuple[int, int] | None, colour: Colour) -> Bytes:
    mode = _COLOUR_MODES[colour]
    # A palette must not be resampled, nor dithered.
    converted = picture if picture.mode in {mode, "RGB", "RGBA"} else picture.convert("RGB")
    # To the same mode, Pillow would copy the picture.
    converted = converted if converted.mode == mode else converted.convert(mode)
    if size is not None and converted.size != size[::-1]:
        converted = converted.resize(size[::-1], RESAMPLING)
    return np.asarray(converted)
