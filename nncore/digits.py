"""A picture of one digit, of any size, as an image like MNIST's.

MNIST's digits were fitted into 20 x 20 pixels and put with their centre of mass into the middle of
28 x 28: LeCun, Bottou, Bengio, Haffner, Gradient-based learning applied to document recognition
(1998), section III.A. `normalized` does the same in steps that any language can repeat: only the
sums, whose order is free, may differ in the last bits of a double.
"""

import numpy as np
from numpy.typing import NDArray

from nncore.arrays import Bytes, Floats
from nncore.errors import NncoreError

# Of its picture's side; the rest is margin.
FITTED = 20 / 28
# Black on white is 1. A blank sheet's shadows and noise stay below this.
LEAST_CONTRAST = 0.1
LEVELS = 256
# So that a sum's last bits never decide between two pixels.
TIE = 1e-6


class BlankError(NncoreError):
    """A picture with nothing in it."""


def grey(rgba: Bytes) -> Floats:
    """Return the luminance of a picture, 0 for black to 1 for white.

    (299 red + 587 green + 114 blue) / 1000, after ITU-R BT.601, section 2.5.1. What is transparent
    lies on white or black, whichever leaves more contrast between the lightest and darkest pixel;
    on white if both leave the same.

    Parameters
    ----------
    rgba : (rows, columns, 4) uint8

    Returns
    -------
    (rows, columns) float64
    """
    # Integers up to the one division, so that a grey value v is v / 255 to the last bit.
    luminance, alpha = np.zeros(rgba.shape[:2], np.int32), rgba[..., 3]
    for channel, weight in enumerate((299, 587, 114)):
        luminance += np.multiply(rgba[..., channel], weight, dtype=np.int32)
    if alpha.min() == 255:
        return luminance / 255_000
    on_black = luminance * alpha
    on_white = on_black + 255_000 * (255 - alpha.astype(np.int32))
    best = on_black if np.ptp(on_black) > np.ptp(on_white) else on_white
    return best / (255_000 * 255)


