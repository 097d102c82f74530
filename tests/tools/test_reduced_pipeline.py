"""The pipeline of `make processors`, here, on two of its processors, and under Windows's rules."""

import json
import shutil
import sys

import pytest
import windows_rules

from tools import aarch64
from tools.processors import PICTURES, QEMU
from tools.reduced_pipeline import EXPECTED, run

HASHES = json.loads(EXPECTED.read_text(encoding="utf-8"))
# `make processors` draws the pictures there too.
NUMBERS = {name: digest for name, digest in HASHES.items() if name != PICTURES}


@pytest.mark.parametrize("cores", [None, 4])
def test_it_comes_to_the_committed_hashes(tmp_path, cores):
    here = run(tmp_path / "here", cores=cores, pictures=cores is None)
    assert here.hashes == (HASHES if cores is None else NUMBERS)
    assert here.notes == ""


@pytest.mark.skipif(shutil.which(QEMU) is None, reason=f"needs {QEMU} (Debian: qemu-user)")
def test_an_emulated_processor_without_avx2_comes_to_them(tmp_path):
    python = (QEMU, "-cpu", "Nehalem", sys.executable)
    there = run(tmp_path / "there", python=python, pictures=False)
    assert there.hashes == NUMBERS
    assert there.notes == ""


@pytest.mark.skipif(
    not aarch64.is_prepared(), reason="needs build/aarch64: python -m tools.aarch64"
)
def test_an_emulated_aarch64_comes_to_them(tmp_path):
    there = run(tmp_path / "there", python=aarch64.command(), pictures=False)
    assert there.hashes == NUMBERS
    assert there.notes == ""


@windows_rules.needs_linux
def test_rules_of_windows_change_no_byte(tmp_path, monkeypatch):
    """Those of text, names and open files: see tests/support/windows."""
    for name, value in windows_rules.ENVIRONMENT.items():
        monkeypatch.setenv(name, value)
    assert run(tmp_path / "there").hashes == HASHES
