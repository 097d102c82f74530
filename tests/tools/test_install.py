"""tools/install.py: what it installs into .venv, when, and what it says."""

import hashlib
import os
import subprocess
import sys
import zipfile

import pytest
from pipeline_repository import ROOT


def wheel(folder, name, version):
    """Write an empty package; return its line in a lock file."""
    path = folder / f"{name}-{version}-py3-none-any.whl"
    info = f"{name}-{version}.dist-info"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(f"{name}.py", f"VERSION = {version!r}\n")
        archive.writestr(f"{info}/METADATA", f"Name: {name}\nVersion: {version}\n")
        archive.writestr(
            f"{info}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
        )
        archive.writestr(f"{info}/RECORD", "")
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    return f"{name}=={version} \\\n    --hash=sha256:{digest}\n"


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    """Return a folder with two lock files, of which the first is installed."""
    folder = tmp_path_factory.mktemp("install")
    lines = {(name, v): wheel(folder, name, v) for name in ("aaa", "bbb") for v in ("1", "2")}
    (folder / "one.lock").write_text(lines["aaa", "1"])
    (folder / "two.lock").write_text(lines["aaa", "1"] + lines["bbb", "1"])
    (folder / "newer.lock").write_text(lines["aaa", "2"])
    (folder / "forged.lock").write_text(
        lines["bbb", "2"].replace("sha256:", "sha256:00")[:-3] + "\n"
    )
    return folder


def install(folder, *arguments):
    """Run the program; pip finds the folder's packages, and no index."""
    done = subprocess.run(
        [sys.executable, ROOT / "tools" / "install.py", *arguments],
        cwd=folder,
        env=os.environ
        | {"PIP_CONFIG_FILE": os.devnull, "PIP_FIND_LINKS": str(folder), "PIP_NO_INDEX": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode, done.stdout.replace("\r", "\n").splitlines(), done.stderr


def version(folder, name):
    command = [folder / ".venv/bin/python", "-c", f"import {name}; print({name}.VERSION)"]
    return subprocess.run(command, capture_output=True, text=True, check=False).stdout.strip()


@pytest.fixture(scope="module")
def first(project):
    """Return what the first installation said."""
    return install(project, "one.lock")


def test_the_first_time_it_makes_an_environment_and_shows_how_far_it_is(project, first):
    assert first == (
        0,
        [
            ".venv: a new virtual environment",
            "one.lock: at most 1 packages",
            *("", "package 1; installing all … done"),
        ],
        "",
    )
    assert version(project, "aaa") == "1"


@pytest.mark.usefixtures("first")
def test_what_is_installed_is_left_alone_whatever_the_date_of_its_lock_file(project):
    os.utime(project / "one.lock")
    assert install(project, "one.lock") == (0, [], "")


@pytest.mark.usefixtures("first")
def test_another_lock_file_adds_to_it_and_other_versions_replace_it(project):
    assert install(project, "two.lock")[0] == 0
    assert (version(project, "aaa"), version(project, "bbb")) == ("1", "1")
    assert install(project, "one.lock") == (0, [], "")
    assert install(project, "newer.lock")[0] == 0
    assert (version(project, "aaa"), version(project, "bbb")) == ("2", "1")
    assert install(project, "two.lock")[0] == 0
    assert version(project, "aaa") == "1"


@pytest.mark.usefixtures("first")
def test_a_package_with_another_hash_is_refused(project):
    code, _, errors = install(project, "forged.lock")
    assert (code, version(project, "bbb") == "2") == (1, False)
    assert errors.endswith("forged.lock: pip ended with exit code 1, see above\n")


def test_an_environment_whose_python_is_gone_is_made_anew(project, first):
    (project / ".venv/bin/python").unlink()
    assert install(project, "one.lock") == first


def test_without_a_lock_file_it_says_how_it_is_used(project):
    code, _, errors = install(project)
    assert (code, errors.startswith("usage: ")) == (1, True)


def test_a_lock_file_that_is_not_there_is_named(project):
    assert install(project, "none.lock") == (1, [], "none.lock: expected a lock file, got none\n")


@pytest.mark.usefixtures("first")
def test_after_a_failed_installation_nothing_counts_as_installed(project):
    assert install(project, "forged.lock")[0] == 1
    assert install(project, "one.lock")[1][0] == "one.lock: at most 1 packages"
    assert install(project, "one.lock") == (0, [], "")
