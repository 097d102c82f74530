"""The committed pictures of shapes are those that the program draws."""

import numpy as np
import pytest
from PIL import Image

from stages.shared.fingerprint import ROOT
from tools.shapes import CLASS_NAMES, draw_all, write

FOLDER = ROOT / "data/shapes"
DRAWN = draw_all()


def pixels(path):
    with Image.open(path) as picture:
        return np.asarray(picture)


def test_there_are_sixty_colour_pictures_of_each_shape_and_nothing_else():
    files = {path.relative_to(FOLDER).as_posix() for path in FOLDER.rglob("*") if path.is_file()}
    assert files == set(DRAWN)
    assert {name: sum(file.startswith(name) for file in files) for name in CLASS_NAMES} == {
        "circle": 60,
        "square": 60,
        "triangle": 60,
    }


def test_their_pixels_are_those_that_are_drawn():
    """Not their bytes, which depend on the release of zlib."""
    for path, picture in DRAWN.items():
        np.testing.assert_array_equal(pixels(FOLDER / path), picture)


def test_all_pictures_differ():
    assert len({picture.tobytes() for picture in DRAWN.values()}) == 180


def test_they_take_little_space():
    assert sum(path.stat().st_size for path in FOLDER.rglob("*.png")) < 300_000


@pytest.mark.parametrize("name", CLASS_NAMES)
def test_a_picture_is_written_without_loss(tmp_path, name):
    write(tmp_path)
    np.testing.assert_array_equal(pixels(tmp_path / name / "01.png"), DRAWN[f"{name}/01.png"])
