"""The values of arrays in .npz files as images and labels.

Images become bytes chunk by chunk, so that the memory does not grow with the file.
"""

import math
from collections.abc import Iterator
from typing import Final

import numpy as np

from nncore.arrays import Array, Bytes
from nncore.errors import DataError, format_shape
from stages.formats.npz_arrays import NpzArray
from stages.shared.class_names import MAX_CLASSES, MAX_NAME_LENGTH

# An image is in memory as a whole.
MAX_IMAGE_BYTES: Final = 1 << 26
MAX_CODE_POINT: Final = 0x10FFFF


def image_shape(images: NpzArray) -> tuple[int, ...]:
    """Return (rows, columns) of grey images, or (rows, columns, 3) of coloured ones.

    Raises
    ------
    DataError
        The array has another shape or type than (n, rows, columns), (n, rows, columns, 1) or
        (n, rows, columns, 3) integers or floats, or its images are too large.
    """
    shape = images.shape
    # Floats of more than 8 bytes differ from processor to processor.
    if images.dtype.kind not in "iuf" or images.dtype.itemsize > 8:
        raise DataError(
            f"{images}: expected pixels of type uint8, or of another type of integers or floats, "
            f"got {images.dtype}"
        )
    if len(shape) not in {3, 4} or shape[3:] not in {(), (1,), (3,)}:
        raise DataError(
            f"{images}: expected images of shape (n, rows, columns), grey, or "
            f"(n, rows, columns, 3), got {shape}{_advice(images)}"
        )
    if math.prod(shape[1:]) * images.dtype.itemsize > MAX_IMAGE_BYTES:
        raise DataError(
            f"{images}: expected images of at most {MAX_IMAGE_BYTES:,} bytes, "
            f"got {format_shape(shape[1:])} values of type {images.dtype}"
        )
    return shape[1:3] if shape[3:] == (1,) else shape[1:]


def pixel_factor(images: NpzArray) -> int:
    """Return the factor that maps the pixels to 0…255: 255 for floats up to 1, otherwise 1.

    Raises
    ------
    DataError
        A float is below 0, above 255 or not a number.
    """
    if images.dtype.kind != "f":
        return 1
    extremes = [(chunk.min(), chunk.max()) for chunk in images.chunks()]
    lowest, highest = float(np.min(extremes)), float(np.max(extremes))
    if not 0 <= lowest <= highest <= 255:
        got = f"{lowest:g} to {highest:g}" if lowest <= highest else "NaN among them"
        raise DataError(
            f"{images}: expected floats from 0 to 1 or from 0 to 255, "
            f"got {got}; map them to 0 to 1 first"
        )
    return 255 if highest <= 1 else 1


def as_bytes(images: NpzArray, factor: int) -> Iterator[Bytes]:
    """Yield images as bytes: value · factor, rounded to the nearest integer, halves to even.

    Yields
    ------
    (·, rows, columns) or (·, rows, columns, 3) uint8

    Raises
    ------
    DataError
        A value is outside 0…255 / factor; or all values are at most 1 where `factor`, which the
        training images decide, is 1.
    """
    shape = image_shape(images)
    first, highest = 0, 0.0
    for chunk in images.chunks():
        # NaN is in no range.
        wrong = np.argwhere(~((chunk >= 0) & (chunk <= 255 // factor)))
        if len(wrong):
            raise DataError(
                f"{images}: expected values from 0 to {255 // factor}, "
                f"got {chunk[tuple(wrong[0])]} in image {first + wrong[0][0]}"
            )
        highest = max(highest, float(chunk.max()))
        first += len(chunk)
        pixels = chunk
        if chunk.dtype.kind == "f" or factor != 1:
            # In float64 the product of a float32 is exact, and every processor rounds alike.
            pixels = np.rint(chunk.astype(np.float64) * factor)
        yield pixels.astype(np.uint8).reshape(-1, *shape)
    if images.dtype.kind == "f" and factor == 1 and highest <= 1:
        raise DataError(
            f"{images}: expected values from 0 to 255 as in the training images, "
            f"got 0 to {highest:g}"
        )


def label_chunks(labels: NpzArray) -> Iterator[Array]:
    """Yield labels as integers or strings, from integers, integral floats, text or one-hot rows.

    Yields
    ------
    (·,) int64, uint64 or strings

    Raises
    ------
    DataError
        The array has another shape or type, or a row is not one-hot.
    """
    shape, kind = labels.shape, labels.dtype.kind
    is_one_hot = len(shape) == 2 and 2 <= shape[1] <= MAX_CLASSES and kind in "biuf"
    is_column = len(shape) == 1 or (len(shape) == 2 and shape[1] == 1)
    if not (is_one_hot or (is_column and kind in "biufU")):
        raise DataError(
            f"{labels}: expected labels of shape (n,), integers or text, or one-hot rows, "
            f"got {labels.dtype} of shape {shape}"
        )
    if kind == "U" and labels.dtype.itemsize > 4 * MAX_NAME_LENGTH:
        raise DataError(
            f"{labels}: expected text of at most {MAX_NAME_LENGTH} characters, got {labels.dtype}"
        )
    first = 0
    for chunk in labels.chunks():
        if is_one_hot:
            yield _one_hot_classes(labels, chunk, first)
        else:
            yield _checked_labels(labels, chunk.ravel(), first)
        first += len(chunk)


def _one_hot_classes(labels: NpzArray, rows: Array, first: int) -> Array:
    is_one = rows == 1
    wrong = (is_one.sum(1) != 1) | (~is_one & (rows != 0)).any(1)
    if wrong.any():
        row = int(wrong.argmax())
        raise DataError(
            f"{labels}: expected rows of zeros and a single 1, "
            f"got another one for image {first + row}"
        )
    classes: Array = is_one.argmax(1)
    return classes


def _checked_labels(labels: NpzArray, values: Array, first: int) -> Array:
    match values.dtype.kind:
        case "f":
            is_wrong = ~(np.abs(values) < 2**53) | (values != np.rint(values))
            expected = "labels of classes, which are integers or text"
        case "U":
            # Text of an array may hold numbers that are no characters.
            points = np.ascontiguousarray(values).view(
                np.dtype(np.uint32).newbyteorder(values.dtype.byteorder)
            )
            is_wrong = (points.reshape(len(values), -1) > MAX_CODE_POINT).any(1)
            expected = "text of Unicode characters"
        case _:
            return values
    if is_wrong.any():
        row = int(is_wrong.argmax())
        got = values[row] if values.dtype.kind == "f" else "another one"
        raise DataError(f"{labels}: expected {expected}, got {got} for image {first + row}")
    return values.astype(np.int64) if values.dtype.kind == "f" else values


def _advice(images: NpzArray) -> str:
    """Return what to do about an array of another shape, where that is plain."""
    shape = images.shape
    if len(shape) == 2 and (side := math.isqrt(shape[1])) ** 2 == shape[1]:
        return f"; save {images.name}.reshape(-1, {side}, {side})"
    if len(shape) == 4 and shape[1] in {1, 3}:
        return f"; save {images.name}.transpose(0, 2, 3, 1)"
    return ""
