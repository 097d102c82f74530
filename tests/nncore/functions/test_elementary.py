"""Elementary functions against NumPy's and Python's in float64, over all of float32."""

import math
from statistics import NormalDist

import numpy as np
import pytest

from nncore.functions.elementary import (
    BLOCK,
    exp,
    log,
    log1p,
    sigmoid,
    sin_cos,
    standard_normal,
    tanh,
)

# Coprime to the powers of two: all exponents and digits occur. With 1, every float32 does.
STRIDE = 1009


def every_float32():
    """Return each number of `STRIDE` of all bits of float32, without those that are no numbers."""
    values = np.arange(0, 2**32, STRIDE, dtype=np.uint64).astype(np.uint32).view(np.float32)
    return values[np.isfinite(values)]


def made(function, values):
    """Return what a function writes."""
    out = np.full_like(values, np.nan)
    function(values, out) if function is exp else function(values, out, np.empty_like(values))
    return out


def numpys_sigmoid(x):
    """Return e^x / (1 + e^x), which overflows from 710 on, where it is 1."""
    power = np.exp(np.minimum(x, 700))
    return power / (1 + power)


ORACLES = {"exp": (exp, np.exp), "sigmoid": (sigmoid, numpys_sigmoid), "tanh": (tanh, np.tanh)}
EACH = pytest.mark.parametrize(("function", "oracle"), ORACLES.values(), ids=ORACLES)


@EACH
def test_a_function_is_within_0_6_of_float32s_spacing_everywhere(function, oracle):
    x = every_float32()
    with np.errstate(over="ignore", under="ignore"):
        result = made(function, x).astype(float)
        expected = oracle(x.astype(float))
        nearest = expected.astype(np.float32)
    is_finite = np.isfinite(nearest)
    assert np.array_equal(result[~is_finite], nearest[~is_finite])
    errors = np.abs(result[is_finite] - expected[is_finite])
    assert (errors <= 0.6 * np.spacing(np.abs(nearest[is_finite]))).all()


@EACH
def test_a_number_has_the_same_value_wherever_it_stands(function, oracle):
    """Below the end of a block, in its rest, alone, in a matrix, and in place."""
    x = (10 * np.random.default_rng(1).standard_normal(2 * BLOCK + 3)).astype(np.float32)
    whole = made(function, x)
    assert whole == pytest.approx(oracle(x.astype(float)), rel=1e-6, abs=1e-45)
    order = np.random.default_rng(2).permutation(len(x))
    assert made(function, x[order]).tobytes() == whole[order].tobytes()
    places = [0, 1, BLOCK - 1, BLOCK, len(x) - 1]
    assert [made(function, x[i : i + 1]).item() for i in places] == whole[places].tolist()
    assert made(function, x[:-1].reshape(-1, 2)).tobytes() == whole[:-1].tobytes()
    function(x, x) if function is exp else function(x, x, x)
    assert x.tobytes() == whole.tobytes()


@EACH
def test_no_number_stays_no_number_and_float64_stays_float64(function, oracle):
    x = np.array([np.nan, 0.25, -np.nan])
    with np.errstate(invalid="ignore"):
        result = made(function, x)
    assert np.isnan(result).tolist() == [True, False, True]
    assert result.dtype == np.float64
    assert result[1] == pytest.approx(oracle(0.25), rel=1e-8)


@pytest.mark.parametrize(
    ("function", "values", "expected"),
    [
        (exp, [-np.inf, -104, 0, -0.0, 89, np.inf], [0, 0, 1, 1, np.inf, np.inf]),
        (sigmoid, [-np.inf, -104, 0, -0.0, 20, np.inf], [0, 0, 0.5, 0.5, 1, 1]),
        (tanh, [-np.inf, -20, 0, 20, np.inf], [-1, -1, 0, 1, 1]),
    ],
)
def test_ends_and_middles_are_exact(function, values, expected):
    with np.errstate(over="ignore"):
        assert made(function, np.array(values, np.float32)).tolist() == expected


def test_tanh_is_odd_and_keeps_the_sign_of_zero():
    x = np.abs(every_float32()[::7])
    assert made(tanh, -x).tobytes() == (-made(tanh, x)).tobytes()
    assert np.signbit(made(tanh, np.array([0.0, -0.0], np.float32))).tolist() == [False, True]


def test_tanh_of_a_small_number_is_the_number():
    """As x - x³/3: below 1e-4 the difference is less than a quarter of float32's spacing."""
    x = np.array([2.0**-149, 2.0**-126, 1e-30, 1e-8, 1e-5, -3e-7], np.float32)
    assert made(tanh, x).tolist() == x.tolist()


# Logarithms.


