"""Plain arithmetic: the functions of `nncore.functions.exact` in the dtype of their arrays.

NumPy and its BLAS compute these, faster, with last bits that depend on the processor.
"""

from functools import cache

import numpy as np

from nncore.arrays import Doubles, Floats

# Above this input the sigmoid is 1 to the last bit; exp would overflow in float32 at 89.
SIGMOID_MAX_INPUT = 80
# Arrays, because NumPy converts a Python number on each call, which costs as much as an operation
# on a small batch. These values are exact in float32, so float64 loses no precision.
_ONE, _MAX_INPUT = (np.array(value, np.float32) for value in (1, SIGMOID_MAX_INPUT))
# Up to this number of classes, a product with a matrix of ones is faster than NumPy's row sums.
MAX_CLASSES_FOR_MATMUL_SUM = 40


def product(left: Floats, right: Floats, out: Floats) -> None:
    """Write the matrix product, (m, n), of (m, k) and (k, n)."""
    # The function np.dot takes 0.3 µs more than the method.
    left.dot(right, out=out)


def product_of_columns(left: Floats, right: Floats, out: Floats) -> None:
    """Write the same product for columns of a matrix, which `dot` copies or refuses as `out`."""
    np.matmul(left, right, out=out)


def exp(values: Floats, out: Floats) -> None:
    """Write e^x."""
    np.exp(values, out=out)


def sigmoid(values: Floats, out: Floats, work: Floats) -> None:
    """Write 1 / (1 + e^-x), as e^x / (1 + e^x).

    Far below 0 this form keeps the dtype's relative precision. (1 + tanh(x / 2)) / 2 is exactly 0
    there, and with a squared error the unit's gradient would stay 0.
    """
    np.minimum(values, _MAX_INPUT, out=out)
    np.exp(out, out=out)
    np.add(out, _ONE, out=work)
    np.divide(out, work, out=out)


def tanh(values: Floats, out: Floats, work: Floats) -> None:  # noqa: ARG001
    """Write tanh(x)."""
    np.tanh(values, out=out)


def log(values: Floats) -> Floats:
    """Return the natural logarithm."""
    result: Floats = np.log(values)
    return result


def log1p(values: Floats) -> Floats:
    """Return log(1 + x)."""
    result: Floats = np.log1p(values)
    return result


def softmax(z: Floats, out: Floats, work: Floats) -> None:
    """Write exp(z) / Σ exp(z) for each row of z, (rows, classes)."""
    row_max = work[:, :1]
    np.maximum.reduce(z, axis=1, keepdims=True, out=row_max)
    np.subtract(z, row_max, out=out)
    np.exp(out, out=out)
    classes = z.shape[1]
    if classes <= MAX_CLASSES_FOR_MATMUL_SUM:
        out.dot(_ones(classes, out.dtype), out=work)
    else:
        # Through (rows, 1): NumPy copies a whole array to copy between columns of one array.
        np.copyto(work, np.add.reduce(out, axis=1, keepdims=True))
    np.divide(out, work, out=out)


def sum_rows(values: Floats) -> Doubles:
    """Return the sum of each row of (n, k), (n,)."""
    classes = values.shape[1]
    if classes <= MAX_CLASSES_FOR_MATMUL_SUM:
        total = values.dot(_ones(classes, values.dtype)[0])
    else:
        total = np.add.reduce(values, axis=1)
    sums: Doubles = total.astype(np.float64)
    return sums


def sum_all(values: Floats) -> float:
    """Return the sum of an array of any shape."""
    return float(values.sum(dtype=np.float64))


def sum_of_squares(values: Floats) -> float:
    """Return the sum of the squares of an array, in float64, where no float32 overflows."""
    flat = values.ravel(order="K")
    return float(np.einsum("i,i->", flat, flat, dtype=np.float64))


def row_sums_of_squares(values: Floats) -> Floats:
    """Return the sum of the squares of each row of (n, k), (n,)."""
    # BLAS computes this: 70 µs for 1,024 x 1,024, a quarter of einsum's time.
    result: Floats = np.vecdot(values, values)
    return result


@cache
def _ones(classes: int, dtype: np.dtype) -> Floats:
    ones = np.ones((classes, classes), dtype)
    # All callers share this array.
    ones.setflags(write=False)
    return ones
