"""Exact arithmetic against Python's integers, fractions and `math.fsum`."""

import math
from fractions import Fraction
from itertools import pairwise

import numpy as np
import pytest
from float_values import NO_NUMBERS, spread
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from nncore.errors import ExactnessError
from nncore.functions import exact

LENGTHS = pytest.mark.parametrize("length", [1, 2, 3, 10, 64, 65, 784, 1000, 4096])
FLOATS = st.floats(width=32, allow_nan=False, allow_infinity=False)


def matmul(left, right):
    """Return the product of matrices of which each row and each column has its own grid."""
    bits = exact.product_bits(left.shape[1])
    rows, columns = np.empty(left.shape), np.empty(right.shape)
    exact.to_grid(left, exact.largest(left, 1), bits, rows)
    exact.to_grid(right, exact.largest(right, 0), bits, columns)
    result = np.empty((len(left), right.shape[1]))
    exact.product(rows, columns, result)
    return result.astype(left.dtype)


def rounded(value, bound, bits):
    """Return the multiple of 2^(e - bits) nearest to a number, the even one of two."""
    step = Fraction(2) ** (math.frexp(bound)[1] - bits)
    return round(Fraction(value) / step) * step


# Grids.


@given(arrays(np.float32, st.integers(1, 9), elements=FLOATS), st.integers(1, 51))
@settings(deadline=None)
def test_a_number_on_a_grid_is_the_nearest_multiple_of_its_step(values, bits):
    bound = float(np.abs(values).max())
    expected = [rounded(value, bound, bits) for value in values.tolist()]
    for given_bound in (exact.largest_of_all(values), exact.largest(values, 0)):
        actual = np.empty(values.shape)
        exact.to_grid(values, given_bound, bits, actual)
        assert [Fraction(value) for value in actual.tolist()] == expected


@pytest.mark.parametrize("bound", [1.0, 1.5, 2.0**-149, 2.0**127, 0.0])
def test_a_number_of_less_than_half_a_step_becomes_0(bound):
    """Of half a step too: 0 is even. And numbers that are on the grid stay as they are."""
    step = 2.0 ** (math.frexp(bound)[1] - 20)
    values = np.array([0.49, 0.5, 0.51, -0.49, -0.51, 7.0, -(2.0**20)]) * step
    for given_bound in (bound, np.array(bound)) if bound else (bound,):
        out = values.copy()
        exact.to_grid(out, given_bound, 20, out)
        assert (out / step).tolist() == [0, 0, 1, 0, -1, 7, -(2**20)]


@pytest.mark.parametrize("axis", [0, 1])
def test_the_largest_magnitude_is_that_of_either_sign(axis):
    values = spread((7, 5))
    expected = np.abs(values).max(axis=axis, keepdims=True)
    for each in (values, -values):
        assert np.array_equal(exact.largest(each, axis), expected)
    assert exact.largest(values, axis).dtype == np.float64


def test_the_largest_of_all_magnitudes_is_one_number():
    values = spread((7, 5))
    for each in (values, -values):
        assert exact.largest_of_all(each) == float(np.abs(values).max())
    assert exact.largest_of_all(np.empty((0, 3), np.float32)) == 0


@pytest.mark.parametrize("values", [[1, np.nan, 2], [np.nan, -1, -2], [-np.inf, 3, np.nan]])
def test_a_nan_is_larger_than_any_magnitude(values):
    assert np.isnan(exact.largest(np.array([values]), 1)).all()
    assert np.isnan(exact.largest_of_all(np.array(values)))


@pytest.mark.parametrize("length", [*range(1, 70), 784, 1000, 4095, 4096, 2**30 + 1, 2**31])
def test_a_product_has_the_most_bits_whose_sums_a_float64_holds(length):
    bits = exact.product_bits(length)
    assert length * 2 ** (2 * bits) <= 2**53 < length * 2 ** (2 * bits + 2)
    for other in (1, 8, bits):
        both = exact.product_bits(length, other) + other
        assert length * 2**both <= 2**53 < length * 2 ** (both + 1)


def test_the_bits_of_usual_lengths_are_the_known_ones():
    lengths = (1, 784, 1024, 4096, 2**31)
    assert [exact.product_bits(length) for length in lengths] == [26, 21, 21, 20, 11]


@pytest.mark.parametrize("length", [0, -1, 2**31 + 1])
def test_other_lengths_are_refused(length):
    message = rf"^an exact product must have 1 to 2,147,483,648 terms, got {length:,}; "
    with pytest.raises(ExactnessError, match=message):
        exact.product_bits(length)


@pytest.mark.parametrize("length", [1, 2, 3, 4, 5, 4096, 4097, 10**7])
def test_a_sum_has_as_many_bits_as_a_float64_holds_and_51_at_most(length):
    bits = exact.sum_bits(length)
    assert length * 2**bits <= 2**53
    assert bits == 51 or length * 2 ** (bits + 1) > 2**53


# Products.


