"""The IDX reader takes what is right and refuses the rest, in one line and in little memory."""

import contextlib
import gzip
import re
import struct
import tracemalloc
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from nncore.data.idx import (
    BYTES_PER_READ,
    IMAGE_DIMENSIONS,
    contents,
    idx_header,
    read_images,
    read_labels,
)
from nncore.errors import IdxError

SAMPLES = Path(__file__).parents[3] / "data" / "samples" / "mnist-5k"
IMAGES = np.arange(2 * 3 * 4, dtype=np.uint8).reshape(2, 3, 4)
# Each example writes the file anew, so that one folder serves them all.
EXAMPLES = settings(
    deadline=None,
    max_examples=60,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)


def header(*dimensions, start=b"\0\0", kind=8):
    count = len(dimensions)
    return start + struct.pack(f">BB{count}I", kind, count, *dimensions)


def idx(array):
    return header(*array.shape) + array.tobytes()


def written(folder, content, name="file"):
    path = folder / name
    path.write_bytes(content)
    return path


@pytest.mark.parametrize("pack", [bytes, gzip.compress], ids=["raw", "gzip"])
def test_images_are_read_as_written(tmp_path, pack):
    images = read_images(written(tmp_path, pack(idx(IMAGES))))
    assert images.dtype == np.uint8
    np.testing.assert_array_equal(images, IMAGES)


@pytest.mark.parametrize("pack", [bytes, gzip.compress], ids=["raw", "gzip"])
def test_labels_are_read_as_written(tmp_path, pack):
    labels = np.array([7, 0, 255], np.uint8)
    np.testing.assert_array_equal(read_labels(written(tmp_path, pack(idx(labels)))), labels)


def test_a_path_may_be_a_text(tmp_path):
    images = written(tmp_path, idx(IMAGES))
    np.testing.assert_array_equal(read_images(str(images)), IMAGES)
    # The path in an error is the same, too.
    with pytest.raises(IdxError, match="^" + re.escape(f"{images}: ")):
        read_labels(str(images))


def test_a_gzipped_file_is_known_by_its_content_not_by_its_name(tmp_path):
    raw = written(tmp_path, idx(IMAGES), "images.gz")
    zipped = written(tmp_path, gzip.compress(idx(IMAGES)), "images")
    np.testing.assert_array_equal(read_images(raw), read_images(zipped))


@pytest.mark.parametrize("pack", [bytes, gzip.compress], ids=["raw", "gzip"])
def test_what_is_read_cannot_be_written_to(tmp_path, pack):
    images = read_images(written(tmp_path, pack(idx(IMAGES))))
    with pytest.raises(ValueError, match="read-only"):
        images[0] = 0


def test_a_raw_file_is_mapped_not_loaded(tmp_path):
    path = written(tmp_path, header(64, 1024, 1024))
    with path.open("rb+") as file:
        file.truncate(16 + (64 << 20))
    tracemalloc.start()
    assert read_images(path).shape == (64, 1024, 1024)
    assert tracemalloc.get_traced_memory()[1] < 1 << 20
    tracemalloc.stop()


def test_gzip_members_one_after_the_other_are_one_content(tmp_path):
    content = idx(IMAGES)
    path = written(tmp_path, gzip.compress(content[:10]) + gzip.compress(content[10:]))
    np.testing.assert_array_equal(read_images(path), IMAGES)


def test_the_embedded_digits_have_their_sizes():
    assert read_images(SAMPLES / "train-images-idx3-ubyte.gz").shape == (4000, 28, 28)
    assert read_images(SAMPLES / "t10k-images-idx3-ubyte.gz").shape == (1000, 28, 28)


def test_the_embedded_digits_have_each_class_equally_often():
    labels = read_labels(SAMPLES / "train-labels-idx1-ubyte.gz")
    assert np.bincount(labels).tolist() == [400] * 10