def test_log_keeps_the_digits_of_float64_everywhere():
    x = every_float32()
    x = x[x > 0]
    expected = np.log(x.astype(float))
    assert (np.abs(log(x) - expected) <= 1e-14 * np.abs(expected)).all()


def test_log_near_1_keeps_its_digits():
    x = 1 + np.arange(-1000, 1001) * 2.0**-52
    assert log(x) == pytest.approx([math.log1p(each - 1) for each in x], rel=1e-14, abs=0)


def test_log_has_the_values_of_the_ends():
    with np.errstate(all="ignore"):
        result = log(np.array([0, -0.0, 1, np.inf, -1, -np.inf, np.nan], np.float32))
    assert result[:4].tolist() == [-np.inf, -np.inf, 0, np.inf]
    assert np.isnan(result[4:]).all()


def test_log1p_keeps_the_digits_of_small_numbers():
    x = np.concatenate([np.linspace(0, 1, 100_001), 10.0 ** np.arange(-300, 0)])
    assert (np.abs(log1p(x) - np.log1p(x)) <= 2e-11 * np.log1p(x)).all()
    assert log1p(np.zeros(1)).tolist() == [0]


# Sine and cosine.


@pytest.mark.parametrize("largest", [1e-300, 1, 10, 1e5])
def test_sine_and_cosine_are_float64s_up_to_1e5(largest):
    x = np.random.default_rng(1).uniform(-largest, largest, 200_000)
    sine, cosine = sin_cos(x)
    assert np.abs(sine - np.sin(x)).max() <= 2e-15 * min(largest, 1)
    assert np.abs(cosine - np.cos(x)).max() <= 2e-15


def test_sine_and_cosine_near_multiples_of_a_quarter_turn_are_float64s():
    x = np.arange(-60_000, 60_001) * (math.pi / 2)
    x = np.concatenate([x, np.nextafter(x, 9e9), np.nextafter(x, -9e9)])
    sine, cosine = sin_cos(x)
    assert np.abs(sine - np.sin(x)).max() <= 4e-16
    assert np.abs(cosine - np.cos(x)).max() <= 4e-16
    assert [part.item() for part in sin_cos(np.zeros(1))] == [0, 1]


# Normal numbers.

MANY = 1_000_000


@pytest.mark.parametrize("seed", [1, 2])
def test_normal_numbers_have_the_moments_of_their_distribution(seed):
    """Within five standard errors: 1/√n, √(2/n), √(15/n), √(96/n)."""
    x = standard_normal(np.random.default_rng(seed), (MANY,))
    moments = [float(np.mean(x**power)) for power in (1, 2, 3, 4)]
    errors = np.sqrt(np.array([1, 2, 15, 96]) / MANY)
    assert (np.abs(np.array(moments) - [0, 1, 0, 3]) <= 5 * errors).all()


def test_normal_numbers_are_distributed_as_pythons():
    """By Kolmogorov's distance, which exceeds 1.95 / √n once in a thousand times."""
    x = np.sort(standard_normal(np.random.default_rng(3), (20_000,)))
    expected = np.array([NormalDist().cdf(each) for each in x.tolist()])
    distance = np.abs(expected - np.arange(0.5, 20_000) / 20_000).max()
    assert distance < 1.95 / math.sqrt(20_000)


def test_the_two_halves_of_normal_numbers_are_independent():
    """They are the cosines and the sines of the same angles."""
    one, other = standard_normal(np.random.default_rng(4), (2, MANY // 2))
    bound = 5 / math.sqrt(MANY / 2)
    assert abs(np.corrcoef(one, other)[0, 1]) <= bound
    assert abs(np.corrcoef(one**2, other**2)[0, 1]) <= bound
    assert abs(np.corrcoef(one[1:], one[:-1])[0, 1]) <= bound


@pytest.mark.parametrize("shape", [(), (0,), (1,), (5,), (3, 5), (0, 4), (2, 3, 1)])
def test_normal_numbers_have_the_shape_that_is_asked_for(shape):
    rng = np.random.default_rng(1)
    result, count = standard_normal(rng, shape), math.prod(shape)
    assert (result.shape, result.dtype) == (shape, np.float64)
    even = standard_normal(np.random.default_rng(1), (count + count % 2,))
    assert result.ravel().tolist() == even[:count].tolist()


@pytest.mark.parametrize("uniform", [0.0, 1 - 2.0**-53])
def test_normal_numbers_of_extreme_draws_are_finite(uniform):
    class Extreme:
        def random(self, shape):
            return np.full(shape, uniform)

    result = standard_normal(Extreme(), (2,))
    assert np.abs(result).max() <= math.sqrt(2 * 53 * math.log(2)) + 1e-12
