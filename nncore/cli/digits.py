"""Normalization of a picture of one digit to an image like MNIST's.

MNIST's digits are scaled to 20 x 20 pixels, and their centre of mass is the centre of 28 x 28
pixels: LeCun, Bottou, Bengio, Haffner, Gradient-based learning applied to document recognition
(1998), section III.A. `normalize_digit` specifies this exactly, so that other languages can
implement it. Only the order of sums is free, which affects the last bits of a double.
"""

import math

import numpy as np
from numpy.typing import NDArray

from nncore.arrays import Bytes, Floats
from nncore.errors import BlankError

# Black on white has contrast 1; shadows and noise of a blank sheet have less than this.
MIN_CONTRAST = 0.1
# A row or column of the picture is part of a line if this fraction of it is ink. The background
# follows a line; behind a digit that touches the edge there is more ink.
MIN_LINE_FRACTION = 0.9
MAX_FRACTION_BEHIND_LINE = 0.25
GREY_LEVELS = 256
# So that the choice between two pixels does not depend on a sum's last bits.
TIE_TOLERANCE_PIXELS = 1e-6


def normalize_digit(picture: Floats, shape: tuple[int, int]) -> Floats:
    """Return the digit of a picture as in MNIST: light on dark, scaled, centred.

    1. Frame: lines along the edges of the picture are cut off, see `_without_frame`.
    2. Background: the median of the picture's border pixels, each counted once. The digit is darker
       than the background if the darker pixels have the larger sum of squared distances from it,
       else lighter. The ink of a pixel is its distance in this direction, else 0.
    3. Threshold: ink is divided by its maximum. Pixels with ink of at least Otsu's threshold (see
       `_threshold`) and their eight neighbours keep their ink; all others become 0.
    4. Crop: the smallest rectangle that holds all ink, h x w.
    5. Scale: with H x W = 20/28 of `shape`, halves rounded up, the crop becomes H x (w H / h), or
       (h W / w) x W if this is too wide; halves rounded up, at least 1. A new pixel is the mean of
       the rectangle that it covers, see `_area_means`. The result is divided by its maximum.
    6. Centre: the pixel that holds the centre of mass becomes pixel (rows // 2, columns // 2) of
       `shape`. Pixel i covers i to i + 1; a centre less than 1e-6 below i + 1 counts as i + 1. If
       a part of the digit would be outside, the digit touches the edge instead.

    Parameters
    ----------
    picture : (·, ·) float64 in [0, 1], not empty
    shape : rows and columns of the result

    Returns
    -------
    `shape` float64 in [0, 1]
        Background is 0; the brightest pixel is 1.

    Raises
    ------
    BlankError
        The contrast is below `MIN_CONTRAST`, or nowhere as large within a sixteenth of the picture,
        see `_steepest`: a stroke begins within less, the shade of a blank sheet takes more.
    """
    ink = _ink(_without_frame(picture))
    ink[~_dilate(ink >= _threshold(ink))] = 0
    rows, columns = np.flatnonzero(ink.any(axis=1)), np.flatnonzero(ink.any(axis=0))
    crop = ink[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    height, width = _fit_size(crop.shape, shape)
    digit = _area_means(_area_means(crop, height).T, width).T
    digit /= digit.max()
    image = np.zeros(shape)
    top = _centering_offset(digit.sum(axis=1), shape[0])
    left = _centering_offset(digit.sum(axis=0), shape[1])
    image[top : top + height, left : left + width] = digit
    return image


def to_uint8(image: Floats) -> Bytes:
    """Return pixel values 0 to 255 of values in [0, 1], halves rounded up."""
    pixels: Bytes = np.floor(255 * image + 0.5).astype(np.uint8)
    return pixels


def _without_frame(picture: Floats) -> Floats:
    """Return a picture without lines along its edges, such as the frame of a cell in a form.

    Of N rows or columns, the first and the last N // 28 may hold a line. The background is the
    median of the border of the picture between these. A row or column is part of a line if nine
    tenths of its pixels are at least `MIN_CONTRAST` from the background. From each edge on, the
    rows or columns of a line are cut off, up to the first row or column that is none. They stay if
    they are more than N // 28, or if more than a quarter of that first one is as far from the
    background.
    """
    widths = [side // 28 for side in picture.shape]
    between = (slice(n, side - n) for n, side in zip(widths, picture.shape, strict=True))
    background = _border_median(picture[tuple(between)])
    far = np.abs(picture - background) >= MIN_CONTRAST
    for axis, width in enumerate(widths):
        fractions = far.mean(axis=1 - axis)
        first, last = (_line_width(edge[: width + 1]) for edge in (fractions, fractions[::-1]))
        inner = slice(first, len(fractions) - last)
        picture = picture[inner] if axis == 0 else picture[:, inner]
    return picture


def _line_width(fractions: Floats) -> int:
    """Return the width of a line before the other rows or columns, from their fractions of ink."""
    # `argmin` finds the first that is no line.
    width = int((fractions >= MIN_LINE_FRACTION).argmin())
    return width if fractions[width] <= MAX_FRACTION_BEHIND_LINE else 0


def _border_median(picture: Floats) -> float:
    border = np.ones(picture.shape, np.bool_)
    border[1:-1, 1:-1] = False
    # np.median imports numpy.ma, which takes as long as the whole digit.
    values = np.sort(picture[border])
    middle = values.size // 2
    return float(values[middle] if values.size % 2 else (values[middle - 1] + values[middle]) / 2)


def _ink(picture: Floats) -> Floats:
    """Return each pixel's distance from the background, (rows, columns) in [0, 1]."""
    ink: Floats = picture - _border_median(picture)
    if _sum_of_squares(np.minimum(ink, 0)) > _sum_of_squares(np.maximum(ink, 0)):
        np.negative(ink, out=ink)
    np.maximum(ink, 0, out=ink)
    contrast = ink.max()
    if contrast < MIN_CONTRAST:
        raise BlankError(
            "expected a digit darker or lighter than its background, "
            f"got a contrast of {contrast:.0%}"
        )
    if _steepest(ink) < MIN_CONTRAST:
        raise BlankError("expected a digit with sharp edges, got a smooth shade")
    ink /= contrast
    return ink


def _steepest(ink: Floats) -> float:
    """Return the largest difference of two means a sixteenth of the rows or columns apart.

    Against noise, each mean is that of a square, whose side is a 64th of the shorter side of the
    picture, rounded down, at least 1.
    """
    side = max(1, min(ink.shape) // 64)
    means = _square_means(ink, side)
    down, right = (max(1, length // 16) for length in ink.shape)
    largest = 0.0
    for one, other in ((means[down:], means[:-down]), (means[:, right:], means[:, :-right])):
        difference = one - other
        largest = max(largest, float(np.abs(difference, out=difference).max(initial=0)))
    return largest


def _square_means(values: Floats, side: int) -> Floats:
    """Return the mean of each square of `side` x `side` values, at the index of its first value."""
    # From cumulative sums, so that the time does not depend on the side.
    sums = np.zeros((values.shape[0] + 1, values.shape[1] + 1))
    np.cumsum(values, axis=0, out=sums[1:, 1:])
    np.cumsum(sums, axis=1, out=sums)
    rows = sums[side:] - sums[:-side]
    means: Floats = (rows[:, side:] - rows[:, :-side]) / side**2
    return means


def _sum_of_squares(values: Floats) -> float:
    return float(np.square(values).sum())


def _threshold(ink: Floats) -> float:
    """Return Otsu's threshold between background and ink in [0, 1].

    Pixels have 256 levels, min(floor(256 ink), 255). The threshold k / 256 maximises the variance
    between the levels below k, the background, and the others. Of equal maxima the lowest counts.

    References
    ----------
    Otsu, A threshold selection method from gray-level histograms (1979), equation 18:
    (S n - N s)² / (n (N - n)), where n and s are the number and sum of the levels below k, and N
    and S those of all levels.
    """
    levels = np.minimum(GREY_LEVELS * ink, GREY_LEVELS - 1).astype(np.uint8)
    counts = np.bincount(levels.ravel(), minlength=GREY_LEVELS).astype(np.float64)
    n, s = counts.cumsum(), (counts * np.arange(GREY_LEVELS)).cumsum()
    # k = 256 is left out: no level is above it. Level 0 holds the background, so n > 0.
    between = (s[-1] * n - n[-1] * s)[:-1] ** 2 / np.maximum(n * (n[-1] - n), 1)[:-1]
    return float(between.argmax() + 1) / GREY_LEVELS


def _dilate(mask: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Return `mask` with the eight neighbours of each of its pixels."""
    dilated = mask.copy()
    dilated[1:] |= mask[:-1]
    dilated[:-1] |= mask[1:]
    rows = dilated.copy()
    dilated[:, 1:] |= rows[:, :-1]
    dilated[:, :-1] |= rows[:, 1:]
    return dilated


def _fit_size(crop: tuple[int, ...], shape: tuple[int, int]) -> tuple[int, int]:
    """Return the height and width of a crop after step 5."""
    max_rows, max_columns = (max(1, _divide_rounded(20 * side, 28)) for side in shape)
    height, width = crop
    # Integers, so that rounding errors don't affect the result.
    if height * max_columns >= width * max_rows:
        return max_rows, max(1, _divide_rounded(width * max_rows, height))
    return max(1, _divide_rounded(height * max_columns, width)), max_columns


def _divide_rounded(numerator: int, denominator: int) -> int:
    """Return the quotient of positive integers, rounded to an integer, halves up."""
    return (2 * numerator + denominator) // (2 * denominator)


def _area_means(rows: Floats, count: int) -> Floats:
    """Return `rows`, (old, n), resampled by area to (count, n).

    The new row i covers the interval from i old / count to (i + 1) old / count of the old rows. It
    is their mean, weighted by the fractions of the interval that they cover. They are added one
    after the other, as on the report page, so that the sum depends on no BLAS.
    """
    old = len(rows)
    means = np.empty((count, rows.shape[1]))
    for i in range(count):
        start, stop = i * old / count, (i + 1) * old / count
        index = np.arange(math.floor(start), min(math.ceil(stop), old))
        covered = np.minimum(stop, index + 1) - np.maximum(start, index)
        weights = covered * (count / old)
        np.add.reduce(rows[index] * weights[:, np.newaxis], axis=0, out=means[i])
    return means


def _centering_offset(mass: Floats, side: int) -> int:
    """Return the first row or column of a digit in `side` pixels, from its mass in each."""
    centre = ((np.arange(len(mass)) + 0.5) * mass).sum() / mass.sum()
    offset = side // 2 - int(np.floor(centre + TIE_TOLERANCE_PIXELS))
    return min(max(offset, 0), side - len(mass))