def test_contents_are_the_decompressed_bytes_in_small_pieces(tmp_path):
    content = idx(np.zeros((3, 1000, 1000), np.uint8))
    pieces = list(contents(written(tmp_path, gzip.compress(content)), IMAGE_DIMENSIONS))
    assert b"".join(pieces) == content
    assert max(map(len, pieces)) <= BYTES_PER_READ


MALFORMED = {
    "empty": (b"", "expected a header of 16 bytes, got 0"),
    "one byte": (b"\0", "expected a header of 16 bytes, got 1"),
    "png": (b"\x89PNG\r\n", "expected an IDX file, which starts with 00 00, got 89 50"),
    "html": (b"<html>", "expected an IDX file, which starts with 00 00, got 3c 68"),
    "half a magic number": (b"\0\1", "expected an IDX file, which starts with 00 00, got 00 01"),
    "signed bytes": (
        header(1, 2, 2, kind=9) + bytes(4),
        "expected values of type 08 (unsigned bytes), got 09",
    ),
    "float32": (
        header(1, 2, 2, kind=0x0D) + bytes(16),
        "expected values of type 08 (unsigned bytes), got 0d",
    ),
    "labels": (header(5) + bytes(5), "expected 3 dimensions (images), got 1"),
    "one channel": (
        header(1, 1, 1, 1) + b"x",
        "expected 3 channels (red, green, blue), got 1",
    ),
    "five dimensions": (header(1, 1, 1, 1, 1) + b"x", "expected 3 dimensions (images), got 5"),
    "half a header of colours": (header(1, 2, 2, 3)[:17], "expected a header of 20 bytes, got 17"),
    "255 dimensions": (b"\0\0\x08\xff" + bytes(16), "expected 3 dimensions (images), got 255"),
    "half a header": (header(1, 2, 2)[:13], "expected a header of 16 bytes, got 13"),
    "no images": (header(0, 28, 28), "expected dimensions of at least 1, got 0 x 28 x 28"),
    "no rows": (header(2, 0, 28), "expected dimensions of at least 1, got 2 x 0 x 28"),
    "no columns": (header(2, 28, 0), "expected dimensions of at least 1, got 2 x 28 x 0"),
    "no pixels": (header(1, 2, 2), "expected 4 bytes for 1 x 2 x 2 values, got 0"),
    "too short": (header(2, 2, 2) + bytes(7), "expected 8 bytes for 2 x 2 x 2 values, got 7"),
    "too long": (header(2, 2, 2) + bytes(9), "expected 8 bytes for 2 x 2 x 2 values, got "),
    "a lie of 4 GiB": (
        header(4, 1 << 15, 1 << 15) + bytes(4),
        "expected 4294967296 bytes for 4 x 32768 x 32768 values, got 4",
    ),
    "a lie beyond 64 bits": (
        header(*[2**32 - 1] * 3) + bytes(4),
        f"expected {(2**32 - 1) ** 3} bytes for 4294967295 x 4294967295 x 4294967295 values, got 4",
    ),
}


@pytest.mark.parametrize("pack", [bytes, gzip.compress], ids=["raw", "gzip"])
@pytest.mark.parametrize(("content", "fault"), MALFORMED.values(), ids=MALFORMED)
def test_a_malformed_file_is_refused_with_its_name_and_fault(tmp_path, content, fault, pack):
    path = written(tmp_path, pack(content))
    with pytest.raises(IdxError) as refused:
        read_images(path)
    assert str(refused.value).startswith(f"{path}: {fault}")
    assert "\n" not in str(refused.value)


def test_images_are_refused_where_labels_are_expected(tmp_path):
    with pytest.raises(IdxError, match=r"expected 1 dimension \(labels\), got 3"):
        read_labels(written(tmp_path, idx(IMAGES)))


