"""The pipeline of `make processors`, here, on one of its processors, and under Windows's rules."""

import shutil

import pytest
import windows_rules

from tools.processors import COLUMNS, QEMU
from tools.reduced_pipeline import run


@pytest.fixture(scope="module")
def here(tmp_path_factory):
    return run(tmp_path_factory.mktemp("reduced") / "here")


def test_every_stage_runs_and_every_column_has_a_hash(here):
    assert set(here.hashes) == set(COLUMNS)
    assert here.notes == ""


@pytest.mark.skipif(shutil.which(QEMU) is None, reason=f"needs {QEMU} (Debian: qemu-user)")
def test_an_emulated_processor_without_avx2_gives_the_same_bytes(here, tmp_path):
    """All but the pictures, which `make processors` draws there too."""
    there = run(tmp_path / "there", prefix=(QEMU, "-cpu", "Nehalem"), pictures=False)
    assert there.hashes == {name: here.hashes[name] for name in COLUMNS if name != "pictures"}
    assert there.notes == ""


@windows_rules.needs_linux
def test_rules_of_windows_change_no_byte(here, tmp_path, monkeypatch):
    """Those of text, names and open files: see tests/support/windows."""
    for name, value in windows_rules.ENVIRONMENT.items():
        monkeypatch.setenv(name, value)
    assert run(tmp_path / "there") == here
