"""Where journals lie, what a reader takes from them, and how many stay."""

import os
import platform
import subprocess
import sys

import pytest
from journal_lines import append, end, epoch, start

from stages.journal import files
from stages.shared.fingerprint import ROOT


@pytest.fixture(autouse=True)
def _unset(monkeypatch):
    monkeypatch.delenv(files.VARIABLE, raising=False)


@pytest.mark.parametrize(
    "inner", ["", "models", ".dvc/tmp/exps/tmp1a", ".dvc/tmp/exps/standalone/tmp2b/recipes"]
)
def test_all_copies_of_a_repository_have_one_folder(tmp_path, monkeypatch, inner):
    """A copy that DVC makes for a queued experiment is a repository too."""
    (tmp_path / ".git").mkdir()
    folder = tmp_path / inner
    (folder / ".git").mkdir(parents=True, exist_ok=inner == "")
    if inner == "models":
        (folder / ".git").rmdir()
    monkeypatch.chdir(folder)
    assert files.journal_folder() == tmp_path / ".journal"


def test_outside_of_a_repository_the_folder_is_the_current_one(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert files.journal_folder() == tmp_path / ".journal"


def test_the_variable_names_another_folder_or_none(tmp_path, monkeypatch):
    monkeypatch.setenv(files.VARIABLE, str(tmp_path / "j"))
    assert files.journal_folder() == tmp_path / "j"
    monkeypatch.setenv(files.VARIABLE, "")
    assert files.journal_folder() is None


def test_git_and_dvc_ignore_the_folder():
    for name, line in ((".gitignore", "/.journal/"), (".dvcignore", ".journal/")):
        assert line in (ROOT / name).read_text(encoding="utf-8").splitlines()


@pytest.mark.parametrize(
    "rest",
    [b'{"event":"ep', b"\0\0\0\n", b"[1]\n", b'{"event":1}\n', b"\xff\n", b"[" * 9999 + b"\n"],
)
def test_what_is_no_whole_event_is_passed_over(rest):
    assert list(files.complete_lines(b'{"event":"end"}\n' + rest)) == [{"event": "end"}]


def test_a_process_is_known_by_its_number_and_time():
    assert files.is_alive(start()) is True
    assert files.is_alive(start(host=platform.node() + "x")) is None
    # This process has begun later than the one that wrote these.
    assert files.is_alive(start(time=1.0)) is False
    done = subprocess.Popen([sys.executable, "-c", ""])
    done.wait()
    assert files.is_alive(start(process=done.pid)) is False
    for process in (None, "1", -1, 10**30, []):
        assert files.is_alive(start(process=process)) is False


def test_a_journal_in_use_is_left_to_its_process(tmp_path):
    append(tmp_path / "a.jsonl", start(process=os.getppid(), time=10**10), epoch(0))
    assert files.path_for(tmp_path, "a") == tmp_path / "a-2.jsonl"
    append(tmp_path / "a.jsonl", end())
    assert files.path_for(tmp_path, "a") == tmp_path / "a.jsonl"


def test_the_oldest_journals_beyond_a_number_are_deleted(tmp_path):
    for number in range(files.MAX_JOURNALS + 3):
        append(tmp_path / f"{number}.jsonl", end())
        os.utime(tmp_path / f"{number}.jsonl", (number, number))
    files.prune(tmp_path)
    assert {int(name) for name in files.journals(tmp_path)} == set(range(3, 103))


def test_the_oldest_journals_beyond_a_size_are_deleted(tmp_path, monkeypatch):
    monkeypatch.setattr(files, "MAX_TOTAL_BYTES", 25)
    for number in range(4):
        (tmp_path / f"{number}.jsonl").write_bytes(b"0123456789")
        os.utime(tmp_path / f"{number}.jsonl", (number, number))
    files.prune(tmp_path)
    assert list(files.journals(tmp_path)) == ["3", "2"]
