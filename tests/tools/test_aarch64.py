"""What `make arm` takes from the lock file, and what it runs."""

import subprocess

import pytest

from tools import aarch64, arm


def test_the_locked_packages_that_stages_need_are_chosen_for_another_python():
    chosen = aarch64.chosen_packages("3.13")
    names = [name for name, _ in chosen]
    assert {"matplotlib", "numpy", "pillow", "pydantic-core", "threadpoolctl"} <= set(names)
    assert not {"dvc", "dvc-data", "pywin32", "tzdata"} & set(names)
    assert len(names) == len(set(names))


def test_a_marker_is_that_of_the_other_python():
    """The lock file has another contourpy before 3.12."""
    versions = {dict(aarch64.chosen_packages(version))["contourpy"] for version in ("3.11", "3.13")}
    assert len(versions) == 2


def test_what_is_missing_is_named_with_its_package(monkeypatch):
    monkeypatch.setattr(aarch64, "is_prepared", lambda: False)
    monkeypatch.setattr(aarch64.shutil, "which", lambda name: None if name == "apt-get" else name)
    with pytest.raises(aarch64.PreparationError, match=r"got no apt-get \(Debian: apt\)$"):
        aarch64.prepare()


def test_a_stage_runs_by_the_emulated_python(tmp_path, monkeypatch):
    """With its arguments as they are, whatever spaces they have."""
    monkeypatch.setattr(aarch64, "command", lambda: ("echo", "an emulator"))
    environment = arm.environment(tmp_path)
    done = subprocess.run(
        ["sh", "-c", "python -m 'a b'"], env=environment, capture_output=True, text=True, check=True
    )
    assert done.stdout == "an emulator -m a b\n"
