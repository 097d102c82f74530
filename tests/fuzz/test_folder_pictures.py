"""A picture in a folder, damaged anywhere: an image of bytes, or a refusal in a line."""

import io
import struct
import zlib

import numpy as np
import pytest
from fuzzing import EXAMPLES, counted, edited, edits, variants
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from nncore.data.pictures import FORMATS, picture_size, read_picture
from nncore.errors import ImageError
from tools.modes import TURNED

COLOURS = np.random.default_rng(0).integers(0, 256, (9, 7, 3), np.uint8)


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


# Bits and colour types of PNG, with the channels of a pixel.
HEADERS = [
    *((bits, 0, 1) for bits in (1, 2, 4, 8, 16)),
    *((bits, kind, channels) for kind, channels in ((2, 3), (4, 2), (6, 4)) for bits in (8, 16)),
    *((bits, 3, 1) for bits in (1, 2, 4, 8)),
]
# What other chunks say of a picture, each before its pixels.
CHUNKS = {
    b"PLTE": bytes(range(48)),
    b"tRNS": b"\0\1\0\2\0\3",
    b"eXIf": TURNED[6:],
    b"gAMA": struct.pack(">I", 45455),
    b"acTL": struct.pack(">II", 1, 0),
}
PIXELS = np.random.default_rng(1).integers(0, 256, 1000, np.uint8).tobytes()


def png(header, names, changes):
    """Return a PNG of 9 x 7 pixels, with edits in what its chunks hold; the checksums are right."""
    bits, kind, channels = header
    width = -(-7 * bits * channels // 8)
    rows = b"".join(b"\0" + PIXELS[row * width : (row + 1) * width] for row in range(9))
    chunks = [
        (b"IHDR", struct.pack(">IIBBBBB", 7, 9, bits, kind, 0, 0, 0)),
        *((name, CHUNKS[name]) for name in names),
        (b"IDAT", rows),
        (b"IEND", b""),
    ]
    for action, where, what in changes:
        place = where % len(chunks)
        name, content = chunks[place]
        chunks[place] = name, edited(content, [(action, where // len(chunks), what)])
    content = b"\x89PNG\r\n\x1a\n"
    for name, data in chunks:
        body = name + (zlib.compress(data, 1) if name == b"IDAT" else data)
        content += struct.pack(">I", len(body) - 4) + body + struct.pack(">I", zlib.crc32(body))
    return content


def test_a_png_of_right_checksums_becomes_one_image_or_is_refused(tmp_path):
    path = tmp_path / "picture"

    @EXAMPLES
    @given(
        header=st.sampled_from(HEADERS),
        names=st.lists(st.sampled_from(sorted(CHUNKS)), max_size=3, unique=True),
        drawn=edits,
    )
    def holds(header, names, drawn):
        for changes in variants(drawn):
            path.write_bytes(png(header, names, changes))
            try:
                rows, columns = picture_size(path)
                grey, colours = (read_picture(path, None, kind) for kind in ("grey", "rgb"))
            except ImageError as error:
                refusals.add(str(error))
                answers["refused"] += 1
            else:
                assert {grey.dtype, colours.dtype} == {np.dtype(np.uint8)}
                assert colours.shape == (*grey.shape, 3)
                # An orientation after the pixels is not read by `picture_size`.
                assert sorted(grey.shape) == sorted((rows, columns))
                answers["accepted"] += 1

    refusals = set()
    with counted("picture of a folder, PNG, content") as answers:
        for header in HEADERS:
            path.write_bytes(png(header, [b"PLTE"] if header[1] == 3 else [], []))
            assert read_picture(path, None, "grey").shape == (9, 7)
        holds()
    assert all(refusal.isprintable() for refusal in refusals)
