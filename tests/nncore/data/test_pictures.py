"""Pictures of every mode become images of bytes; damaged and hostile ones are refused in a line."""

import os
import struct
import subprocess
import sys
import zlib
from fractions import Fraction

import numpy as np
import pytest
from PIL import Image, ImageFile

from nncore.data.pictures import (
    MAX_PICTURE_PIXELS,
    SUFFIXES,
    convert_image,
    picture_size,
    read_picture,
)
from nncore.errors import ImageError
from stages.shared.fingerprint import ROOT

RNG = np.random.default_rng(0)
COLOURS = RNG.integers(0, 256, (5, 4, 3), np.uint8)
GREYS = RNG.integers(0, 256, (5, 4), np.uint8)
ALPHA = RNG.integers(0, 256, (5, 4), np.uint8)


def luminance(rgb):
    """Return ITU-R BT.601's luminance, rounded from exact fractions."""
    weights = (Fraction(299, 1000), Fraction(587, 1000), Fraction(114, 1000))
    exact = [
        sum(w * int(v) for w, v in zip(weights, pixel, strict=True)) for pixel in rgb.reshape(-1, 3)
    ]
    return np.array(list(map(float, exact))).reshape(rgb.shape[:-1])


@pytest.fixture
def saved(tmp_path):
    """Return a function that saves a picture and returns its path."""

    def save(picture, name="picture.png", **options):
        picture = picture if isinstance(picture, Image.Image) else Image.fromarray(picture)
        picture.save(tmp_path / name, **options)
        return tmp_path / name

    return save


@pytest.mark.parametrize("suffix", [s for s in SUFFIXES if s not in {".jpg", ".jpeg", ".gif"}])
def test_every_format_without_loss_gives_the_pixels(saved, suffix):
    options = {"lossless": True} if suffix == ".webp" else {}
    path = saved(COLOURS, f"picture{suffix}", **options)
    np.testing.assert_array_equal(read_picture(path, None, "rgb"), COLOURS)
    assert picture_size(path) == (5, 4)


def test_a_gif_gives_its_first_picture(saved):
    frames = [Image.fromarray(np.full((5, 4), value, np.uint8)) for value in (7, 99)]
    path = saved(frames[0], "picture.gif", save_all=True, append_images=frames[1:])
    np.testing.assert_array_equal(read_picture(path, None, "grey"), np.full((5, 4), 7))


def test_a_jpeg_is_near_its_original(saved):
    smooth = np.add.outer(np.arange(16) * 8, np.arange(16) * 4).astype(np.uint8)
    image = read_picture(saved(smooth, "picture.jpg", quality=100), None, "grey")
    np.testing.assert_allclose(image.astype(int), smooth, atol=3)


def test_grey_is_the_luminance_of_the_colours(saved):
    image = read_picture(saved(COLOURS), None, "grey")
    assert np.abs(image - luminance(COLOURS)).max() <= 0.51


def test_grey_stays_as_it_is_and_rgb_repeats_it(saved):
    path = saved(GREYS)
    np.testing.assert_array_equal(read_picture(path, None, "grey"), GREYS)
    np.testing.assert_array_equal(read_picture(path, None, "rgb"), np.stack([GREYS] * 3, -1))


@pytest.mark.parametrize("channels", [1, 3])
def test_transparency_shows_white(saved, channels):
    opaque = COLOURS if channels == 3 else np.stack([GREYS] * 3, -1)
    stored = np.dstack([COLOURS if channels == 3 else GREYS, ALPHA])
    image = read_picture(saved(stored), None, "rgb")
    alpha = ALPHA[..., np.newaxis].astype(int)
    expected = (opaque * alpha + 255 * (255 - alpha)) / 255
    assert np.abs(image - expected).max() <= 1