@pytest.mark.parametrize("pack", [bytes, gzip.compress], ids=["raw", "gzip"])
def test_a_promise_of_4_gib_allocates_next_to_nothing(tmp_path, pack):
    path = written(tmp_path, pack(header(4, 1 << 15, 1 << 15) + bytes(4)))
    tracemalloc.start()
    with pytest.raises(IdxError):
        read_images(path)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 4 * BYTES_PER_READ


def test_a_gzip_bomb_is_left_where_the_promise_ends(tmp_path):
    """Of 64 MiB of zeros behind a header for 4, no more than a piece is decompressed."""
    path = written(tmp_path, gzip.compress(header(1, 2, 2) + bytes(64 << 20), 1))
    tracemalloc.start()
    with pytest.raises(IdxError, match="expected 4 bytes for 1 x 2 x 2 values, got more"):
        read_images(path)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 4 * BYTES_PER_READ


ZIPPED = gzip.compress(idx(IMAGES))
DAMAGED = {
    "only the magic number": ZIPPED[:2],
    "half a gzip header": ZIPPED[:6],
    "half the data": ZIPPED[:-20],
    "no checksum": ZIPPED[:-8],
    "half a checksum": ZIPPED[:-3],
    "wrong checksum": ZIPPED[:-8] + bytes(4) + ZIPPED[-4:],
    "wrong length": ZIPPED[:-4] + bytes(4),
    "unknown method": ZIPPED[:2] + b"\x07" + ZIPPED[3:],
    "rubbish in the data": ZIPPED[:12] + b"\xff" * 8 + ZIPPED[20:],
    "rubbish behind": ZIPPED + b"rubbish",
}


@pytest.mark.parametrize("content", DAMAGED.values(), ids=DAMAGED)
def test_damaged_gzip_is_refused_in_one_line_with_its_name(tmp_path, content):
    path = written(tmp_path, content)
    with pytest.raises(IdxError) as refused:
        read_images(path)
    assert str(refused.value).startswith(f"{path}: expected intact gzip data, got ")
    assert "\n" not in str(refused.value)


def test_a_missing_file_is_refused_with_its_name(tmp_path):
    path = tmp_path / "nowhere"
    with pytest.raises(IdxError) as refused:
        read_images(path)
    assert str(refused.value) == (
        f"{path}: expected a readable file, got “No such file or directory”"
    )


def test_a_folder_is_refused(tmp_path):
    with pytest.raises(IdxError, match="expected a readable file, got “Is a directory”"):
        read_images(tmp_path)


@EXAMPLES
@given(
    images=hnp.arrays(np.uint8, hnp.array_shapes(min_dims=3, max_dims=3, max_side=6)),
    pack=st.sampled_from([bytes, gzip.compress]),
)
def test_any_images_come_back(tmp_path, images, pack):
    np.testing.assert_array_equal(read_images(written(tmp_path, pack(idx(images)))), images)


@EXAMPLES
@given(content=st.binary(max_size=64), start=st.sampled_from([b"", b"\0\0\x08\3", ZIPPED[:10]]))
def test_random_bytes_are_read_or_refused_but_never_crash(tmp_path, content, start):
    with contextlib.suppress(IdxError):
        read_images(written(tmp_path, start + content))


@EXAMPLES
@given(place=st.integers(0, len(ZIPPED) - 1), value=st.integers(0, 255))
def test_a_changed_byte_in_a_gzipped_file_never_changes_the_images(tmp_path, place, value):
    damaged = ZIPPED[:place] + bytes([value]) + ZIPPED[place + 1 :]
    with contextlib.suppress(IdxError):
        np.testing.assert_array_equal(read_images(written(tmp_path, damaged)), IMAGES)


def test_colour_images_have_a_fourth_dimension(tmp_path):
    colours = np.arange(2 * 3 * 2 * 3, dtype=np.uint8).reshape(2, 3, 2, 3)
    np.testing.assert_array_equal(read_images(written(tmp_path, idx(colours))), colours)


def test_a_header_is_written_as_it_is_read():
    assert idx_header(IMAGES.shape) == header(*IMAGES.shape)
