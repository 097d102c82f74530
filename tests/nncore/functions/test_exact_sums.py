"""Exact sums and softmax against `math.fsum` and NumPy's float64 functions."""

import math
from itertools import pairwise

import numpy as np
import pytest
from float_values import NO_NUMBERS, spread

from nncore.functions import exact
from nncore.functions.activations import softmax_backward
from nncore.functions.elementary import BLOCK
from nncore.network.prediction import Prediction

COUNTS = pytest.mark.parametrize("count", [1, 2, 10, BLOCK, BLOCK + 1, 3 * BLOCK + 7])
SUMS = pytest.mark.parametrize(
    ("function", "power"), [(exact.sum_all, 1), (exact.sum_of_squares, 2)]
)
ROW_SUMS = pytest.mark.parametrize(
    ("function", "whole"),
    [(exact.sum_rows, exact.sum_all), (exact.row_sums_of_squares, exact.sum_of_squares)],
)


@COUNTS
@SUMS
@pytest.mark.parametrize("decades", [0, 6, 30])
def test_a_sum_is_fsums_up_to_half_a_step_of_the_grid_for_each_number(
    count, function, power, decades
):
    terms = spread(count, 1, decades)
    numbers = [term**power for term in terms.tolist()]
    step = 2 * max(map(abs, numbers)) * 2.0 ** -exact.sum_bits(count)
    assert function(terms) == pytest.approx(math.fsum(numbers), rel=1e-15, abs=count * step / 2)


@COUNTS
def test_a_sum_of_numbers_on_a_grid_already_is_fsums_to_the_last_bit(count):
    numbers = np.random.default_rng(1).random(count, np.float32) - np.float32(0.5)
    assert exact.sum_all(numbers) == math.fsum(numbers.tolist())


@COUNTS
@SUMS
def test_the_order_of_the_numbers_changes_no_bit(count, function, power):
    numbers = spread(count)
    rng = np.random.default_rng(power)
    assert {function(rng.permutation(numbers)) for _ in range(20)} == {function(numbers)}


@COUNTS
@pytest.mark.parametrize(
    ("function", "dtype"), [(exact.sum_all, np.float64), (exact.sum_of_squares, np.float32)]
)
def test_the_order_of_the_most_digits_whose_sums_are_the_largest_changes_no_bit(
    count, function, dtype
):
    """Numbers of one sign near the largest one, of 53 digits, or of 48 when squared."""
    rng = np.random.default_rng(1)
    numbers = rng.uniform(0.9, 1, count).astype(dtype)
    assert {function(rng.permutation(numbers)) for _ in range(20)} == {function(numbers)}


@SUMS
def test_the_layout_of_the_numbers_changes_no_bit(function, power):
    numbers = spread((99, 100 * power))
    layouts = (np.asfortranarray(numbers), numbers[::-1, ::-1], numbers.T, numbers.ravel())
    assert {function(each) for each in layouts} == {function(numbers)}


@SUMS
def test_a_plain_sum_does_depend_on_the_order(function, power):
    """Or the facts above could not fail."""
    numbers = spread(10_000)
    rng = np.random.default_rng(power)
    plain = {float(np.sum(rng.permutation(numbers) ** power)) for _ in range(20)}
    assert len(plain) > 1
    assert function(numbers) == pytest.approx(plain.pop(), rel=1e-3)


@ROW_SUMS
@pytest.mark.parametrize("shape", [(1, 1), (50, 3), (3, 50), (9, BLOCK + 1), (2 * BLOCK, 2)])
def test_the_sum_of_a_row_is_that_of_the_row_alone(function, whole, shape):
    rows = spread(shape)
    assert function(rows).tolist() == [whole(row) for row in rows]
    assert function(np.asfortranarray(rows)).tolist() == function(rows).tolist()
    assert function(rows[:, ::-1]).tolist() == function(rows).tolist()


@SUMS
def test_no_numbers_have_the_sum_0(function, power):
    assert function(np.empty(0, np.float32)) == function(np.zeros((power, 3), np.float32)) == 0


@ROW_SUMS
def test_no_rows_and_rows_of_nothing_have_sums(function, whole):
    assert function(np.empty((0, 3), np.float32)).tolist() == []
    empty = np.empty((3, 0), np.float32)
    assert function(empty).tolist() == [whole(empty[0])] * 3 == [0] * 3


