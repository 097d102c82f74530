"""The size of a picture that the page reads from its header, against Pillow's."""

import io
import struct

import numpy as np
import pytest
from page_results import photo_results
from PIL import Image

WIDTH, HEIGHT = 37, 23


def picture_file(form, mode="RGB", **options):
    pixels = np.random.default_rng(1).integers(0, 256, (HEIGHT, WIDTH, 4), dtype=np.uint8)
    file = io.BytesIO()
    Image.fromarray(pixels).convert(mode).save(file, form, **options)
    return file.getvalue()


def exif():
    values = Image.Exif()
    values[0x010E] = "x" * 5000
    return values


def top_down(bmp):
    """Return a BMP whose first row is the top one."""
    return bmp[:22] + struct.pack("<i", -HEIGHT) + bmp[26:]


def of_os2():
    """Return a BMP with the short header of OS/2, of one bit a pixel."""
    rows = bytes(HEIGHT * 8)
    header = struct.pack("<IHHHH", 12, WIDTH, HEIGHT, 1, 1) + bytes(3) + bytes([255] * 3)
    start = 14 + len(header)
    return b"BM" + struct.pack("<IHHI", start + len(rows), 0, 0, start) + header + rows


FILES = {
    "png": picture_file("PNG"),
    "png, interlaced": picture_file("PNG", "P"),
    "jpeg": picture_file("JPEG"),
    "jpeg, progressive": picture_file("JPEG", progressive=True),
    "jpeg, grey, with segments": picture_file(
        "JPEG", "L", exif=exif(), icc_profile=bytes(200_000), comment=b"\xff\xc0" * 40
    ),
    "jpeg, filled": picture_file("JPEG").replace(b"\xff\xc0", b"\xff\xff\xff\xc0", 1),
    "gif": picture_file("GIF", "P"),
    "webp, lossy": picture_file("WEBP"),
    "webp, lossless": picture_file("WEBP", lossless=True),
    "webp, extended": picture_file("WEBP", "RGBA", exif=exif()),
    "bmp": picture_file("BMP"),
    "bmp, top down": top_down(picture_file("BMP")),
    "bmp, OS/2": of_os2(),
}
# How each kind writes the size that is made too large.
SIZES = {
    "png": (">II", (WIDTH, HEIGHT)),
    "jpeg": (">HH", (HEIGHT, WIDTH)),
    "gif": ("<HH", (WIDTH, HEIGHT)),
    "bmp": ("<ii", (WIDTH, HEIGHT)),
}


def size_by_page(browser, content):
    return browser.run(
        f"(() => {{ const size = nncore.pictureSize(new DataView(new Uint8Array("
        f"{list(content)}).buffer)); return size && [size.width, size.height] }})()"
    )


@pytest.mark.parametrize("name", FILES)
def test_the_size_of_a_header_is_that_of_pillow(opened, name):
    content = FILES[name]
    with Image.open(io.BytesIO(content)) as picture:
        assert picture.size == (WIDTH, HEIGHT)
    assert size_by_page(opened, content) == [WIDTH, HEIGHT]


@pytest.mark.parametrize("name", FILES)
def test_a_header_that_ends_early_is_no_fault(opened, name):
    content = FILES[name]
    for length in [*range(64), len(content) // 2]:
        assert size_by_page(opened, content[:length]) in (None, [WIDTH, HEIGHT])


@pytest.mark.parametrize(
    "content", [b"", b"\xff" * 400, b"\xff\xd8\xff" + bytes(400), b"a text" * 90]
)
def test_other_bytes_have_no_size(opened, content):
    assert size_by_page(opened, content) is None


@pytest.mark.parametrize("name", SIZES)
def test_a_picture_of_too_many_pixels_is_refused_before_it_is_decoded(show, name):
    form, size = SIZES[name]
    content = FILES[name]
    written = struct.pack(form, *size)
    assert content.count(written) == (2 if name == "gif" else 1)
    # A GIF has the size of its first frame too.
    content = content.replace(written, struct.pack(form, 30_000, 30_000), 1)
    browser = show(photo_results())
    browser.run(
        "void (window.createImageBitmap = async () => { window.isDecoded = true; throw Error() })"
    )
    browser.page.set_input_files(
        "#picture-file", {"name": "x", "mimeType": "image/png", "buffer": content}
    )
    line = browser.page.locator("#picture-refusal")
    line.wait_for()
    assert line.text_content() == (
        "x: expected at most 33,554,432 pixels; got 30,000 \N{MULTIPLICATION SIGN} 30,000."
    )
    assert browser.run("window.isDecoded") is None
