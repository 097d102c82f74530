"""A run of fast numerics keeps its report where the BLAS is not exact."""

import numpy as np
import pytest

from nncore.errors import ExactnessError
from nncore.functions import exact
from stages.reporting.run_facts import exact_refusal


@pytest.fixture
def _other_blas(monkeypatch):
    """Compute products in float32, which rounds integers of more than 24 bits."""

    def in_float32(left, right, out):
        out[...] = left.astype(np.float32) @ right.astype(np.float32)

    monkeypatch.setattr(exact, "product", in_float32)
    exact.require_exact_blas.cache_clear()
    yield
    exact.require_exact_blas.cache_clear()


@pytest.mark.parametrize("numerics", ["exact", "fast"])
def test_this_blas_is_not_refused(numerics):
    assert exact_refusal(numerics) == ""


@pytest.mark.usefixtures("_other_blas")
def test_another_blas_is_a_reason_for_a_fast_run_and_an_error_for_an_exact_one():
    assert "needs a BLAS" in exact_refusal("fast")
    with pytest.raises(ExactnessError):
        exact_refusal("exact")
