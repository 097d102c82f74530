"""Variants of IDX files become plain ones, chunk by chunk."""

import struct
from pathlib import Path

import numpy as np
import pytest

from nncore.errors import IdxError
from stages.formats.idx_variants import (
    MAX_IMAGE_BYTES,
    class_column,
    labels_from_zero,
    transposed_images,
)

PATH = Path("file")


def header(*dimensions, kind=8):
    return struct.pack(f">HBB{len(dimensions)}I", 0, kind, len(dimensions), *dimensions)


def content(array, kind=8, step=7):
    """Yield a header, then the values in chunks that end within items."""
    yield header(*array.shape, kind=kind)
    values = array.tobytes()
    yield from (values[start : start + step] for start in range(0, len(values), step))


@pytest.mark.parametrize("shape", [(5, 2, 3), (5, 2, 3, 3), (1, 4, 4)], ids=str)
@pytest.mark.parametrize("step", [1, 7, 1000])
def test_rows_and_columns_are_exchanged_in_each_image(shape, step):
    images = np.arange(np.prod(shape), dtype=np.uint8).reshape(shape)
    got = b"".join(transposed_images(content(images, step=step), PATH))
    expected = np.stack([np.stack([image[:, c] for c in range(shape[2])]) for image in images])
    assert got == header(*expected.shape) + expected.tobytes()


def test_an_image_too_large_for_memory_is_not_gathered():
    side = 1 << 14
    with pytest.raises(IdxError, match=f"at most {MAX_IMAGE_BYTES:,} bytes, got 268,435,456"):
        next(transposed_images(iter([header(1, side, side)]), PATH))


@pytest.mark.parametrize("step", [1, 7, 1000])
def test_the_class_is_the_first_of_qmnists_columns(step):
    table = np.array([[5, 4, 2154, 59], [0, 4, 4, 4], [255, 0, 0, 0]], ">i4")
    got = b"".join(class_column(content(table, kind=12, step=step), PATH))
    assert got == header(3) + bytes([5, 0, 255])


@pytest.mark.parametrize("label", [-1, 256, 1 << 30])
def test_a_class_that_is_no_byte_is_refused_with_its_image(label):
    table = np.array([[5, 1], [4, 1], [label, 1]], ">i4")
    fault = f"expected classes from 0 to 255 in the first column, got {label} for image 2"
    with pytest.raises(IdxError, match=fault):
        list(class_column(content(table, kind=12), PATH))


@pytest.mark.parametrize("step", [1, 7])
def test_labels_from_1_become_labels_from_0(step):
    labels = np.array([1, 26, 255, 1], np.uint8)
    got = b"".join(labels_from_zero(content(labels, step=step), PATH, 1))
    assert got == header(4) + bytes([0, 25, 254, 0])


@pytest.mark.parametrize("step", [1, 7])
def test_a_label_below_the_first_is_refused_with_its_image(step):
    labels = np.array([1, 2, 0], np.uint8)
    with pytest.raises(IdxError, match="expected labels that start at 1, got 0 for image 2"):
        list(labels_from_zero(content(labels, step=step), PATH, 1))
