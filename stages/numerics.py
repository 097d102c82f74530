"""Which kernels NumPy and its BLAS compute with: settled before NumPy is imported.

The bits of a matrix product depend on the BLAS kernel and its number of threads, those of exp on
NumPy's choice of vector instructions. `portable` pins all of these to what every x86-64 processor
with AVX2 can do; `native` leaves the kernels free and pins the threads alone.

This module knows no NumPy. The environment variable that it sets for itself is NNCORE_NUMERICS.
"""

import os
import platform
import sys
from pathlib import Path
from typing import Literal

from threadpoolctl import threadpool_info  # type: ignore[import-untyped]

Numerics = Literal["native", "portable"]

_MODE = "NNCORE_NUMERICS"
_THREADS = (
    "BLIS_NUM_THREADS",
    "MKL_NUM_THREADS",
    "OMP_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
)
_KERNELS = {
    "MKL_CBWR": "AVX2,STRICT",
    "NPY_DISABLE_CPU_FEATURES": "X86_V4 AVX512_ICL AVX512_SPR",
    "OPENBLAS_CORETYPE": "Haswell",
}
# NumPy refuses to start where features are both enabled and disabled.
_OPPOSED = "NPY_ENABLE_CPU_FEATURES"


def pin() -> None:
    """Set the environment for the libraries that NumPy will load, whatever it was before."""
    os.environ.update(dict.fromkeys(_THREADS, "1"))
    for name in (*_KERNELS, _OPPOSED):
        os.environ.pop(name, None)
    # Without AVX2 these kernels would stop the process at their first instruction.
    if os.environ.get(_MODE, "portable") == "portable" and has_avx2():
        os.environ.update(_KERNELS)


def hold(numerics: Numerics) -> None:
    """Start the process anew, with its own arguments, where it was pinned for the other mode."""
    if os.environ.get(_MODE, "portable") != numerics:
        os.environ[_MODE] = numerics
        sys.stdout.flush()
        os.execv(sys.executable, [sys.executable, *sys.orig_argv[1:]])  # noqa: S606  no shell


def available_cores() -> int:
    """Return the number of cores that this process may use; no result depends on it."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def has_avx2() -> bool:
    """Tell whether the processor is x86-64 with AVX2, as far as the platform says."""
    if platform.machine().lower() not in {"amd64", "x86_64"}:
        return False
    try:
        return " avx2 " in Path("/proc/cpuinfo").read_text(encoding="ascii", errors="ignore")
    except OSError:
        # Not Linux; nearly every x86-64 processor since 2013 has it.
        return True


def caveat(numerics: Numerics) -> str | None:
    """Return a line on what keeps this run's bytes from being everyone's, if anything does."""
    if numerics == "native":
        return "numerics: native; the same bytes only on the same kind of processor"
    if platform.system() != "Linux" or platform.libc_ver()[0] != "glibc":
        fault = "NumPy's builds for Linux with glibc"
        found = f"{platform.system()} {platform.libc_ver()[0]}".strip()
    elif not has_avx2():
        fault, found = "an x86-64 processor with AVX2", platform.machine()
    elif (kernels := _blas()) != "openblas Haswell":
        fault, found = "OpenBLAS with its Haswell kernels", kernels
    else:
        return None
    return f"numerics: portable needs {fault}, got {found}; the last bits may differ from others'"


def _blas() -> str:
    """Return the kind and the kernels of the BLAS that NumPy has loaded."""
    libraries = [library for library in threadpool_info() if library["user_api"] == "blas"]
    return ", ".join(f"{blas['internal_api']} {blas.get('architecture')}" for blas in libraries)
