"""Arrays of an .npz file become bytes and labels; anything else is refused in one line."""

import re

import numpy as np
import pytest

from nncore.errors import DataError
from stages.formats.class_labels import collect_labels
from stages.formats.npz_arrays import list_arrays
from stages.formats.npz_values import as_bytes, image_shape, label_chunks, pixel_factor

GREY = np.arange(2 * 3 * 4, dtype=np.uint8).reshape(2, 3, 4)


@pytest.fixture
def saved(tmp_path):
    """Save an array and return it as one that is streamed."""

    def save(array, name="x_train"):
        np.savez_compressed(tmp_path / "data.npz", **{name: array})
        return list_arrays(tmp_path / "data.npz", {name})[0][name]

    return save


def pixels(images, factor=None):
    chunks = as_bytes(images, pixel_factor(images) if factor is None else factor)
    return np.concatenate(list(chunks))


class TestImages:
    @pytest.mark.parametrize(
        ("shape", "expected"),
        [((2, 3, 4), (3, 4)), ((2, 3, 4, 1), (3, 4)), ((2, 3, 4, 3), (3, 4, 3))],
        ids=str,
    )
    def test_images_are_grey_or_coloured(self, saved, shape, expected):
        images = np.arange(np.prod(shape), dtype=np.uint8).reshape(shape)
        assert image_shape(saved(images)) == expected
        np.testing.assert_array_equal(pixels(saved(images)), images.reshape(2, *expected))

    @pytest.mark.parametrize("dtype", ["i1", "<i2", ">u4", "i8", "u8", "f2", ">f4", "f8"])
    def test_numbers_from_0_to_255_of_any_type_are_bytes(self, saved, dtype):
        np.testing.assert_array_equal(pixels(saved(GREY.astype(dtype))), GREY)

    @pytest.mark.parametrize("dtype", ["f2", "f4", ">f4", "f8"])
    def test_bytes_divided_by_255_come_back(self, saved, dtype):
        images = np.arange(256, dtype=np.uint8).reshape(1, 16, 16)
        np.testing.assert_array_equal(pixels(saved((images / 255).astype(dtype))), images)

    def test_halves_are_rounded_to_even(self, saved):
        images = np.array([0.5, 1.5, 2.5, 253.5, 254.5, 254.6]).reshape(1, 2, 3)
        assert pixels(saved(images)).ravel().tolist() == [0, 2, 2, 254, 254, 255]

    def test_the_half_of_an_odd_scale_is_rounded_to_even(self, saved):
        assert pixels(saved(np.array([[[0.5, 1, 0.1]]]))).ravel().tolist() == [128, 255, 26]

    @pytest.mark.parametrize(
        ("highest", "factor"), [(1.0, 255), (0.3, 255), (1.0001, 1), (255.0, 1)], ids=str
    )
    def test_the_greatest_float_decides_the_scale(self, saved, highest, factor):
        assert pixel_factor(saved(np.array([[[0, highest]]]))) == factor

    @pytest.mark.parametrize("highest", [1, 255])
    def test_integers_are_as_they_are(self, saved, highest):
        assert pixel_factor(saved(np.array([[[0, highest]]]))) == 1

    @pytest.mark.parametrize(
        ("values", "got"),
        [
            ([-1.0, 1.0], "-1 to 1"),
            ([0.0, 256.0], "0 to 256"),
            ([0.0, 65535.0], "0 to 65535"),
            ([0.0, np.nan], "NaN among them"),
            ([-np.inf, np.inf], "-inf to inf"),
        ],
        ids=str,
    )
    @pytest.mark.parametrize("dtype", ["f4", "f8"])
    def test_floats_of_another_range_are_refused_with_advice(self, saved, values, got, dtype):
        images = saved(np.array([[values]], dtype))
        with pytest.raises(DataError) as refused:
            pixel_factor(images)
        assert str(refused.value) == (
            f"{images}: expected floats from 0 to 1 or from 0 to 255, got {got}; "
            "map them to 0 to 1 first"
        )

    @pytest.mark.parametrize(
        ("values", "factor", "fault"),
        [
            ([[[0, 256]]], 1, "expected values from 0 to 255, got 256 in image 0"),
            ([[[0, 1]], [[-1, 0]]], 1, "expected values from 0 to 255, got -1 in image 1"),
            ([[[0, 1.5]]], 255, "expected values from 0 to 1, got 1.5 in image 0"),
            ([[[0, np.nan]]], 255, "expected values from 0 to 1, got nan in image 0"),
            ([[[0, 7]]], 255, "expected values from 0 to 1, got 7 in image 0"),
            (
                [[[0, 0.7]]],
                1,
                "expected values from 0 to 255 as in the training images, got 0 to 0.7",
            ),
        ],
        ids=str,
    )
    def test_a_test_set_of_another_range_is_refused(self, saved, values, factor, fault):
        images = saved(np.array(values), "x_test")
        with pytest.raises(DataError) as refused:
            pixels(images, factor)
        assert str(refused.value) == f"{images}: {fault}"

    def test_integers_0_and_1_beside_floats_up_to_1_have_their_scale(self, saved):
        assert pixels(saved(np.array([[[0, 1]]]), "x_test"), 255).ravel().tolist() == [0, 255]

    @pytest.mark.parametrize(
        ("shape", "advice"),
        [
            ((2, 12), ""),
            ((2, 16), "; save x_train.reshape(-1, 4, 4)"),
            ((2, 3, 4, 4), "; save x_train.transpose(0, 2, 3, 1)"),
            ((2, 1, 4, 4), "; save x_train.transpose(0, 2, 3, 1)"),
            ((2, 4, 4, 4), ""),
            ((2,), ""),
            ((), ""),
            ((2, 3, 4, 3, 1), ""),
        ],
        ids=str,
    )
    def test_another_shape_is_refused_with_what_to_save(self, saved, shape, advice):
        images = saved(np.zeros(shape, np.uint8))
        with pytest.raises(DataError) as refused:
            image_shape(images)
        assert str(refused.value) == (
            f"{images}: expected images of shape (n, rows, columns), grey, or "
            f"(n, rows, columns, 3), got {shape}{advice}"
        )

    @pytest.mark.parametrize("dtype", ["?", "c8", "U3", "S3", "g", "M8[s]", "u1,u1"])
    def test_another_type_is_refused(self, saved, dtype):
        with pytest.raises(DataError, match="expected pixels of type uint8, or of another type"):
            image_shape(saved(np.zeros((2, 3, 4), dtype)))

    def test_an_image_that_fills_the_memory_is_refused(self, saved):
        images = saved(np.zeros((1, 1 << 13, 1 << 13), "u2"))
        with pytest.raises(DataError, match="expected images of at most 67,108,864 bytes"):
            image_shape(images)


