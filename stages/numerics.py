"""Which kernels NumPy and its BLAS compute with: settled before NumPy is imported.

The bits of a matrix product depend on the BLAS kernel and its number of threads, those of exp on
NumPy's choice of vector instructions. `portable` pins all of these to what every x86-64 processor
with AVX2 can do; `native` leaves the kernels free and pins the threads alone.

This module knows no NumPy.
"""

import ctypes
import os
import platform
import re
import sys
from importlib.metadata import version
from pathlib import Path
from typing import Literal

from threadpoolctl import threadpool_info  # type: ignore[import-untyped]

Numerics = Literal["native", "portable"]

# Set by `hold` for the process that it starts anew; with its number, so that none inherits it.
_NATIVE = "NNCORE_NATIVE_PROCESS"
LOCK = Path(__file__).parent.parent / "requirements.lock"

# The variables from which the known BLAS libraries take their number of threads.
_THREADS = (
    "BLIS_NUM_THREADS",
    "MKL_NUM_THREADS",
    "OMP_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
)
# What MKL, NumPy's own loops and OpenBLAS compute with.
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
    if _mode() == "portable" and has_avx2():
        os.environ.update(_KERNELS)


def hold(numerics: Numerics) -> None:
    """Start a process that was pinned for the other mode anew, with its own arguments."""
    if numerics != _mode():
        # A process keeps its number.
        os.environ[_NATIVE] = str(os.getpid()) if numerics == "native" else ""
        sys.stdout.flush()
        os.execv(sys.executable, [sys.executable, *sys.orig_argv[1:]])  # noqa: S606  no shell


def _mode() -> Numerics:
    return "native" if os.environ.get(_NATIVE) == str(os.getpid()) else "portable"


def available_cores() -> int:
    """Return the number of cores that this process may use; no result depends on it."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def has_avx2() -> bool:
    """Tell whether the processor is x86-64 with AVX2 and FMA, as far as the platform says."""
    if not _is_x86_64():
        return False
    try:
        ebx, ecx = _cpuid(7, 1), _cpuid(1, 2)
    except (AttributeError, OSError, TypeError):
        return _listed_avx2()
    # Intel, Software Developer's Manual, volume 2, CPUID: AVX2; FMA, and the system saves
    # registers beyond SSE's.
    return bool(ebx >> 5 & 1 and ecx >> 12 & 1 and ecx >> 27 & 1)


def _is_x86_64() -> bool:
    return platform.machine().lower() in {"amd64", "x86_64"}


def _cpuid(leaf: int, register: int) -> int:
    """Return EAX, EBX, ECX or EDX of CPUID's `leaf`, 1 or 7, as glibc has read it.

    Unlike /proc/cpuinfo it is right under emulation too. Since glibc 2.33, see
    <sys/platform/x86.h>: a structure of four registers for each leaf, which there is number 0 or 1.

    Raises
    ------
    AttributeError, OSError, TypeError
        This C library does not tell.
    """
    ask = ctypes.CDLL(None)["__x86_get_cpuid_feature_leaf"]
    ask.restype = ctypes.POINTER(ctypes.c_uint32)
    return int(ask({1: 0, 7: 1}[leaf])[register])


def _listed_avx2() -> bool:
    try:
        flags = Path("/proc/cpuinfo").read_text(encoding="ascii", errors="ignore").split()
    except OSError:
        # Not Linux; nearly every x86-64 processor since 2013 has it.
        return True
    return "avx2" in flags and "fma" in flags


def caveat(numerics: Numerics) -> str | None:
    """Return a line on what keeps this run's bytes from being everyone's, if anything does."""
    if numerics == "native":
        return "numerics: native; the same bytes only on the same kind of processor"
    if platform.system() != "Linux" or platform.libc_ver()[0] != "glibc":
        fault = "NumPy's builds for Linux with glibc"
        found = f"{platform.system()} {platform.libc_ver()[0]}".strip()
    elif not has_avx2():
        fault = "an x86-64 processor with AVX2 and FMA"
        found = "one without" if _is_x86_64() else platform.machine()
    elif (kernels := _blas()) != "openblas Haswell":
        fault, found = "OpenBLAS with its Haswell kernels", kernels
    elif LOCK.is_file() and (installed := version("numpy")) != (locked := _locked_numpy()):
        fault, found = f"NumPy {locked} of {LOCK.name}", installed
    else:
        return None
    return f"numerics: portable needs {fault}, got {found}; the last bits may differ from others'"


def _locked_numpy() -> str:
    found = re.search(r"^numpy==([^ ;]+)", LOCK.read_text(encoding="utf-8"), re.MULTILINE)
    return found[1] if found else "none"


def _blas() -> str:
    """Return the kind and the kernels of the BLAS that NumPy has loaded."""
    libraries = [library for library in threadpool_info() if library["user_api"] == "blas"]
    return ", ".join(f"{blas['internal_api']} {blas.get('architecture')}" for blas in libraries)