def test_a_palette_gives_its_colours_and_its_transparent_colour_is_white(saved):
    picture = Image.fromarray(np.array([[0, 1], [2, 1]], np.uint8), "P")
    picture.putpalette([10, 20, 30, 40, 50, 60, 70, 80, 90])
    expected = [[[10, 20, 30], [40, 50, 60]], [[70, 80, 90], [40, 50, 60]]]
    np.testing.assert_array_equal(read_picture(saved(picture), None, "rgb"), expected)
    expected[1][0] = [255, 255, 255]
    path = saved(picture, transparency=2)
    np.testing.assert_array_equal(read_picture(path, None, "rgb"), expected)


def test_black_and_white_are_0_and_255(saved):
    picture = Image.fromarray(np.array([[0, 255], [255, 0]], np.uint8)).convert("1")
    np.testing.assert_array_equal(read_picture(saved(picture), None, "grey"), [[0, 255], [255, 0]])


def test_cmyk_becomes_rgb(saved):
    picture = Image.new("CMYK", (2, 1), (0, 255, 255, 0))
    image = read_picture(saved(picture, "picture.tif"), None, "rgb")
    np.testing.assert_array_equal(image, [[[255, 0, 0]] * 2])


@pytest.mark.parametrize("suffix", [".png", ".tif"])
def test_of_16_bits_the_high_byte_counts(saved, suffix):
    values = np.array([[0, 255], [256, 65535]], np.uint16)
    image = read_picture(saved(values, f"picture{suffix}"), None, "grey")
    np.testing.assert_array_equal(image, [[0, 0], [1, 255]])


def test_the_transparent_value_of_16_bits_is_white(saved):
    values = np.array([[0x1234, 0x1235], [0x3412, 0]], np.uint16)
    path = saved(values)
    content = path.read_bytes()
    # After the signature of 8 bytes and the header chunk of 25.
    path.write_bytes(content[:33] + chunk(b"tRNS", b"\x12\x34") + content[33:])
    np.testing.assert_array_equal(read_picture(path, None, "grey"), [[255, 0x12], [0x34, 0]])


