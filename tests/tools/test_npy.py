"""The first element in which two .npy files differ. NumPy is the oracle that writes them."""

import io

import numpy as np
import pytest

from tools.verification.npy import compare_npy


def npy(array, **settings):
    stream = io.BytesIO()
    np.lib.format.write_array(stream, np.asarray(array), **settings)
    return stream


def differing(dtype, shape, index, order="C"):
    """Return two arrays that differ at an index, by one unit in the last place if of floats."""
    old = np.ones(shape, dtype, order=order)
    new = old.copy(order="K")
    new[index] = np.nextafter(old[index], old.dtype.type(2)) if old.dtype.kind == "f" else 0
    return old, new


@pytest.mark.parametrize("dtype", ["<f2", "<f4", "<f8", ">f4", "i1", "<i2", ">i4", "<i8", "u1"])
@pytest.mark.parametrize("order", ["C", "F"])
def test_index_and_both_values_are_named(dtype, order):
    old, new = differing(dtype, (3, 4, 5), (2, 0, 3), order)
    place, values = compare_npy(npy(old), npy(new)).split(": ")
    assert place == "element [2, 0, 3]"
    # The digits are enough to come back to the very value.
    read = [np.dtype(dtype).type(float(value)) for value in values.split(" | ")]
    assert read == [old[2, 0, 3], new[2, 0, 3]]
    assert read[0] != read[1]


def test_an_element_far_into_a_large_array_is_named():
    old, new = differing("u1", 200_000, 150_000)
    assert compare_npy(npy(old), npy(new)) == "element [150000]: 1 | 0"


def test_truth_values_are_shown_as_such():
    assert compare_npy(npy([True, True]), npy([True, False])) == "element [1]: True | False"


def test_a_single_number_has_an_empty_index():
    assert compare_npy(npy(1), npy(2)) == "element []: 1 | 2"


def test_another_shape_or_dtype_is_named():
    old, new = np.zeros((2, 3), "<f4"), np.zeros((3, 2), "<f8")
    assert compare_npy(npy(old), npy(new)) == "array of <f4 (2, 3) | array of <f8 (3, 2)"


def test_another_order_in_memory_is_named():
    old = np.zeros((2, 3), "<f4")
    result = compare_npy(npy(old), npy(np.asfortranarray(old)))
    assert result == "array of <f4 (2, 3) | array of <f4 (2, 3); another order in memory"


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"text",
        b"\x93NUMPY",
        b"\x93NUMPY\1\0\3\0{[}",
        b"\x93NUMPY\1\0\2\0{}",
        npy(np.array(["a"])).getvalue(),
        npy(np.zeros(2, [("a", "<f4")])).getvalue(),
    ],
)
def test_what_is_no_array_of_numbers_is_left_to_bytes(content):
    assert compare_npy(io.BytesIO(content), io.BytesIO(content + b"x")) is None


def test_a_file_that_ends_early_is_left_to_bytes():
    whole = npy(np.zeros(9)).getvalue()
    assert compare_npy(io.BytesIO(whole), io.BytesIO(whole[:-8])) is None


def test_another_version_of_the_format_is_read():
    old, new = differing("<f4", (2,), 1)
    result = compare_npy(npy(old, version=(2, 0)), npy(new, version=(3, 0)))
    assert result == "element [1]: 1 | 1.00000012"