@LENGTHS
@pytest.mark.parametrize("kind", ["random", "largest", "odd"])
def test_a_product_is_that_of_integers(length, kind):
    bits = exact.product_bits(length)
    most, rng = 2**bits, np.random.default_rng(length)
    draw = {
        "random": lambda shape: rng.integers(-most, most, shape, endpoint=True),
        "largest": lambda shape: np.full(shape, most),
        "odd": lambda shape: np.full(shape, most - 1),
    }[kind]
    left, right = draw((3, length)), draw((length, 2))
    actual = np.empty((3, 2))
    exact.product(left.astype(float), right.astype(float), actual)
    assert [list(map(int, row)) for row in actual] == (left.astype(object) @ right).tolist()


@LENGTHS
@pytest.mark.parametrize("decades", [0, 6, 40])
def test_a_matrix_product_is_that_of_the_rounded_operands_rounded_once(length, decades):
    left, right = spread((2, length), 1, decades), spread((length, 3), 2, decades / 4)
    bits = exact.product_bits(length)

    def on_grid(vector):
        bound = float(np.abs(vector).max())
        return [rounded(value, bound, bits) for value in vector.tolist()]

    rows, columns = list(map(on_grid, left)), list(map(on_grid, right.T))
    sums = [[sum(map(Fraction.__mul__, row, column)) for column in columns] for row in rows]
    assert matmul(left, right).tolist() == np.array(sums, float).astype("f4").tolist()


@LENGTHS
def test_the_error_of_a_row_is_small_beside_its_own_largest_number(length):
    """Rows differ by 1e6, columns too."""
    left = spread((20, length), 1, 1) * np.float32(10) ** np.linspace(-3, 3, 20)[:, np.newaxis]
    right = spread((length, 20), 2, 1) * np.float32(10) ** np.linspace(-3, 3, 20)
    left, right = left.astype(np.float32), right.astype(np.float32)
    whole = left.astype(object) @ right.astype(object)
    size = np.abs(left).max(axis=1, keepdims=True).astype(float) * np.abs(right).max(axis=0)
    step = 2.0 ** -exact.product_bits(length)
    # Of each operand half a step is lost, of the result half of float32's spacing.
    bound = length * size * (2 * step + step**2) + 2.0**-24 * np.abs(whole.astype(float))
    assert (np.abs(matmul(left, right) - whole.astype(float)) <= bound).all()


@LENGTHS
def test_the_order_of_the_terms_changes_no_bit(length):
    left, right = spread((5, length)), spread((length, 4), 2)
    expected = matmul(left, right).tobytes()
    for seed in range(5):
        order = np.random.default_rng(seed).permutation(length)
        assert matmul(left[:, order], right[order]).tobytes() == expected


@LENGTHS
def test_the_rows_beside_a_row_change_no_bit(length):
    left, right = spread((50, length)), spread((length, 40), 2)
    whole = matmul(left, right)
    for cuts in ([0, 50], range(51), [0, 1, 17, 18, 50]):
        parts = [matmul(left[start:stop], right) for start, stop in pairwise(cuts)]
        assert np.concatenate(parts).tobytes() == whole.tobytes()


@LENGTHS
def test_the_layout_of_the_operands_changes_no_bit(length):
    left, right = spread((6, length)), spread((length, 5), 2)
    expected = matmul(left, right).tobytes()
    wide = np.zeros((12, 3 * length), np.float32)
    wide[::2, ::3] = left
    for each in (np.asfortranarray(left), wide[::2, ::3], left[::-1].copy()[::-1]):
        for other in (np.asfortranarray(right), right[:, ::-1].copy()[:, ::-1]):
            assert matmul(each, other).tobytes() == expected


@NO_NUMBERS
@pytest.mark.parametrize("place", [0, 7, 783])
def test_what_is_no_number_is_found_in_the_row_or_column_of_the_product(value, place):
    left, right = spread((3, 784)), spread((784, 4), 2)
    left[1, place] = right[place, 2] = value
    with np.errstate(invalid="ignore"):
        is_finite = np.isfinite(matmul(left, right))
    expected = np.ones((3, 4), bool)
    expected[1] = expected[:, 2] = False
    assert is_finite.tolist() == expected.tolist()


def test_a_product_with_zeros_is_0():
    zeros = np.zeros((3, 784), np.float32)
    assert matmul(zeros, spread((784, 4))).tolist() == [[0] * 4] * 3
    assert matmul(zeros, zeros.T).tolist() == [[0] * 3] * 3


@pytest.mark.parametrize("least", [2.0**-149, -(2.0**-149), 2.0**-140, 2.0**-126])
def test_subnormal_numbers_are_multiplied_as_others(least):
    left = np.full((1, 4), least, np.float32)
    assert matmul(left, np.full((4, 1), 0.5, np.float32)).item() == 2 * least
    assert matmul(left, np.full((4, 1), 2.0**126, np.float32)).item() == least * 2.0**128
