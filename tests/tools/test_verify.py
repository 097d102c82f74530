"""The golden test fails where it should: its comparing functions, on small repositories."""

import base64
import subprocess
from datetime import UTC, datetime

import pytest
import yaml

from tools.golden_files import artefacts, differences, telling_words, traces
from tools.verify import kill_tree, runs

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


def change(path, old, new):
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))


def test_a_run_that_brings_everything_back_differs_in_nothing(repository):
    assert differences(repository) == []


def test_one_digit_of_a_report_is_named(repository):
    change(repository / "reports" / "test.json", "0.184512", "0.184513")
    assert differences(repository) == ["reports/test.json"]


def test_one_digit_of_a_hash_in_the_lock_is_named_with_its_stage_and_output(repository):
    change(repository / "dvc.lock", "b1", "b2")
    assert differences(repository) == ["dvc.lock", "dvc.lock: train outs models/model.npz"]


def test_a_changed_parameter_is_named(repository):
    change(repository / "dvc.lock", "exact", "fast")
    assert differences(repository)[1:] == ["dvc.lock: train params"]


def test_a_lock_with_the_same_content_in_other_bytes_differs(repository):
    change(repository / "dvc.lock", "md5: b1", "md5:  b1")
    assert differences(repository) == ["dvc.lock"]


def test_a_report_that_was_not_written_is_named(repository):
    (repository / "reports" / "test.json").unlink()
    assert differences(repository) == ["reports/test.json"]


def test_a_report_that_nobody_committed_is_named(repository):
    (repository / "reports" / "späte Zahl.json").write_text("{}")
    assert differences(repository) == ["reports/späte Zahl.json"]


def test_a_run_without_a_lock_lacks_every_entry(repository):
    (repository / "dvc.lock").unlink()
    assert "dvc.lock: train outs models/model.npz" in differences(repository)


def test_artefacts_are_the_lock_and_every_file_that_it_names_as_an_output(repository):
    names = [path.relative_to(repository).as_posix() for path in artefacts(repository)]
    assert names == ["dvc.lock", "models/model.npz", "reports/test.json"]


@pytest.mark.parametrize("word", ["/tmp/verify-x", "2031-05-06", "20310506", "06 May 2031"])  # noqa: S108  never opened
def test_a_path_or_a_date_in_an_artefact_is_named(tmp_path, word):
    words = telling_words("/tmp/verify-x", datetime(2031, 5, 6, 12, tzinfo=UTC))  # noqa: S108  never opened
    file = tmp_path / "model.npz"
    file.write_bytes(b"\0\1" + word.encode() + b"\2")
    assert traces([file], words) == [f"model.npz: holds {word!r}"]


@pytest.mark.parametrize(
    ("content", "found"), [(b"\xae\x8a\x2d" * 99, False), (b"..root.." * 99, True)]
)
def test_what_a_page_embeds_is_searched_as_what_it_stands_for(tmp_path, content, found):
    """The base64 of the first is root over and over; that of the second has no such letters."""
    file = tmp_path / "report.html"
    file.write_bytes(b"<p>" + base64.b64encode(content) + b"</p>")
    assert traces([file], {"root"}) == ["report.html: holds 'root'"] * found


def test_tomorrow_in_the_east_is_a_date_too(tmp_path):
    words = telling_words(tmp_path, datetime(2031, 5, 6, 12, tzinfo=UTC))
    assert {"2031-05-06", "2031-05-07"} <= words


def test_the_two_runs_are_alike_in_nothing():
    first, second = runs()
    alike = {name for name, value in vars(first).items() if vars(second)[name] == value}
    assert alike <= {"cores"}


def test_a_run_that_takes_too_long_is_killed_with_all_that_it_has_started():
    command = ["sh", "-c", "echo begun; sleep 600; true"]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
        process.stdout.readline()
        kill_tree(process.pid)
        # Ends at once: no process holds the pipe.
        assert process.communicate(timeout=60) == (b"", None)
    assert process.returncode == -9
