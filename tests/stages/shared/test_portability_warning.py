"""Where the contract of portable numerics can't be kept, a run goes on and says so in one line."""

import os
import platform

import pytest

from stages.shared import numerics


def pretend(monkeypatch, system="Linux", libc="glibc", avx2=True, blas="openblas Haswell"):
    monkeypatch.setattr(platform, "system", lambda: system)
    monkeypatch.setattr(platform, "libc_ver", lambda: (libc, "1"))
    monkeypatch.setattr(platform, "machine", lambda: "riscv64" if not avx2 else "x86_64")
    monkeypatch.setattr(numerics, "has_avx2", lambda: avx2)
    kind, kernels = blas.split(" ")
    found = [{"user_api": "blas", "internal_api": kind, "architecture": kernels}]
    monkeypatch.setattr(numerics, "threadpool_info", lambda: [{"user_api": "openmp"}, *found])


@pytest.mark.parametrize(
    ("machine", "needed", "got"),
    [
        ({"libc": ""}, "NumPy's builds for Linux with glibc", "Linux"),
        ({"libc": "musl"}, "NumPy's builds for Linux with glibc", "Linux musl"),
        (
            {"system": "Darwin", "libc": ""},
            "NumPy's builds for Linux with glibc",
            "Darwin",
        ),
        ({"avx2": False}, "an x86-64 processor with AVX2 and FMA", "riscv64"),
        (
            {"blas": "openblas SkylakeX"},
            "OpenBLAS with its Haswell kernels",
            "openblas SkylakeX",
        ),
        ({"blas": "mkl None"}, "OpenBLAS with its Haswell kernels", "mkl None"),
    ],
)
def test_where_portable_cannot_be_kept_a_line_says_why(monkeypatch, machine, needed, got):
    pretend(monkeypatch, **machine)
    assert numerics.portability_warning("portable") == (
        f"numerics: portable needs {needed}, got {got}; the last bits may differ from others'"
    )


def test_where_portable_can_be_kept_there_is_no_line(monkeypatch):
    pretend(monkeypatch)
    assert numerics.portability_warning("portable") is None


@pytest.mark.parametrize("machine", ["aarch64", "arm64", "i686", "ppc64le"])
def test_other_processors_have_no_avx2(monkeypatch, machine):
    monkeypatch.setattr(platform, "machine", lambda: machine)
    assert not numerics.has_avx2()


@pytest.mark.parametrize(
    ("flags", "has"), [("fma avx2 bmi2", True), ("fma avx bmi2", False), ("fma avx2", True)]
)
def test_avx2_is_a_flag_of_its_own_wherever_it_stands(monkeypatch, flags, has):
    text = f"flags\t\t: fpu {flags}\nbugs\t\t: none\n"
    monkeypatch.setattr(platform, "machine", lambda: "x86_64")
    monkeypatch.setattr(numerics.Path, "read_text", lambda *_, **__: text)
    assert numerics._cpuinfo_has_avx2() is has  # noqa: SLF001  glibc answers first, where it can


def test_without_avx2_no_kernel_is_forced(monkeypatch):
    monkeypatch.setattr(numerics, "has_avx2", lambda: False)
    monkeypatch.setattr(os, "environ", {"OPENBLAS_CORETYPE": "Haswell", "HOME": "/"})
    numerics.pin_kernels()
    threads = {name for name in os.environ if name.endswith("_NUM_THREADS")}
    assert set(os.environ) - threads == {"HOME"}
