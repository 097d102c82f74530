"""The sources stage: the files that a stage loads, each with its fingerprint."""

import re
from pathlib import Path

import pytest

from stages.shared.fingerprint import FORMAT, ROOT, closure, fingerprint
from stages.sources import SourcesError, sources


def listed(folder, name):
    """Return what was written of one stage, path to fingerprint."""
    first, *lines = (folder / f"{name}.txt").read_text(encoding="utf-8").splitlines()
    assert first == f"{FORMAT}  format of the fingerprints"
    return {path: digest for digest, path in (line.split("  ") for line in lines)}


def test_every_file_that_train_loads_is_listed_with_its_fingerprint(tmp_path):
    sources(["train"], tmp_path)
    files = listed(tmp_path, "train")
    assert {"nncore/training/loop.py", "stages/train.py", "stages/__init__.py"} <= files.keys()
    assert files["nncore/training/loop.py"] == fingerprint(Path("nncore/training/loop.py"))


def test_a_file_that_a_stage_does_not_load_is_not_listed(tmp_path):
    sources(["fetch"], tmp_path)
    assert "nncore/training/loop.py" not in listed(tmp_path, "fetch")


@pytest.mark.parametrize("package", ["matplotlib", "pillow"])
def test_a_package_that_draws_is_listed_with_its_version(tmp_path, package):
    sources(["report"], tmp_path)
    lock = (ROOT / "requirements.lock").read_text(encoding="utf-8")
    (version,) = re.findall(rf"^{package}==(\S+)", lock, re.MULTILINE)
    assert listed(tmp_path, "report")[package] == version


def test_files_stand_in_order_and_packages_after_them(tmp_path):
    sources(["report"], tmp_path)
    *files, first, second = listed(tmp_path, "report")
    assert (files, first, second) == (sorted(files), "matplotlib", "pillow")


def test_what_is_no_stage_is_refused(tmp_path):
    with pytest.raises(SourcesError, match="expected the name of a stage, such as train, got 'x'"):
        sources(["x"], tmp_path)


def test_the_closure_reaches_through_imports():
    reached = {path.as_posix() for path in closure(Path("stages/train.py"))}
    assert "nncore/errors.py" in reached


def test_fetch_depends_on_the_version_of_pillow_which_decodes_pictures(tmp_path):
    sources(["fetch"], tmp_path)
    assert [path for path in listed(tmp_path, "fetch") if not (ROOT / path).is_file()] == ["pillow"]


@pytest.mark.parametrize("name", ["preprocess", "train", "evaluate"])
def test_a_stage_that_draws_nothing_depends_on_no_version_of_a_package(tmp_path, name):
    sources([name], tmp_path)
    assert [path for path in listed(tmp_path, name) if not (ROOT / path).is_file()] == []


def test_the_pieces_of_a_page_are_listed_with_it(tmp_path):
    sources(["report"], tmp_path)
    pieces = {
        path.relative_to(ROOT).as_posix() for path in (ROOT / "stages/page").glob("s*/**/*.*s")
    }
    assert pieces
    assert pieces <= listed(tmp_path, "report").keys()
