"""What `nncore predict` reads, from anywhere: images of the right shape, or a refusal in a line."""

import ast
import io
import math
import re
import struct

import numpy as np
import pytest
from fuzzing import EXAMPLES, NUMBERS, counted, edited, edits, variants
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from nncore.cli.images import read_image_file
from nncore.cli.npy_file import read_array
from nncore.errors import NncoreError
from tools.modes import TURNED

SHAPE = (6, 5)
HEADERS = st.lists(
    st.tuples(
        st.sampled_from(["descr", "fortran_order", "shape", "more"]),
        st.sampled_from(
            [
                *('"<f4"', '"|u1"', '"|O"', '"<U3"', '"<M8[s]"', '[("a", "<f4")]', '"|V3"', "''"),
                *("True", "False", "None", "0", "1", "()", "(3,)", "(-1, 6, 5)", "(0, 6, 5)"),
                *("(2, 6, 5)", "(2, 30)", "(4294967296, 6, 5)", "(9223372036854775807, 2, 5)"),
                *("(2, 6.0, 5)", "(True, 6, 5)", f"({'9' * 5000},)", "[2, 6, 5]", '"x" * 9'),
                *("{}", "1 +", "\0", "__import__('os')", "(" * 200 + ")" * 200, "-" * 300 + "1"),
            ]
        ),
    ),
    min_size=0,
    max_size=3,
)


def npy(array, changes=()):
    """Return a .npy file with values of its header replaced by other texts."""
    fields = {
        "descr": repr(array.dtype.str),
        "fortran_order": "False",
        "shape": repr(array.shape),
    } | dict(changes)
    text = "{" + ", ".join(f"'{key}': {value}" for key, value in fields.items()) + "}"
    header = text.encode("latin-1").ljust(118) + b"\n"
    return b"\x93NUMPY\1\0" + struct.pack("<H", len(header)) + header + array.tobytes()


def oracle(content):
    """Read a .npy file by the definition of its format; None where it holds no such array."""
    try:
        major = content[6]
        start, form = (10, "<H") if major == 1 else (12, "<I")
        (length,) = struct.unpack_from(form, content, 8)
        text = content[start : start + length].decode("latin-1").strip(" \t\n")
        # NumPy takes whole numbers as Python 2 wrote them, 3L, and spaces behind the header.
        header = ast.literal_eval(re.sub(r"(?<=\d)\s*L\b", "", text))
        dtype, count = np.dtype(header["descr"]), math.prod(header["shape"])
        array = np.frombuffer(content, dtype, count, start + length)
        return array.reshape(header["shape"], order="CF"[header["fortran_order"]])
    except Exception:  # noqa: BLE001  whatever is wrong with it
        return None


@pytest.mark.parametrize("kind", ["images", "samples"])
def test_an_array_is_read_as_another_reader_reads_it_or_refused(tmp_path, kind):
    path = tmp_path / "file.npy"
    rng = np.random.default_rng(1)
    sound = {
        "images": rng.integers(0, 256, (2, *SHAPE), np.uint8),
        "samples": rng.normal(size=(3, 4)),
    }[kind]

    @EXAMPLES
    @given(header=HEADERS, drawn=st.one_of(st.just([]), edits))
    def holds(header, drawn):
        content = npy(sound, header)
        for changes in variants(drawn):
            check(edited(content, changes))

    def check(content):
        path.write_bytes(content)
        try:
            if kind == "images":
                got, _ = read_image_file(path, SHAPE, fit="digit")
            else:
                got = read_array(path)
        except NncoreError:
            answers["refused"] += 1
        else:
            np.testing.assert_array_equal(got, oracle(content))
            answers["accepted"] += 1

    with counted(f".npy, {kind}") as answers:
        holds()


def pictures():
    """Return small sound pictures of every format and mode, by name."""
    rng = np.random.default_rng(2)
    digit = np.full((12, 10), 240, np.uint8)
    digit[2:10, 4:6] = 20
    digit += rng.integers(0, 9, digit.shape, np.uint8)
    grey = Image.fromarray(digit)
    made = {
        "PNG, grey": (grey, {}),
        "PNG, palette": (grey.convert("P"), {"transparency": 3}),
        "PNG, alpha": (grey.convert("RGBA"), {}),
        "PNG, 16 bits": (Image.fromarray(digit.astype(np.uint16) * 257), {}),
        "JPEG": (
            grey.convert("RGB"),
            {"exif": TURNED},
        ),
        "BMP": (grey.convert("RGB"), {}),
        "WEBP": (grey.convert("RGBA"), {"lossless": True}),
        "TIFF": (grey.convert("RGB"), {"compression": "tiff_lzw"}),
        "GIF": (grey.convert("P"), {"save_all": True, "append_images": [grey]}),
    }
    files = {}
    for name, (picture, options) in made.items():
        stream = io.BytesIO()
        picture.save(stream, name.partition(",")[0], **options)
        files[name] = stream.getvalue()
    return files


PICTURES = pictures()
LENGTHS = st.lists(st.tuples(st.integers(0, 60), st.sampled_from(NUMBERS)), min_size=0, max_size=2)


@pytest.mark.parametrize("fit", ["digit", "resize", "none"])
@pytest.mark.parametrize("name", PICTURES)
def test_a_picture_becomes_one_image_or_is_refused(tmp_path, name, fit):
    shape = {"digit": SHAPE, "resize": (*SHAPE, 3), "none": (12, 10)}[fit]
    path = tmp_path / "picture"

    @EXAMPLES
    @given(drawn=edits, numbers=LENGTHS)
    def holds(drawn, numbers):
        for changes in variants(drawn):
            content = bytearray(edited(PICTURES[name], changes))
            for place, number in numbers:
                content[place : place + 4] = number.to_bytes(4, "big")
            check(bytes(content))

    def check(content):
        path.write_bytes(content)
        try:
            images, is_set = read_image_file(path, shape, fit=fit)
        except NncoreError:
            answers["refused"] += 1
        else:
            assert (images.shape, images.dtype, is_set) == ((1, *shape), np.uint8, False)
            # The ink of a digit is scaled to the whole range.
            assert images.max() == 255 or fit != "digit"
            answers["accepted"] += 1

    kind = "as it is" if fit == "none" else fit
    with counted(f"picture, {name}, {kind}") as answers:
        holds()
