"""A BLAS that can't add integers exactly is refused before the first product."""

import numpy as np
import pytest

from nncore.config.architecture import Architecture
from nncore.errors import ExactnessError
from nncore.functions import exact
from nncore.network.network import Network


def with_differences(left, right, out):
    """Write a product by one step of Strassen's method (1969)."""
    if min(*left.shape, right.shape[1]) < 256:
        np.matmul(left, right, out=out)
        return
    half = len(left) // 2
    (a, b), (c, d) = ((left[rows, :half], left[rows, half:]) for rows in _halves(half))
    (e, f), (g, h) = ((right[rows, :half], right[rows, half:]) for rows in _halves(half))
    sums = (a + d) @ (e + h), (c + d) @ e, a @ (f - h), d @ (g - e), (a + b) @ h
    m6, m7 = (c - a) @ (e + f), (b - d) @ (g + h)
    m1, m2, m3, m4, m5 = sums
    out[...] = np.block([[m1 + m4 - m5 + m7, m3 + m5], [m2 + m4, m1 - m2 + m3 + m6]])


def _halves(half):
    return slice(None, half), slice(half, None)


def in_float32(left, right, out):
    out[...] = left.astype(np.float32) @ right.astype(np.float32)


def with_rows_in_float32(left, right, out):
    """Write a product that is exact but for a single row."""
    (in_float32 if len(left) == 1 else np.matmul)(left, right, out=out)


@pytest.fixture(autouse=True)
def _forget_the_check():
    exact.require_exact_blas.cache_clear()
    yield
    exact.require_exact_blas.cache_clear()


def predict(numerics="exact", dtype=np.float32, rows=2):
    network = Network(Architecture(), inputs=3, outputs=2, numerics=numerics, dtype=dtype)
    return network.predict(np.zeros((rows, 3)))


def test_this_blas_is_accepted():
    predict()


@pytest.mark.parametrize("product", [with_differences, in_float32, with_rows_in_float32])
def test_a_blas_that_rounds_sums_is_refused_in_one_line(monkeypatch, product):
    monkeypatch.setattr(exact, "product", product)
    with pytest.raises(ExactnessError, match=r"^numerics: exact .* needs? a BLAS .* both$"):
        predict()


@pytest.mark.parametrize("product", [in_float32, with_rows_in_float32])
def test_a_blas_that_rounds_sums_of_a_row_is_refused_for_a_single_sample(monkeypatch, product):
    monkeypatch.setattr(exact, "product", product)
    with pytest.raises(ExactnessError):
        predict(rows=1)


def test_a_single_sample_does_without_products_of_many_rows(monkeypatch):
    shapes = []

    def product(left, right, out):
        shapes.append(left.shape)
        np.matmul(left, right, out=out)

    monkeypatch.setattr(exact, "product", product)
    predict(rows=1)
    assert {rows for rows, _ in shapes} == {1}
    predict(rows=2)
    assert {rows for rows, _ in shapes} == {1, 2, 512}


def test_plain_arithmetic_accepts_any_blas(monkeypatch):
    monkeypatch.setattr(exact, "product", in_float32)
    predict("fast")
    predict(dtype=np.float64)