def labels(array):
    names, codes = collect_labels(label_chunks(array), str(array))
    return names, codes.tolist()


class TestLabels:
    @pytest.mark.parametrize("dtype", ["u1", "i1", ">i2", "i8", "u8", "f4", "f8"])
    @pytest.mark.parametrize("shape", [(3,), (3, 1)], ids=str)
    def test_are_integers_of_any_type(self, saved, dtype, shape):
        values = np.array([10, 3, 10]).astype(dtype).reshape(shape)
        assert labels(saved(values)) == (("3", "10"), [1, 0, 1])

    @pytest.mark.parametrize("dtype", ["U", ">U5"])
    def test_are_text(self, saved, dtype):
        values = np.array(["dog", "cat", "お"]).astype(dtype)
        assert labels(saved(values)) == (("cat", "dog", "お"), [1, 0, 2])

    @pytest.mark.parametrize("dtype", ["u1", "?", "f4", ">f8"])
    def test_are_one_hot_rows(self, saved, dtype):
        rows = np.eye(4)[[3, 0, 1, 2]].astype(dtype)
        assert labels(saved(rows)) == (("0", "1", "2", "3"), [3, 0, 1, 2])

    @pytest.mark.parametrize(
        "row", [[0, 0, 0], [1, 1, 0], [0, 2, 0], [1, 0.5, 0], [1, np.nan, 0], [1, -1, 1]], ids=str
    )
    def test_rows_that_are_not_one_hot_are_refused_with_their_image(self, saved, row):
        array = saved(np.array([[1, 0, 0], row]))
        with pytest.raises(DataError) as refused:
            labels(array)
        assert str(refused.value) == (
            f"{array}: expected rows of zeros and a single 1, got another one for image 1"
        )

    @pytest.mark.parametrize("value", [0.5, np.nan, np.inf, 2.0**60])
    def test_floats_that_are_no_labels_are_refused_with_their_image(self, saved, value):
        array = saved(np.array([1.0, value]))
        with pytest.raises(
            DataError, match=rf"integers or text, got {re.escape(str(value))} for image 1$"
        ):
            labels(array)

    @pytest.mark.parametrize("order", ["<", ">"])
    def test_text_of_numbers_that_are_no_characters_is_refused(self, saved, order):
        array = saved(np.array([[97, 98], [99, 0x110000]], f"{order}u4").view(f"{order}U2").ravel())
        with pytest.raises(DataError, match="Unicode characters, got another one for image 1"):
            labels(array)

    @pytest.mark.parametrize(
        "array",
        [
            np.zeros((2, 3, 1), np.uint8),
            np.zeros((2, 257), np.uint8),
            np.zeros((2, 2), "U1"),
            np.zeros(2, "S3"),
            np.zeros(2, "c8"),
            np.zeros((), np.uint8),
        ],
        ids=lambda array: f"{array.dtype}{array.shape}",
    )
    def test_another_shape_or_type_is_refused(self, saved, array):
        array = saved(array)
        with pytest.raises(DataError, match=r"expected labels of shape \(n,\), integers or text"):
            labels(array)

    def test_text_of_any_length_is_refused(self, saved):
        with pytest.raises(DataError, match="expected text of at most 200 characters, got <U201"):
            labels(saved(np.array(["a" * 201])))
