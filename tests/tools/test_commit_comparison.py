"""What a run has made is held against the commit: files, and each entry of dvc.lock."""

import shutil
import subprocess

import pytest
import yaml

from tools.verification.clones import Output, Stage
from tools.verification.commit import CommitComparison
from tools.verification.comparison import artefacts, between_runs, count, stage_differences

LOCK = {
    "schema": "2.0",
    "stages": {
        "train": {
            "cmd": "python -m stages.train",
            "deps": [{"path": "nncore/model.py", "hash": "md5", "md5": "a0"}],
            "params": {"params.yaml": {"numerics": "exact"}},
            "outs": [
                {"path": "models/model.npz", "hash": "md5", "md5": "b1"},
                {"path": "reports", "hash": "md5", "md5": "c2.dir"},
            ],
        }
    },
}


def stage(name, deps=(), outs=(), **others):
    """Return a stage of the dvc.yaml in the project's folder."""
    written = tuple(
        Output(path=path, written=path, inside=True, cached=True, hash=None) for path in outs
    )
    settings = {"frozen": False, "runs": True, "lock": "dvc.lock", **others}
    return Stage(
        name=name, entry=name, deps=tuple(deps), written_deps=tuple(deps), outs=written, **settings
    )


TRAIN = stage("train", ["nncore/model.py"], ["models/model.npz", "reports"])


def git(folder, *arguments):
    subprocess.run(["git", *arguments], cwd=folder, check=True, capture_output=True)


@pytest.fixture
def repository(tmp_path):
    """Commit a dvc.lock and a report."""
    (tmp_path / "reports").mkdir()
    (tmp_path / "models").mkdir()
    (tmp_path / "dvc.lock").write_text(yaml.safe_dump(LOCK))
    (tmp_path / "reports" / "test.json").write_text('{"loss": 0.184512}\n')
    (tmp_path / "models" / "model.npz").write_bytes(b"weights")
    (tmp_path / ".gitignore").write_text("/models/\n")
    git(tmp_path, "init", "--quiet")
    git(tmp_path, "add", ".")
    git(tmp_path, "-c", "user.name=n", "-c", "user.email=e", "commit", "--quiet", "-m", "all")
    return tmp_path


def differences(repository, *stages):
    """Return what differs in the stages, and what does elsewhere."""
    comparison = CommitComparison(repository, "HEAD", stages or [TRAIN])
    result = stage_differences(stages or [TRAIN], comparison.differences)
    lines = [line for one in result for lines in one.lines.values() for line in lines]
    return lines, comparison.others()


def change(path, old, new):
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))


def test_a_run_that_brings_everything_back_differs_in_nothing(repository):
    assert differences(repository) == ([], [])


def test_one_digit_of_a_report_is_named(repository):
    change(repository / "reports" / "test.json", "0.184512", "0.184513")
    line = "reports/test.json: line 1: '{\"loss\": 0.184512}' | '{\"loss\": 0.184513}'"
    assert differences(repository) == ([line], [])


def test_one_digit_of_a_hash_in_the_lock_is_named_with_its_stage_and_output(repository):
    change(repository / "dvc.lock", "b1", "b2")
    line = "dvc.lock: train outs models/model.npz: md5 b1 | md5 b2"
    assert differences(repository) == ([line], [])


def test_a_changed_parameter_is_named(repository):
    change(repository / "dvc.lock", "exact", "fast")
    line = "dvc.lock: train params params.yaml:numerics: 'exact' | 'fast'"
    assert differences(repository) == ([line], [])


def test_a_changed_input_is_named(repository):
    change(repository / "dvc.lock", "a0", "a1")
    assert differences(repository) == (
        ["dvc.lock: train deps nncore/model.py: md5 a0 | md5 a1"],
        [],
    )


def test_a_lock_with_the_same_content_in_other_bytes_differs(repository):
    change(repository / "dvc.lock", "md5: b1", "md5:  b1")
    line = "dvc.lock: the same entries in another order or form"
    assert differences(repository) == ([], [line])


