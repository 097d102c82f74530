"""The kernels of NumPy and its BLAS, chosen before NumPy is imported.

The bits of a matrix product depend on the BLAS kernel and its number of threads. The bits of exp
depend on the vector instructions that NumPy chooses. `portable` pins all of them to kernels that
every x86-64 processor with AVX2 can run; `native` pins only the number of threads.

This module must not import NumPy.
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

# `reexec_for` sets it to the process id, so that child processes don't count as native.
_NATIVE_PROCESS_VARIABLE = "NNCORE_NATIVE_PROCESS"
LOCK = Path(__file__).parents[2] / "requirements.lock"

# BLAS libraries read their number of threads from these variables.
_THREAD_VARIABLES = (
    "BLIS_NUM_THREADS",
    "MKL_NUM_THREADS",
    "OMP_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
)
# The kernels of MKL, of NumPy's loops and of OpenBLAS.
_KERNEL_VARIABLES = {
    "MKL_CBWR": "AVX2,STRICT",
    "NPY_DISABLE_CPU_FEATURES": "X86_V4 AVX512_ICL AVX512_SPR",
    "OPENBLAS_CORETYPE": "Haswell",
}
# NumPy fails to import if features are both enabled and disabled.
_ENABLED_FEATURES_VARIABLE = "NPY_ENABLE_CPU_FEATURES"


def pin_kernels() -> None:
    """Set or clear the environment variables of the libraries that NumPy will load."""
    os.environ.update(dict.fromkeys(_THREAD_VARIABLES, "1"))
    for name in (*_KERNEL_VARIABLES, _ENABLED_FEATURES_VARIABLE):
        os.environ.pop(name, None)
    # On a processor without AVX2 the first instruction of these kernels would kill the process.
    if _pinned_numerics() == "portable" and has_avx2():
        os.environ.update(_KERNEL_VARIABLES)


def reexec_for(numerics: Numerics) -> None:
    """Restart the program with the same arguments if the process is pinned for the other mode."""
    if numerics != _pinned_numerics():
        # exec keeps the process id.
        os.environ[_NATIVE_PROCESS_VARIABLE] = str(os.getpid()) if numerics == "native" else ""
        sys.stdout.flush()
        os.execv(sys.executable, [sys.executable, *sys.orig_argv[1:]])  # noqa: S606  no shell


def _pinned_numerics() -> Numerics:
    return "native" if os.environ.get(_NATIVE_PROCESS_VARIABLE) == str(os.getpid()) else "portable"


def available_cores() -> int:
    """Return the number of cores that this process may use. No result depends on it."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def has_avx2() -> bool:
    """Return whether the processor is x86-64 with AVX2 and FMA, as the platform reports it."""
    if not _is_x86_64():
        return False
    try:
        ebx, ecx = _cpuid(7, 1), _cpuid(1, 2)
    except (AttributeError, OSError, TypeError):
        return _cpuinfo_has_avx2()
    # Intel, Software Developer's Manual, volume 2, CPUID: AVX2; FMA; OSXSAVE (the operating system
    # saves the registers that SSE does not have).
    return bool(ebx >> 5 & 1 and ecx >> 12 & 1 and ecx >> 27 & 1)


def _is_x86_64() -> bool:
    return platform.machine().lower() in {"amd64", "x86_64"}


def _cpuid(leaf: int, register: int) -> int:
    """Return EAX, EBX, ECX or EDX of CPUID's `leaf`, 1 or 7, as glibc has read it.

    Unlike /proc/cpuinfo, glibc is right under emulation too. Since version 2.33 it has a structure
    of four registers for each leaf, and numbers these two leaves 0 and 1: <sys/platform/x86.h>.

    Raises
    ------
    AttributeError, OSError, TypeError
        The C library does not have this function.
    """
    read_leaf = ctypes.CDLL(None)["__x86_get_cpuid_feature_leaf"]
    read_leaf.restype = ctypes.POINTER(ctypes.c_uint32)
    return int(read_leaf({1: 0, 7: 1}[leaf])[register])


def _cpuinfo_has_avx2() -> bool:
    try:
        flags = Path("/proc/cpuinfo").read_text(encoding="ascii", errors="ignore").split()
    except OSError:
        # The system is not Linux. Nearly every x86-64 processor since 2013 has AVX2.
        return True
    return "avx2" in flags and "fma" in flags


def portability_warning(numerics: Numerics) -> str | None:
    """Return a line with the reason why this run's bytes may differ from others', or None."""
    if numerics == "native":
        return "numerics: native; the same bytes only on the same kind of processor"
    if platform.system() != "Linux" or platform.libc_ver()[0] != "glibc":
        expected = "NumPy's builds for Linux with glibc"
        actual = f"{platform.system()} {platform.libc_ver()[0]}".strip()
    elif not has_avx2():
        expected = "an x86-64 processor with AVX2 and FMA"
        actual = "one without" if _is_x86_64() else platform.machine()
    elif (kernels := _blas_kernels()) != "openblas Haswell":
        expected, actual = "OpenBLAS with its Haswell kernels", kernels
    elif LOCK.is_file() and (installed := version("numpy")) != (locked := _locked_numpy_version()):
        expected, actual = f"NumPy {locked} of {LOCK.name}", installed
    else:
        return None
    return (
        f"numerics: portable needs {expected}, got {actual}; the last bits may differ from others'"
    )


def _locked_numpy_version() -> str:
    match = re.search(r"^numpy==([^ ;]+)", LOCK.read_text(encoding="utf-8"), re.MULTILINE)
    return match[1] if match else "none"


def _blas_kernels() -> str:
    """Return the name and the kernels of the BLAS that NumPy has loaded."""
    libraries = [library for library in threadpool_info() if library["user_api"] == "blas"]
    return ", ".join(f"{blas['internal_api']} {blas.get('architecture')}" for blas in libraries)
