"""Elementary functions from + - * / sqrt and rounding, the same bits on every computer.

IEEE 754 defines these operations to the last bit. The C library's exp and log, and NumPy's, differ
between systems and processors. The relative error of a result is at most 1e-8, before it is rounded
to the dtype of its array: a float32 is within 0.6 of its spacing from the exact value.
"""

import math
from collections.abc import Iterator

import numpy as np

from nncore.arrays import Array, Doubles, Floats

# Numbers that a function works on at a time, in buffers that a processor's nearest cache holds.
BLOCK = 4096
_LN2, _SQRT_HALF = 0.693147180559945309417, 0.707106781186547524401
# π/2 in three parts, of which the first two have 33 bits: their products with small integers are
# exact. Cody & Waite, Software manual for the elementary functions (1980), chapter 8.
_HALF_PI = (1.57079632673412561417, 6.07710050630396597660e-11, 2.02226624879595063154e-21)
# e^-104 is 0 in float32, and e^89 infinite.
_LOWEST, _HIGHEST = -104.0, 89.0
# exp reads 2^(n/64) from a table, so that a short series is left.
_STEPS = 64
_FIRST = (math.floor(_LOWEST / _LN2) - 1) * _STEPS
_ATANH_TERMS = [1 / (2 * n + 1) for n in range(10)]
_SIN_TERMS = [(-1) ** n / math.factorial(2 * n + 1) for n in range(8)]
_COS_TERMS = [(-1) ** n / math.factorial(2 * n) for n in range(8)]


def _polynomial(terms: list[float], x: Doubles) -> Doubles:
    """Return Σ terms[n] x^n by Horner's rule, one operation after the other."""
    result = np.full_like(x, terms[-1])
    for term in reversed(terms[:-1]):
        np.multiply(result, x, out=result)
        np.add(result, term, out=result)
    return result


