"""The committed pictures are of every mode, and become images of bytes."""

import numpy as np
import pytest
from PIL import Image

from nncore.data.pictures import read_picture
from stages.shared.fingerprint import ROOT
from tools.modes import COLUMNS, ROWS, scene, write

FOLDER = ROOT / "data/modes"
FILES = sorted(path.relative_to(FOLDER).as_posix() for path in FOLDER.rglob("*.*"))


def test_they_are_those_that_the_program_writes(tmp_path):
    """Not their bytes, which depend on the releases of zlib and of the encoders."""
    write(tmp_path)
    assert sorted(path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*.*")) == FILES
    for name in (name for name in FILES if name.startswith("lossless/")):
        with Image.open(FOLDER / name) as committed, Image.open(tmp_path / name) as drawn:
            assert committed.mode == drawn.mode
            np.testing.assert_array_equal(np.asarray(committed), np.asarray(drawn))


def test_they_are_of_every_mode():
    modes = set()
    for name in FILES:
        with Image.open(FOLDER / name) as picture:
            modes.add((picture.format, picture.mode))
    png = {("PNG", mode) for mode in ("1", "I;16", "L", "LA", "P", "RGB", "RGBA")}
    assert modes == png | {("JPEG", mode) for mode in ("CMYK", "L", "RGB")} | {("WEBP", "RGB")}


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize("colour", ["grey", "rgb"])
def test_each_becomes_an_image(name, colour):
    shape = (COLUMNS, ROWS) if name == "lossy/turned.jpg" else (ROWS, COLUMNS)
    image = read_picture(FOLDER / name, None, colour)
    assert image.shape[:2] == shape
    assert len(np.unique(image)) > 2 or name == "lossless/grey-1.png"


def test_of_16_bits_the_high_byte_counts():
    image = read_picture(FOLDER / "lossless/rgb-16.png", None, "rgb")
    np.testing.assert_array_equal(image, scene(3, 1 << 16) >> 8)
