"""Pools of threads, small batches that they share out, and kernels that threads may run."""

import concurrent.futures

import pytest
from numpy._core._multiarray_umath import __cpu_features__ as features

from nncore.training import step

# OpenBLAS's kernels, and the feature of the processor without which they would kill the process.
_CORES = {
    "Prescott": "SSE3",
    "Nehalem": "SSE42",
    "Sandybridge": "AVX",
    "Haswell": "AVX2",
    "SkylakeX": "AVX512_SKX",
    "ARMV8": "ASIMD",
}
# The environment of a process: instructions of the C library and of NumPy, kernels and threads of
# OpenBLAS. With another library they change nothing.
KERNELS_OF_LIBRARIES = [
    {"GLIBC_TUNABLES": "glibc.cpu.hwcaps=-AVX2,-FMA,-FMA4"},
    {"NPY_DISABLE_CPU_FEATURES": "X86_V3 X86_V4 AVX512_ICL AVX512_SPR"},
    *({"OPENBLAS_CORETYPE": core} for core, needed in _CORES.items() if features.get(needed)),
    {"OPENBLAS_NUM_THREADS": "3"},
]


@pytest.fixture
def pools(monkeypatch):
    """Collect the sizes of pools of threads."""
    sizes = []

    class Watched(concurrent.futures.ThreadPoolExecutor):
        def __init__(self, size, **options):
            sizes.append(size)
            super().__init__(size, **options)

    monkeypatch.setattr(concurrent.futures, "ThreadPoolExecutor", Watched)
    return sizes


@pytest.fixture
def small_parts(monkeypatch):
    """Let a batch of any size be computed in as many parts as there are threads."""
    monkeypatch.setattr(step, "MIN_PART_PRODUCTS", 1)