@NO_NUMBERS
@SUMS
@pytest.mark.parametrize("place", [0, BLOCK, 2 * BLOCK])
def test_what_is_no_number_is_found_in_a_sum(value, function, power, place):
    numbers = spread(2 * BLOCK + power)
    numbers[place] = value
    with np.errstate(invalid="ignore"):
        assert not math.isfinite(function(numbers))


@NO_NUMBERS
@ROW_SUMS
def test_what_is_no_number_is_found_in_its_row_alone(value, function, whole):
    rows = spread((5, 7))
    rows[3, 2] = value
    with np.errstate(invalid="ignore"):
        result = function(rows).tolist()
    assert [math.isfinite(total) for total in result] == [True, True, True, False, True]
    assert result[0] == whole(rows[0])


@SUMS
def test_the_largest_and_the_least_numbers_have_sums(function, power):
    largest, least = np.finfo(np.float32).max, np.float32(2.0**-149)
    assert function(np.full(8, largest)) == 8 * float(largest) ** power
    assert function(np.full(8, least)) == 8 * float(least) ** power


# Softmax.


def softmax(z):
    out = np.full_like(z, np.nan)
    exact.softmax(z, out, np.empty_like(z))
    return out


@pytest.mark.parametrize("classes", [1, 2, 10, 1000, BLOCK + 1])
@pytest.mark.parametrize("size", [1, 10, 100])
def test_softmax_is_within_one_spacing_of_the_rounded_value(classes, size):
    z = size * np.random.default_rng(1).standard_normal((40, classes)).astype(np.float32)
    powers = np.exp(z.astype(float) - z.max(axis=1, keepdims=True))
    expected = powers / powers.sum(axis=1, keepdims=True)
    result = softmax(z)
    assert (np.abs(result - expected) <= np.spacing(expected.astype(np.float32))).all()
    assert np.abs(result.sum(axis=1, dtype=float) - 1).max() <= 2.0**-24 * min(classes, 100)


@pytest.mark.parametrize("classes", [2, 10, 1000])
def test_softmax_of_a_row_is_the_same_in_any_batch(classes):
    z = spread((3000, classes))
    whole = softmax(z)
    for cuts in (range(0, 3001, 1), [0, 1, 408, 409, 410, 3000]):
        parts = [softmax(z[start:stop]) for start, stop in pairwise(cuts)]
        assert np.concatenate(parts).tobytes() == whole.tobytes()


@pytest.mark.parametrize("classes", [3, 50, 1000])
def test_softmax_of_permuted_classes_is_permuted(classes):
    """In float64, whose digits show each rounding of a sum."""
    rng = np.random.default_rng(1)
    z = rng.standard_normal((300, classes))
    order = rng.permutation(classes)
    assert softmax(z[:, order]).tobytes() == softmax(z)[:, order].tobytes()


@pytest.mark.parametrize("classes", [3, 50, 1000])
def test_the_derivative_of_softmax_of_permuted_classes_is_permuted(classes):
    rng = np.random.default_rng(1)
    grad, a = rng.standard_normal((2, 300, classes))
    order = rng.permutation(classes)
    whole, permuted = grad.copy(), grad[:, order]
    for outputs, gradient in ((a, whole), (a[:, order], permuted)):
        softmax_backward(outputs, gradient, np.empty_like(outputs), exact)
    assert permuted.tobytes() == whole[:, order].tobytes()


@pytest.mark.parametrize("classes", [3, 50, 1000])
def test_probabilities_of_permuted_classes_are_permuted(classes):
    """In float64 too, as above: the outputs are those of no network."""
    rng = np.random.default_rng(1)
    outputs, order = rng.random((300, classes)), rng.permutation(classes)
    result = Prediction.from_outputs(outputs[:, order]).probabilities
    assert result.tobytes() == Prediction.from_outputs(outputs).probabilities[:, order].tobytes()


@NO_NUMBERS
def test_softmax_of_what_is_no_number_is_none_in_its_row_alone(value):
    z = spread((3, 5))
    z[1, 2] = value
    with np.errstate(invalid="ignore"):
        result = softmax(z)
    assert np.isfinite(result[[0, 2]]).all()
    assert value == -np.inf or np.isnan(result[1]).all()
