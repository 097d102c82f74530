"""The pictures that `predict` classifies: listed, decoded, and converted to images of the model."""

from pathlib import Path
from typing import Literal

import numpy as np
from PIL import ImageOps

from nncore.arrays import Bytes, Floats
from nncore.cli.digits import normalize_digit, to_uint8
from nncore.config.pictures import ImageShape
from nncore.data.listing import list_files
from nncore.data.pictures import SUFFIXES, open_picture, read_picture
from nncore.errors import as_line

# Preparation of a picture: its digit is normalized as MNIST's, it is stretched to the size of the
# model's images, or it is not changed.
Fit = Literal["digit", "resize", "none"]


def list_pictures(folder: Path) -> tuple[list[Path], str]:
    """Return the pictures below a folder, in order, and a line about the files that are left out.

    No file is opened: pictures are recognised by their suffixes. The order is that of
    `nncore.data.listing.list_files`. The line is empty if no file is left out.
    """
    left_out: list[str] = []
    files, _ = list_files(
        folder, SUFFIXES, lambda path, reason: left_out.append(f"{path} ({reason})")
    )
    line = ""
    if left_out:
        what = "1 file is" if len(left_out) == 1 else f"{len(left_out):,} files are"
        line = as_line(f"{folder}: {what} left out, for instance {min(left_out)}")
    return [folder / path for path in files], line


def prepare_picture(file: Path, shape: ImageShape, fit: Fit) -> Bytes:
    """Return a picture as one image, (rows, columns) or (rows, columns, 3) uint8.

    Parameters
    ----------
    shape : rows and columns of the model's images, and 3 if they are in colour
    fit : preparation of the picture; with "none" the image has its size

    Raises
    ------
    NncoreError
        The picture is damaged, too large, or not of a format in `nncore.data.pictures.FORMATS`;
        for a digit, also where it shows nothing. The message does not name the file.
    OSError
        The file can't be opened.
    """
    rows, columns, *channels = shape
    if fit == "digit":
        return to_uint8(normalize_digit(_read_luminance(file), (rows, columns)))
    size = (rows, columns) if fit == "resize" else None
    return read_picture(file, size, "rgb" if channels else "grey")


def _read_luminance(file: Path) -> Floats:
    """Return a picture's luminance, (rows, columns) in [0, 1]."""
    with open_picture(file) as picture:
        # Cameras store their orientation as metadata and don't rotate the picture.
        upright = ImageOps.exif_transpose(picture)
        if upright.mode.startswith("I"):
            values = np.asarray(upright)
            grey, transparent = values.astype(np.float64) / 65535, upright.info.get("transparency")
            if transparent is None:
                return grey
            on_black, on_white = (
                np.where(values == transparent, base, grey) for base in (0.0, 1.0)
            )
            # As `luminance` does with pixels of 8 bits.
            return on_black if np.ptp(on_black) > np.ptp(on_white) else on_white
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
    total, alpha = np.zeros(rgba.shape[:2], np.int32), rgba[..., 3]
    for channel, weight in enumerate((299, 587, 114)):
        total += np.multiply(rgba[..., channel], weight, dtype=np.int32)
    if alpha.min() == 255:
        return total / 255_000
    on_black = total * alpha
    on_white = on_black + 255_000 * (255 - alpha.astype(np.int32))
    best = on_black if np.ptp(on_black) > np.ptp(on_white) else on_white
    return best / (255_000 * 255)