def _powers_of_two() -> Doubles:
    """Return 2^(n/64) for the integers n from `_FIRST` on."""
    fractions = np.arange(float(_STEPS)) * (_LN2 / _STEPS)
    first = _polynomial([1 / math.factorial(n) for n in range(20)], fractions)
    exponents = np.arange(_FIRST // _STEPS, math.ceil(_HIGHEST / _LN2) + 1)
    powers: Doubles = np.ldexp(first, exponents[:, np.newaxis]).ravel()
    return powers


_POWERS = _powers_of_two()
_PER_STEP, _STEP = np.array(_STEPS / _LN2), _LN2 / _STEPS
# Arrays, because NumPy converts a Python number on each call.
_C1, _C2, _C3 = map(np.array, (_STEP, _STEP * _STEP / 2, _STEP * _STEP * _STEP / 6))
_LOW, _HIGH, _OFFSET, _ONE = (np.array(value) for value in (_LOWEST, _HIGHEST, -float(_FIRST), 1.0))


def exp(values: Floats, out: Floats) -> None:
    """Write e^x to `out`, contiguous, of the shape of `values`; both may be one array.

    x counts as at least -104 and at most 89, beyond which the result is 0 or infinite in float32.
    """
    for x, result in _blocks(values, out):
        power, rest = exp_parts(x)
        np.multiply(rest, power, out=rest)
        np.add(rest, power, out=result, casting="same_kind")


def sigmoid(values: Floats, out: Floats, work: Floats) -> None:  # noqa: ARG001
    """Write 1 / (1 + e^-x), as e^x / (1 + e^x), which keeps its digits far below 0; see `exp`."""
    for x, result in _blocks(values, out):
        power, rest = exp_parts(x)
        np.multiply(rest, power, out=rest)
        np.add(rest, power, out=rest)
        np.add(rest, _ONE, out=power)
        np.divide(rest, power, out=result, casting="same_kind")


def tanh(values: Floats, out: Floats, work: Floats) -> None:  # noqa: ARG001
    """Write tanh x = -m / (2 + m) with m = e^(-2 abs(x)) - 1, and the sign of x; see `exp`."""
    for x, result in _blocks(values, out):
        doubled = np.abs(x)
        np.multiply(doubled, -2.0, out=doubled)
        power, rest = exp_parts(doubled)
        # e^t - 1 = power rest + (power - 1), where a small t loses no digits: its power is 1.
        np.multiply(rest, power, out=rest)
        np.subtract(power, _ONE, out=power)
        np.add(rest, power, out=rest)
        np.add(rest, 2.0, out=power)
        np.divide(rest, power, out=rest)
        np.copysign(rest, x, out=result, casting="same_kind")


def log(values: Array) -> Doubles:
    """Return the natural logarithm of float32 or float64 numbers, as float64.

    x = m 2^e with m from √½ to √2, and log m = 2 atanh((m - 1) / (m + 1)). 0 gives minus infinity,
    negative numbers NaN.
    """
    is_regular = (values > 0) & (values < np.inf)
    m, e = np.frexp(np.where(is_regular, values, 1).astype(np.float64))
    is_small = m < _SQRT_HALF
    m, e = np.where(is_small, 2 * m, m), (e - is_small).astype(np.float64)
    result: Doubles = e * _LN2 + _two_atanh((m - 1) / (m + 1))
    result[values == 0] = -np.inf
    result[values == np.inf] = np.inf
    result[~(values >= 0)] = np.nan
    return result


def log1p(values: Array) -> Doubles:
    """Return log(1 + x) for x from 0 to 1, as float64; a small x loses no digits."""
    x = values.astype(np.float64)
    return _two_atanh(x / (2 + x))


def sin_cos(values: Array) -> tuple[Doubles, Doubles]:
    """Return the sine and the cosine of angles of at most 1e5 in magnitude, in radians."""
    x = values.astype(np.float64)
    n = np.rint(x / (_HALF_PI[0] + _HALF_PI[1]))
    r = ((x - n * _HALF_PI[0]) - n * _HALF_PI[1]) - n * _HALF_PI[2]
    square = r * r
    sine, cosine = r * _polynomial(_SIN_TERMS, square), _polynomial(_COS_TERMS, square)
    quarter = n.astype(np.int64) % 4
    is_odd = quarter % 2 == 1
    return (
        np.where(is_odd, cosine, sine) * np.where(quarter >= 2, -1.0, 1.0),
        np.where(is_odd, sine, cosine) * np.where((quarter == 1) | (quarter == 2), -1.0, 1.0),
    )


def uniform(rng: "np.random.Generator", limit: float, shape: tuple[int, ...]) -> Doubles:
    """Draw float64 numbers from the uniform distribution from -limit to limit.

    NumPy's own function may use a fused operation, which rounds once instead of twice.
    """
    return limit * (2 * rng.random(shape) - 1)


def standard_normal(rng: "np.random.Generator", shape: tuple[int, ...]) -> Doubles:
    """Draw float64 numbers from the standard normal distribution.

    They are √(-2 log u) cos(2πv) and √(-2 log u) sin(2πv) for uniform u in (0, 1] and v in [0, 1):
    Box & Muller, A note on the generation of random normal deviates (1958). NumPy's own function
    calls the C library.
    """
    count = math.prod(shape)
    u, v = rng.random((2, (count + 1) // 2))
    radius = np.sqrt(-2 * log(1 - u))
    sine, cosine = sin_cos(2 * math.pi * v)
    return np.concatenate([radius * cosine, radius * sine])[:count].reshape(shape)


def _blocks(values: Floats, out: Floats) -> Iterator[tuple[Doubles, Floats]]:
    """Yield each block of values in float64, and the view of `out` for its results."""
    source, target = values.reshape(-1), out.reshape(-1, copy=False)
    for start in range(0, source.size, BLOCK):
        part = slice(start, start + BLOCK)
        yield source[part].astype(np.float64), target[part]


def exp_parts(x: Doubles) -> tuple[Doubles, Doubles]:
    """Return the power p and the rest q of e^x = p + p q; `x` is overwritten.

    With n the integer nearest to 64 x / ln 2 and d the difference from it, of at most ½,
    p = 2^(n/64) and q = e^(d ln 2 / 64) - 1. The error of q's three terms is 7e-9 of q.
    """
    np.maximum(x, _LOW, out=x)
    np.minimum(x, _HIGH, out=x)
    np.multiply(x, _PER_STEP, out=x)
    n = np.rint(x)
    np.subtract(x, n, out=x)
    # A NaN may read any power, because its rest is NaN.
    np.add(n, _OFFSET, out=n)
    power = _POWERS.take(n.astype(np.intp), mode="clip")
    rest = np.multiply(x, _C3, out=n)
    np.add(rest, _C2, out=rest)
    np.multiply(rest, x, out=rest)
    np.add(rest, _C1, out=rest)
    np.multiply(rest, x, out=rest)
    return power, rest


def _two_atanh(s: Doubles) -> Doubles:
    return 2 * s * _polynomial(_ATANH_TERMS, s * s)
