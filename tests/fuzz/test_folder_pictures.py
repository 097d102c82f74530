"""A picture in a folder, damaged anywhere: an image of bytes, or a refusal in a line."""

import io

import numpy as np
import pytest
from fuzzing import EXAMPLES, counted, edited, edits, variants
from hypothesis import given
from PIL import Image

from nncore.data.pictures import FORMATS, picture_size, read_picture
from nncore.errors import ImageError

COLOURS = np.random.default_rng(0).integers(0, 256, (9, 7, 3), np.uint8)
# The orientation of a camera that was held upright.
TURNED = b"Exif\0\0MM\0*\0\0\0\x08\0\1\1\x12\0\3\0\0\0\1\0\6\0\0"


def saved(name):
    stream = io.BytesIO()
    options = {} if name in {"GIF", "BMP"} else {"exif": TURNED}
    if name == "TIFF":
        options = {"compression": "tiff_lzw"}
    Image.fromarray(COLOURS).save(stream, name, **options)
    return stream.getvalue()


@pytest.mark.parametrize("name", FORMATS)
def test_a_picture_becomes_one_image_or_is_refused(tmp_path, name):
    content, path = saved(name), tmp_path / "picture"

    @EXAMPLES
    @given(drawn=edits)
    def holds(drawn):
        for changes in variants(drawn):
            path.write_bytes(edited(content, changes))
            try:
                rows, columns = picture_size(path)
                image = read_picture(path, None, "rgb")
            except ImageError as error:
                refusals.add(str(error))
                answers["refused"] += 1
            else:
                assert min(rows, columns) >= 1
                assert (image.dtype, image.ndim, image.shape[2]) == (np.uint8, 3, 3)
                answers["accepted"] += 1

    refusals = set()
    with counted(f"picture of a folder, {name}") as answers:
        holds()
    assert all(refusal.isprintable() for refusal in refusals)