def grey_png(bits, values, transparent):
    """Return a PNG of one row of grey `values` of so many bits, one of which is transparent."""
    digits = "".join(f"{value:0{bits}b}" for value in values)
    row = int(digits.ljust(-(-len(digits) // 8) * 8, "0"), 2).to_bytes(-(-len(digits) // 8), "big")
    return b"".join(
        (
            b"\x89PNG\r\n\x1a\n",
            chunk(b"IHDR", struct.pack(">IIBBBBB", len(values), 1, bits, 0, 0, 0, 0)),
            chunk(b"tRNS", struct.pack(">H", transparent)),
            chunk(b"IDAT", zlib.compress(b"\0" + row)),
            chunk(b"IEND", b""),
        )
    )


@pytest.mark.parametrize("bits", [1, 2, 4, 8])
@pytest.mark.parametrize("read", ["grey", "rgb"])
def test_the_transparent_value_of_few_bits_is_white_and_no_other(tmp_path, bits, read):
    path, values = tmp_path / "grey.png", list(range(2**bits))
    for transparent in values:
        path.write_bytes(grey_png(bits, values, transparent))
        image = read_picture(path, None, read).reshape(len(values), -1)
        levels = [255 * value // (2**bits - 1) for value in values]
        levels[transparent] = 255
        assert image.min(axis=1).tolist() == image.max(axis=1).tolist() == levels


def test_of_a_transparent_value_the_bits_of_a_pixel_count(tmp_path):
    path = tmp_path / "grey.png"
    path.write_bytes(grey_png(2, [0, 1, 2, 3], 0b101))
    assert read_picture(path, None, "grey").tolist() == [[0, 255, 170, 255]]


def test_a_transparent_colour_of_16_bits_a_channel_is_refused(tmp_path):
    colours = np.array([[0x1234, 0x5678, 0x9ABC], [0x3434, 0x7878, 0xBCBC]], ">u2")
    whole = (
        b"\x89PNG\r\n\x1a\n",
        chunk(b"IHDR", struct.pack(">IIBBBBB", 2, 1, 16, 2, 0, 0, 0)),
        chunk(b"tRNS", colours[0].tobytes()),
        chunk(b"IDAT", zlib.compress(b"\0" + colours.tobytes())),
        chunk(b"IEND", b""),
    )
    path = tmp_path / "colours.png"
    path.write_bytes(b"".join(whole))
    for read in (picture_size, lambda path: read_picture(path, None, "rgb")):
        with pytest.raises(ImageError, match="beside a transparent colour, got 16; save"):
            read(path)
    path.write_bytes(b"".join(part for part in whole if part[4:8] != b"tRNS"))
    expected = [[[0x12, 0x56, 0x9A], [0x34, 0x78, 0xBC]]]
    assert read_picture(path, None, "rgb").tolist() == expected


@pytest.mark.parametrize("dtype", [np.int32, np.float32])
def test_32_bits_a_channel_are_refused(saved, dtype):
    path = saved(np.ones((2, 2), dtype), "picture.tif")
    with pytest.raises(ImageError, match="expected 8 or 16 bits a channel, got 32"):
        read_picture(path, None, "grey")


# By the EXIF standard: where the first row and the first column of the stored picture are.
ORIENTATIONS = {
    1: GREYS,
    2: GREYS[:, ::-1],
    3: GREYS[::-1, ::-1],
    4: GREYS[::-1],
    5: GREYS.T,
    6: np.rot90(GREYS, -1),
    7: np.rot90(GREYS, 2).T,
    8: np.rot90(GREYS, 1),
}


@pytest.mark.parametrize("orientation", ORIENTATIONS)
@pytest.mark.parametrize("suffix", [".png", ".tif", ".webp"])
def test_a_picture_is_turned_as_its_exif_says(saved, orientation, suffix):
    picture = Image.fromarray(GREYS)
    exif = picture.getexif()
    exif[0x0112] = orientation
    options = {"lossless": True} if suffix == ".webp" else {}
    path = saved(picture, f"picture{suffix}", exif=exif, **options)
    image = read_picture(path, None, "grey")
    np.testing.assert_array_equal(image, ORIENTATIONS[orientation])
    assert picture_size(path) == image.shape


@pytest.mark.parametrize("suffix", [".jpg", ".png", ".webp"])
@pytest.mark.parametrize("kept", [18, 26, 32])
def test_a_picture_of_damaged_exif_is_read_without_a_warning(saved, suffix, kept):
    exif = b"Exif\0\0MM\0*\0\0\0\x08\0\1\1\x12\0\3\0\0\0\1\0\6\0\0\0\0\0\0"
    path = saved(COLOURS, f"picture{suffix}", exif=exif[:kept])
    assert read_picture(path, None, "grey").shape == picture_size(path)


def test_a_picture_is_stretched_to_the_size_by_averages(saved):
    image = np.zeros((4, 6), np.uint8)
    image[:, 3:] = 200
    stretched = read_picture(saved(image), (2, 2), "grey")
    # Two columns of three each; the triangle of the filter reaches into the other half.
    assert stretched.shape == (2, 2)
    assert (stretched[:, 0] + stretched[:, 1].astype(int) == 200).all()
    assert (stretched[:, 0] < 60).all()


def test_a_flat_picture_stays_flat_in_every_size(saved):
    path = saved(np.full((7, 5, 3), (1, 128, 255), np.uint8))
    for size in ((3, 2), (20, 33)):
        image = read_picture(path, size, "rgb")
        np.testing.assert_array_equal(image, np.full((*size, 3), (1, 128, 255)))


def test_an_array_is_converted_like_a_picture(saved):
    path = saved(COLOURS)
    for size in ((5, 4), (3, 9)):
        for colour in ("grey", "rgb"):
            expected = read_picture(path, size, colour)
            np.testing.assert_array_equal(convert_image(COLOURS, size, colour), expected)


def chunk(name, content):
    body = name + content
    return struct.pack(">I", len(content)) + body + struct.pack(">I", zlib.crc32(body))


def png(columns, rows, data=b""):
    header = struct.pack(">IIBBBBB", columns, rows, 8, 0, 0, 0, 0)
    content = chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(data)) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + content


@pytest.mark.parametrize("side", [5_793, 50_000])
@pytest.mark.parametrize("read", [picture_size, lambda path: read_picture(path, (8, 8), "grey")])
def test_a_picture_of_too_many_pixels_is_refused_before_it_is_decoded(tmp_path, side, read):
    (tmp_path / "bomb.png").write_bytes(png(side, side, bytes(1000)))
    with pytest.raises(ImageError, match=f"at most {MAX_PICTURE_PIXELS:,} pixels, got"):
        read(tmp_path / "bomb.png")


# A process of its own between this one and the measured one: a child inherits its parent's peak.
BETWEEN = "import subprocess, sys; subprocess.run(sys.argv[1:], check=True)"
# Prints the growth of the memory in bytes while a picture is read.
GROWTH = """
import resource, sys
from pathlib import Path
from nncore.data.pictures import read_picture
unit = 1 if sys.platform == "darwin" else 1024
small, large, colour = sys.argv[1:]
sizes = []
for path in (small, large):
    read_picture(Path(path), (8, 8), colour)
    sizes.append(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit)
print(sizes[1] - sizes[0])
"""


@pytest.mark.skipif(os.name != "posix", reason="reads the memory of a POSIX process")
@pytest.mark.parametrize("colour", ["grey", "rgb"])
@pytest.mark.parametrize("mode", ["RGBA", "LA", "RGB", "P"])
def test_a_pixel_needs_at_most_12_bytes(saved, mode, colour):
    """A turned picture needs no more."""
    paths, exif = [], Image.Exif()
    exif[0x0112] = 6
    for side in (8, 2000):
        picture = Image.new("RGBA", (side, side), (1, 1, 1, 100)).convert(mode)
        paths.append(saved(picture, f"{side}.png", exif=exif))
    measured = [sys.executable, "-c", GROWTH, *map(str, paths), colour]
    command = [sys.executable, "-c", BETWEEN, *measured]
    grown = subprocess.check_output(command, cwd=ROOT)
    assert int(grown) < 12.5 * 2000**2


def test_a_transparent_picture_of_many_rows_is_white_in_all(saved):
    """It is composited in bands."""
    stored = np.zeros((200, 3, 4), np.uint8)
    stored[::2, :, 3] = 255
    image = read_picture(saved(stored), None, "rgb")
    assert (image[::2] == 0).all()
    assert (image[1::2] == 255).all()


@pytest.mark.parametrize("suffix", [".png", ".jpg", ".bmp", ".webp", ".tif"])
def test_a_truncated_picture_is_refused(saved, suffix):
    path = saved(RNG.integers(0, 256, (40, 40), np.uint8), f"picture{suffix}")
    path.write_bytes(path.read_bytes()[:-200])
    with pytest.raises(ImageError, match=r"^expected a "):
        read_picture(path, None, "grey")


@pytest.mark.parametrize(
    ("content", "got"),
    [(b"", "an empty file"), (b"#!/bin/sh\n", "another format"), (b"%!PS-Adobe", "another format")],
    ids=["empty", "script", "postscript"],
)
@pytest.mark.parametrize("read", [picture_size, lambda path: read_picture(path, None, "grey")])
def test_what_is_no_picture_is_refused(tmp_path, content, got, read):
    (tmp_path / "picture.png").write_bytes(content)
    with pytest.raises(ImageError, match=rf"expected a picture \(PNG, .*\), got {got}$"):
        read(tmp_path / "picture.png")


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes with names here")
def test_a_pipe_is_refused_and_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / "picture.png")
    with pytest.raises(OSError, match="a device or a pipe"):
        picture_size(tmp_path / "picture.png")


def test_pillow_still_refuses_truncated_files():
    """Another library in the process could have allowed them."""
    assert not ImageFile.LOAD_TRUNCATED_IMAGES
