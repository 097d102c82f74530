"""Exact arithmetic: sums that never round, so that their order does not matter.

A sum of floats depends on its order, and so on the library, the kernel and the number of threads
that compute it, because each partial sum rounds. Here the operands are first rounded to a grid, the
integer multiples of a power of two, so coarse that every partial sum is an integer that a float64
holds. This is the first slice of the scheme of Ozaki, Ogita, Oishi, Rump, Error-free
transformations of matrix multiplication by using fast routines of matrix multiplication and its
applications (Numerical Algorithms 59, 2012). Mukunoki, Ozaki, Ogita, Imamura, Reproducible BLAS
routines with tunable accuracy using Ozaki scheme for many-core architectures (2020), build a BLAS
with it whose bits are the same everywhere.

`nncore.functions.plain` has the same functions in the plain arithmetic of the arrays' dtype.
"""

import math
from functools import cache

import numpy as np

from nncore.arrays import Doubles, Floats
from nncore.errors import ExactnessError
from nncore.functions.elementary import BLOCK, exp, exp_parts, log, log1p, sigmoid, tanh

__all__ = [
    "exp",
    "largest",
    "largest_of_all",
    "log",
    "log1p",
    "product",
    "product_bits",
    "require_exact_blas",
    "row_sums_of_squares",
    "sigmoid",
    "softmax",
    "sum_all",
    "sum_bits",
    "sum_of_squares",
    "sum_rows",
    "tanh",
    "to_grid",
]

# Bits of a float64, with the leading 1.
MANTISSA_BITS = 53
# A sum of more terms would leave fewer bits than the 11 of half precision.
MAX_LENGTH = 2**31
# The bits of a float64's exponent: with these alone, the number is a power of two or infinite.
_EXPONENT = np.array(0x7FF0_0000_0000_0000, np.int64)


def product_bits(length: int, other: int | None = None) -> int:
    """Return the bits of a grid on which the sum of `length` products of two numbers is exact.

    With b bits, a number is an integer of at most 2^b in units of its grid. A product with a number
    of c bits is at most 2^(b + c), and a sum of k products at most k 2^(b + c) <= 2^53 for
    b + c = 53 - ⌈log2 k⌉. So each partial sum, in any order, is an integer that a float64 holds.
    `other` is c; without it, c = b.

    Raises
    ------
    ExactnessError
        `length` is below 1 or above `MAX_LENGTH`.
    """
    if not 1 <= length <= MAX_LENGTH:
        raise ExactnessError(
            f"an exact product must have 1 to {MAX_LENGTH:,} terms, got {length:,}; "
            "with numerics: fast it may have more"
        )
    bits = MANTISSA_BITS - (length - 1).bit_length()
    return bits // 2 if other is None else bits - other


def sum_bits(length: int) -> int:
    """Return the bits of a grid, at most 51, on which a sum of `length` numbers is exact."""
    return min(MANTISSA_BITS - (max(length, 1) - 1).bit_length(), MANTISSA_BITS - 2)


def largest(values: Floats, axis: int, work: Floats | None = None) -> Doubles:
    """Return the largest magnitudes along an axis, which keeps the length 1; NaN for a NaN.

    `work` is scratch of the shape and dtype of `values`; None allocates it.
    """
    magnitudes = np.abs(values, out=work)
    return np.maximum.reduce(magnitudes, axis=axis, keepdims=True, initial=0).astype(np.float64)


def largest_of_all(values: Floats) -> float:
    """Return the largest magnitude of all values, NaN if there is one."""
    high = float(np.maximum.reduce(values, axis=None, initial=0))
    low = float(np.minimum.reduce(values, axis=None, initial=0))
    # With a NaN among the values, both are NaN.
    return max(high, -low)


def to_grid(values: Floats, bounds: Doubles | float, bits: int, out: Doubles) -> None:
    """Write `values` rounded to the nearest multiples of 2^(e - bits), where 2^e > bounds.

    2^e is the least such power of two. C = 1.5 · 2^(52 + e - bits) is so large that its neighbours
    among the float64 numbers are one grid step apart. So (value + C) - C rounds once, in the
    addition, and the subtraction is exact. A value of less than half a grid step becomes 0. Where a
    bound is infinite or NaN, every result is NaN, and so is a sum of them.

    Parameters
    ----------
    values : floats of any shape; `out` itself, or an array that does not share its memory
    bounds : upper bounds of the magnitudes, one number or an array that broadcasts; each is 0, or
        from 2^-900 to 2^900, or not finite
    bits : at most 51
    out : float64, of the shape of `values`
    """
    shift: Doubles | float
    if isinstance(bounds, float):
        is_finite = math.isfinite(bounds)
        shift = math.ldexp(1.5, 52 - bits + math.frexp(bounds)[1]) if is_finite else math.nan
    else:
        power = np.bitwise_and(bounds.view(np.int64), _EXPONENT).view(np.float64)
        shift = np.multiply(power, math.ldexp(1.5, MANTISSA_BITS - bits))
    if out is not values:
        np.copyto(out, values)
    np.add(out, shift, out=out)
    np.subtract(out, shift, out=out)


