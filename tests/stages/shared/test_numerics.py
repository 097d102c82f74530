"""Exact stages write the same bytes in any environment; fast ones say that they may not."""

import os

import pytest
from thread_pools import KERNELS_OF_LIBRARIES

from stages.shared import numerics

ENVIRONMENTS = [
    *KERNELS_OF_LIBRARIES,
    *({"OPENBLAS_NUM_THREADS": count, "OMP_NUM_THREADS": count} for count in ("1", "2", "4")),
    {
        "BLIS_NUM_THREADS": "8",
        "MKL_CBWR": "COMPATIBLE",
        "MKL_NUM_THREADS": "8",
        "NPY_DISABLE_CPU_FEATURES": "X86_V3 X86_V4 AVX512_ICL AVX512_SPR",
        "OMP_NUM_THREADS": "8",
        "OPENBLAS_CORETYPE": "Nehalem",
        "OPENBLAS_NUM_THREADS": "2",
        "PYTHONHASHSEED": "5",
    },
]
needs_two_cores = pytest.mark.skipif(numerics.available_cores() < 2, reason="needs 2 cores")
NOTE = "numerics: fast; another processor, NumPy, number of threads or ranks may give other bytes"


@pytest.fixture
def fast(stages):
    """Return a folder whose parameters say fast."""
    path = stages["params.yaml"]
    text = path.read_text(encoding="utf-8")
    path.write_text(f"numerics: fast\n{text}", encoding="utf-8")
    return stages


def run_both(stages, **environment):
    for stage in ("train", "evaluate"):
        stages.complete(stage, **environment)
    return stages.outputs()


@pytest.mark.parametrize("environment", ENVIRONMENTS, ids=str)
def test_an_environment_changes_no_byte(stages, finished, environment):
    assert run_both(stages, **environment) == finished.outputs()


@needs_two_cores
@pytest.mark.skipif(not hasattr(os, "sched_setaffinity"), reason="needs sched_setaffinity")
def test_the_number_of_cores_changes_no_byte(stages, finished):
    cores = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {min(cores)})
    try:
        assert numerics.available_cores() == 1
        assert run_both(stages) == finished.outputs()
    finally:
        os.sched_setaffinity(0, cores)


@pytest.mark.skipif(
    {"OPENBLAS_CORETYPE": "Haswell"} not in KERNELS_OF_LIBRARIES, reason="needs a second kernel"
)
def test_other_kernels_do_change_the_bytes_of_fast(fast):
    """Or the facts above could not fail."""
    haswell, nehalem = (run_both(fast, OPENBLAS_CORETYPE=core) for core in ("Haswell", "Nehalem"))
    assert haswell != nehalem


@pytest.mark.parametrize("stage", ["train", "evaluate"])
def test_fast_says_so_in_one_line(fast, stage):
    lines = fast.complete(stage).output.splitlines()
    assert [line for line in lines if line.startswith("numerics")] == [NOTE]


@pytest.mark.parametrize("stage", ["train", "evaluate"])
def test_exact_says_nothing(stages, stage):
    assert "numerics" not in stages.complete(stage).output
