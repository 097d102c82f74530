"""What stages.shared.numerics asks the processor, which must be right before NumPy is loaded."""

import os
import shutil
import subprocess
import sys

import pytest

from stages.shared import numerics
from stages.shared.fingerprint import ROOT

QEMU = shutil.which("qemu-x86_64")
ASK = """\
import stages.shared.numerics as n
import numpy
print(n.has_avx2(), n.portability_warning("portable"))
"""


def asked(*prefix, **environment):
    """Ask in a new process."""
    done = subprocess.run(
        [*prefix, sys.executable, "-c", ASK],
        cwd=ROOT,
        env=os.environ | environment,
        check=True,
        capture_output=True,
        text=True,
    )
    return done.stdout.strip()


@pytest.mark.skipif(QEMU is None, reason="needs qemu-x86_64")
def test_without_avx2_the_run_goes_on_and_says_so():
    """/proc/cpuinfo lists the host's features there, with which NumPy would stop at once."""
    assert asked(QEMU, "-cpu", "Nehalem") == (
        "False numerics: portable needs an x86-64 processor with AVX2 and FMA, got one without; "
        "the last bits may differ from others'"
    )


@pytest.mark.skipif(QEMU is None, reason="needs qemu-x86_64")
def test_an_emulated_haswell_keeps_the_contract():
    assert asked(QEMU, "-cpu", "Haswell") == "True None"


def test_what_the_c_library_is_told_to_do_without_does_not_count():
    assert asked(GLIBC_TUNABLES="glibc.cpu.hwcaps=-AVX2,-FMA") == asked()


@pytest.mark.parametrize("fault", [AttributeError, OSError, TypeError])
def test_a_c_library_that_does_not_tell_leaves_it_to_the_list_of_flags(monkeypatch, fault):
    def silent(*_):
        raise fault

    monkeypatch.setattr(numerics, "_cpuid", silent)
    for answer in (True, False):
        monkeypatch.setattr(numerics, "_cpuinfo_has_avx2", lambda answer=answer: answer)
        assert numerics.has_avx2() is answer


def test_another_architecture_has_no_avx2(monkeypatch):
    monkeypatch.setattr(numerics.platform, "machine", lambda: "aarch64")
    assert not numerics.has_avx2()