def product(left: Doubles, right: Doubles, out: Doubles) -> None:
    """Write the matrix product, (m, n), of (m, k) and (k, n), on grids with `product_bits`.

    It is exact, so nothing depends on the BLAS that computes it. Each row of `left` and each column
    of `right` may have a grid of its own, because no sum mixes two rows or two columns. `right` may
    also be a stack of matrices.
    """
    # Unlike dot, matmul takes columns of a matrix without a copy.
    np.matmul(left, right, out=out)


@cache
def require_exact_blas(*, single_row: bool = False) -> None:
    """Check, once in a process, that NumPy's BLAS rounds no sum that a float64 holds.

    It may add in any order, with or without fused operations. Some libraries compute products of
    large matrices by way of differences (Strassen, 1969), or with fewer bits.

    Parameters
    ----------
    single_row : check only the product of a row and a matrix, in a tenth of the time

    Raises
    ------
    ExactnessError
        A product of integers, whose sums have up to 53 bits, is wrong.
    """
    size, bits = 512, product_bits(512)
    index = np.arange(size)
    # Factors p_i + q_k and r_k + s_j, of 2^22 at most: all that differs is in their low halves.
    p, q, r, s = (
        (2 ** (bits - 1) - 1 - index * step % 65521).astype(np.float64)
        for step in (7919, 31, 257, 4099)
    )
    left, right = p[:, np.newaxis] + q, r[:, np.newaxis] + s
    # Σ (p_i + q_k) (r_k + s_j), expanded: integers that a float64 holds, and so are its sums.
    expected = np.multiply.outer(size * p, s)
    expected += s * q.sum()
    expected += (p * r.sum() + (q * r).sum())[:, np.newaxis]
    for rows in (1,) if single_row else (1, size):
        got = np.empty((rows, size))
        product(left[:rows], right, got)
        if not np.array_equal(got, expected[:rows]):
            raise ExactnessError(
                "numerics: exact and elastic distortions need a BLAS whose products of integers "
                "are exact, got another; install NumPy from PyPI or conda-forge, or do without both"
            )


def softmax(z: Floats, out: Floats, work: Floats) -> None:  # noqa: ARG001
    """Write exp(z) / Σ exp(z) for each row of z, (rows, classes)."""
    rows, classes = z.shape
    bits, count = sum_bits(classes), max(BLOCK // classes, 1)
    for start in range(0, rows, count):
        part = z[start : start + count]
        x = np.subtract(part, np.maximum.reduce(part, axis=1, keepdims=True), dtype=np.float64)
        powers, on_grid = exp_parts(x)
        np.multiply(on_grid, powers, out=on_grid)
        np.add(powers, on_grid, out=powers)
        # The powers are at most 1.
        to_grid(powers, 1.0, bits, on_grid)
        total = np.add.reduce(on_grid, axis=1, keepdims=True)
        np.divide(powers, total, out=out[start : start + count], casting="same_kind")


def sum_rows(values: Floats) -> Doubles:
    """Return the sum of each row of (n, k), (n,), for k of at most 2^29.

    Each row is on a grid of 53 - ⌈log2 k⌉ bits, 51 at most, so a float32 loses digits only beside
    one that is 2^29 / k times as large.
    """
    rows, columns = values.shape
    bits, count = sum_bits(columns), max(BLOCK // max(columns, 1), 1)
    total = np.empty(rows)
    for start in range(0, rows, count):
        # Transposed, for NumPy adds short rows one by one, which takes three times as long.
        part = values[start : start + count].T.astype(np.float64, order="C")
        to_grid(part, largest(part, 0), bits, part)
        np.add.reduce(part, axis=0, out=total[start : start + count])
    return total


def sum_all(values: Floats) -> float:
    """Return the sum of an array of any shape, with the digits of `sum_rows`."""
    return _sum(values, largest_of_all(values))


def sum_of_squares(values: Floats) -> float:
    """Return the sum of the squares of a float32 array, each of which a float64 holds exactly."""
    bound = largest_of_all(values)
    return _sum(values, bound * bound, squared=True)


def row_sums_of_squares(values: Floats) -> Doubles:
    """Return the sum of the squares of each row of (n, k) float32, (n,)."""
    rows, columns = values.shape
    bits, count = sum_bits(columns), max(BLOCK // max(columns, 1), 1)
    total = np.empty(rows)
    for start in range(0, rows, count):
        part = values[start : start + count].astype(np.float64)
        np.square(part, out=part)
        to_grid(part, largest(part, 1), bits, part)
        np.add.reduce(part, axis=1, out=total[start : start + count])
    return total


def _sum(values: Floats, bound: float, *, squared: bool = False) -> float:
    """Return the sum of the values or of their squares, by blocks that a cache holds."""
    flat = values.ravel(order="K")
    total, bits = 0.0, sum_bits(flat.size)
    buffer = np.empty(min(BLOCK, flat.size))
    for start in range(0, flat.size, BLOCK):
        part = flat[start : start + BLOCK]
        block = buffer[: len(part)]
        np.copyto(block, part)
        if squared:
            np.multiply(block, block, out=block)
        to_grid(block, bound, bits, block)
        # Each partial sum is on the grid too.
        total += float(np.add.reduce(block))
    return total