def test_a_report_that_was_not_written_is_named(repository):
    (repository / "reports" / "test.json").unlink()
    assert differences(repository) == (["reports/test.json: only in the commit"], [])


def test_a_report_that_nobody_committed_is_named(repository):
    (repository / "reports" / "späte Zahl.json").write_text("{}")
    assert differences(repository) == (["reports/späte Zahl.json: not committed"], [])


def test_a_file_that_no_stage_lists_is_named(repository):
    (repository / "notes.txt").touch()
    line = "notes.txt: not as committed, and no output of a stage"
    assert differences(repository) == ([], [line])


def test_another_mode_of_a_committed_file_is_named(repository):
    (repository / "reports" / "test.json").chmod(0o755)
    assert differences(repository) == (["reports/test.json: another file mode"], [])


def test_a_run_without_a_lock_lacks_every_entry(repository):
    (repository / "dvc.lock").unlink()
    result, _ = differences(repository)
    assert "dvc.lock: train outs models/model.npz: md5 b1 | no entry" in result


def test_an_entry_of_a_stage_that_is_gone_is_named(repository):
    change(repository / "dvc.lock", "train:", "learn:")
    assert differences(repository)[1] == ["dvc.lock: learn: no such stage"]


def test_the_entries_of_a_frozen_stage_are_not_compared(repository):
    change(repository / "dvc.lock", "a0", "a1")
    frozen = stage("train", frozen=True, runs=False)
    assert differences(repository, frozen) == ([], [])


def test_artefacts_are_the_lock_and_every_file_that_a_stage_makes(repository):
    names = ["dvc.lock", "models/model.npz", "reports/test.json"]
    assert list(artefacts(repository, [TRAIN])) == names
    assert count(names, [TRAIN]) == "2 files and dvc.lock"


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        (["a"], "1 file"),
        (["a", "dvc.lock"], "1 file and dvc.lock"),
        (["dvc.lock", "sub/dvc.lock"], "0 files and 2 dvc.lock"),
    ],
)
def test_locks_are_counted_apart_from_outputs(files, expected):
    assert count(files, [TRAIN, stage("other", lock="sub/dvc.lock")]) == expected


def test_only_a_stage_in_a_committed_lock_has_an_entry(repository):
    comparison = CommitComparison(repository, "HEAD", [TRAIN])
    assert comparison.has_entry(TRAIN)
    assert not comparison.has_entry(stage("new"))
    assert not comparison.has_entry(stage("train", lock="sub/dvc.lock"))


def test_a_stage_follows_the_stages_that_made_its_inputs_differ():
    stages = [
        stage("fetch", outs=["raw"]),
        stage("draw", outs=["noise.txt"]),
        stage("split", ["raw/train"], ["train.txt"]),
        stage("fit", ["train.txt", "noise.txt"], ["model"]),
        stage("same", ["model"], ["same.txt"]),
        stage("look", ["rawness"], ["look.txt"]),
    ]
    result = stage_differences(
        stages, lambda one: {"out": ["differs"]} if one.name != "same" else {}
    )
    causes = {difference.stage: difference.causes for difference in result}
    assert causes == {
        "fetch": set(),
        "draw": set(),
        "split": {"fetch"},
        "fit": {"fetch", "draw"},
        "look": set(),
    }


def test_an_input_that_no_stage_makes_may_differ_between_the_runs(repository):
    """A stage has changed a file that it does not list as an output."""
    other = repository.parent / f"{repository.name}-other"
    shutil.copytree(repository, other)
    change(other / "dvc.lock", "a0", "a1")
    compare = between_runs(repository, other, [TRAIN], set())
    line = "dvc.lock: train deps nncore/model.py: md5 a0 | md5 a1"
    assert compare(TRAIN) == {"inputs": [line]}
    maker = stage("write", outs=["nncore"])
    assert between_runs(repository, other, [maker, TRAIN], set())(TRAIN) == {}
