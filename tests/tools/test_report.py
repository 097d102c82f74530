"""What the golden test reports: warnings, faults and their counts."""

import re

import pytest
from verified_repository import create

# Twelve files that differ from run to run, a constant user's name, and an output for any text.
MAKE = """\
import os

os.makedirs("many")
for number in range(12):
    open(f"many/{number:02}", "w").write(os.environ.get("TZ", "") if %(differ)s else "")
open("user.txt", "w").write("made by adamson")
open("text.txt", "w").write(%(text)s)
"""
DVC_YAML = "stages: {make: {cmd: python make.py adamson, outs: [many, user.txt, text.txt]}}\n"


@pytest.fixture
def verify(tmp_path):
    """Return a function that verifies a pipeline, of which the user is adamson."""

    def run(*options, differ=False, text="''", ignored=False):
        source = MAKE % {"differ": differ, "text": text}
        repository = create(tmp_path, {"dvc.yaml": DVC_YAML, "make.py": source})
        repository.run("dvc", "repro", "--quiet")
        repository.commit()
        if ignored:
            (repository.root / "notes").mkdir()
            (repository.root / "notes" / "new.txt").touch()
            (repository.root / "make.py").touch()
            (repository.root / "dvc.yaml").write_text("")
        repository.environment["LOGNAME"] = "adamson"
        return repository.verify(*options)

    return run


def test_a_name_is_a_warning(verify):
    """It may be a constant. DVC's lock, which has it too, is not searched for names."""
    code, output = verify()
    assert code == 0, output
    held = "  warning, a fault with --strict: user.txt: holds 'adamson' (both runs)\n"
    assert held in output
    assert output.count("holds") == 1
    last = "14 files and dvc.lock, each as committed; warnings: outputs with a name or date (1)"
    assert output.splitlines()[-1] == last


def test_a_name_is_a_fault_if_the_search_is_strict(verify):
    code, output = verify("--strict")
    assert code == 1, output
    assert "\n  user.txt: holds 'adamson' (both runs)\n" in output
    assert output.splitlines()[-1] == "exit code 1 because of outputs with a name or date (1)"


def test_a_path_is_a_fault_and_is_named_with_its_run(verify):
    """Run 2 alone has a folder of this name."""
    code, output = verify(text="os.getcwd() if os.environ.get('TZ', 'UTC0') != 'UTC0' else ''")
    assert code == 1, output
    assert re.search(r"^  text\.txt: holds '/.+' \(run 2\)$", output, re.MULTILINE)
    assert output.splitlines()[-1] == (
        "exit code 1 because of stages that differ between the runs (1), outputs with a path (1); "
        "warnings: outputs with a name or date (1)"
    )


def test_an_output_of_many_files_leaves_room_for_the_others(verify):
    code, output = verify(differ=True, text="os.environ.get('TZ', '')")
    assert code == 1, output
    assert (
        "  make differs: run 1 | run 2\n"
        "    many: 12 files differ, first 00: line 1: 'UTC0' | 'XYZ-14'\n"
        "    text.txt: line 1: 'UTC0' | 'XYZ-14'\n"
    ) in output


def test_changes_that_are_not_committed_are_counted(verify):
    """A file that was only touched is none, and a new folder is one."""
    code, output = verify(ignored=True)
    assert code == 0, output
    assert "verify ignores 2 changes that git status shows: not committed\n" in output