def normalized(picture: Floats, shape: tuple[int, int]) -> Floats:
    """Return the one digit of a picture as a model expects it: light on dark, fitted, centred.

    1. Ground: the median of the picture's outermost pixels, each counted once. Darker parts are
       the digit if the sum of their squared distances from the ground is the greater one, else the
       lighter parts are. Ink is that distance, and 0 for all others.
    2. Ink is divided by its maximum. Pixels of at least Otsu's threshold (see `_threshold`) keep
       their ink, and so do the eight around each of them; all others become 0.
    3. Crop: the smallest rectangle that holds all ink, h x w.
    4. Fit: with H x W = 20/28 of `shape`, halves rounded up, the crop becomes H x (w H / h), or
       (h W / w) x W if that is too wide; halves rounded up, at least 1. Each new pixel is the mean
       of the rectangle that it covers, where the old pixels are squares: see `_means`. All is
       divided by its maximum.
    5. Centre: the pixel that holds the centre of mass (pixel i reaches from i to i + 1, and a
       centre on a border, or less than 1e-6 before it, is in the next) becomes pixel
       (rows // 2, columns // 2) of `shape`, unless a part of the digit would then lie outside: it
       goes no further than the edge.

    Parameters
    ----------
    picture : (·, ·) float64 in [0, 1], neither of them 0
    shape : rows and columns of the result

    Returns
    -------
    `shape` float64 in [0, 1]
        Background is 0; the brightest pixel is 1.

    Raises
    ------
    BlankError
        Nothing stands out from the ground.
    """
    ink = _ink(picture)
    ink[~_near(ink >= _threshold(ink))] = 0
    rows, columns = np.flatnonzero(ink.any(axis=1)), np.flatnonzero(ink.any(axis=0))
    crop = ink[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    height, width = _fitted(crop.shape, shape)
    digit = _means(len(crop), height) @ crop @ _means(crop.shape[1], width).T
    digit /= digit.max()
    image = np.zeros(shape)
    top = _start(digit.sum(axis=1), shape[0])
    left = _start(digit.sum(axis=0), shape[1])
    image[top : top + height, left : left + width] = digit
    return image


def to_bytes(image: Floats) -> Bytes:
    """Return values in [0, 1] as pixel values 0 to 255, halves rounded up."""
    pixels: Bytes = np.floor(255 * image + 0.5).astype(np.uint8)
    return pixels


def _ink(picture: Floats) -> Floats:
    """Return how far each pixel stands out from the ground, (rows, columns) in [0, 1]."""
    edge = np.ones(picture.shape, np.bool_)
    edge[1:-1, 1:-1] = False
    ink: Floats = picture - np.median(picture[edge])
    if _squares(np.minimum(ink, 0)) > _squares(np.maximum(ink, 0)):
        np.negative(ink, out=ink)
    np.maximum(ink, 0, out=ink)
    contrast = ink.max()
    if contrast < LEAST_CONTRAST:
        raise BlankError(
            f"expected a digit darker or lighter than its ground, got a contrast of {contrast:.0%}"
        )
    ink /= contrast
    return ink


def _squares(values: Floats) -> float:
    flat = values.ravel()
    return float(flat @ flat)


def _threshold(ink: Floats) -> float:
    """Return the value that divides ink, in [0, 1], from ground.

    Of the thresholds k / 256, with the pixels in 256 levels, floor(256 ink) but at most 255, it is
    the one with the greatest variance between the two parts, the lowest of several. Levels below k
    are ground.

    References
    ----------
    Otsu, A threshold selection method from gray-level histograms (1979), equation 18: with n and s
    the number and sum of levels below k, N and S of all, (S n - N s)² / (n (N - n)).
    """
    levels = np.minimum(LEVELS * ink, LEVELS - 1).astype(np.uint8)
    counts = np.bincount(levels.ravel(), minlength=LEVELS).astype(np.float64)
    n, s = counts.cumsum(), (counts * np.arange(LEVELS)).cumsum()
    # Without the last, below which are all. The lowest level is never empty: the ground's is 0.
    between = (s[-1] * n - n[-1] * s)[:-1] ** 2 / np.maximum(n * (n[-1] - n), 1)[:-1]
    return float(between.argmax() + 1) / LEVELS


def _near(marked: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Return which pixels are marked or touch a marked one, at a side or a corner."""
    near = marked.copy()
    near[1:] |= marked[:-1]
    near[:-1] |= marked[1:]
    rows = near.copy()
    near[:, 1:] |= rows[:, :-1]
    near[:, :-1] |= rows[:, 1:]
    return near


def _fitted(crop: tuple[int, ...], shape: tuple[int, int]) -> tuple[int, int]:
    """Return the height and width of a crop once it is fitted."""
    most_rows, most_columns = (max(1, _rounded(20 * side, 28)) for side in shape)
    height, width = crop
    # As integers: no quotient's last bit decides.
    if height * most_columns >= width * most_rows:
        return most_rows, max(1, _rounded(width * most_rows, height))
    return max(1, _rounded(height * most_columns, width)), most_columns


def _rounded(numerator: int, denominator: int) -> int:
    """Return a quotient of positive integers, halves rounded up."""
    return (2 * numerator + denominator) // (2 * denominator)


def _means(old: int, new: int) -> Floats:
    """Return the matrix, (new, old), that makes `new` pixels of `old` ones in the same length.

    The new pixel i reaches from i old / new to (i + 1) old / new; each old one counts by the part
    of that which it covers.
    """
    ends = np.arange(new + 1) * old / new
    before, after = ends[:-1, np.newaxis], ends[1:, np.newaxis]
    pixel = np.arange(old)
    covered = np.minimum(after, pixel + 1) - np.maximum(before, pixel)
    means: Floats = np.maximum(covered, 0) * (new / old)
    return means


def _start(mass: Floats, side: int) -> int:
    """Return where a digit begins in `side` pixels, from its mass in each row or column."""
    centre = ((np.arange(len(mass)) + 0.5) * mass).sum() / mass.sum()
    start = side // 2 - int(np.floor(centre + TIE))
    return min(max(start, 0), side - len(mass))
