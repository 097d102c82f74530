"""A run of fast numerics keeps its report where the BLAS is not exact."""

import pytest
from rounding_blas import use_rounding_blas

from nncore.errors import ExactnessError
from stages.reporting.run_facts import exact_refusal


@pytest.mark.parametrize("numerics", ["exact", "fast"])
def test_this_blas_is_not_refused(numerics):
    assert exact_refusal(numerics) == ""


def test_another_blas_is_a_reason_for_a_fast_run_and_an_error_for_an_exact_one(monkeypatch):
    use_rounding_blas(monkeypatch)
    assert "needs a BLAS" in exact_refusal("fast")
    with pytest.raises(ExactnessError):
        exact_refusal("exact")
