"""The list of trainings: states, time left and settings, from journals as they grow."""

import os
import platform
import subprocess
import sys
import time

import pytest
from journal_lines import append, end, epoch, start

from stages.watching.runs import MAX_SETTINGS, Runs

# Another host, where nobody can know whether the process of a training is alive.
ELSEWHERE = "elsewhere"


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "journal"


@pytest.fixture
def runs(folder):
    return Runs(folder)


def only(runs):
    (line,) = runs.summaries()
    return line


def test_without_a_folder_there_is_no_training(runs):
    assert runs.summaries() == []


def test_a_line_has_the_numbers_of_the_last_epoch(runs, folder):
    append(folder / "a.jsonl", start(), epoch(0), epoch(3))
    line = only(runs)
    assert (line["id"], line["name"], line["epoch"], line["epochs"]) == ("a", "train", 3, 20)
    values = [
        line[f"{part}_{key}"] for key in ("loss", "accuracy") for part in ("train", "validation")
    ]
    assert values == [0.5, 0.75, 0.15, 0.12]


@pytest.mark.parametrize("state", ["finished", "failed", "interrupted"])
def test_a_training_that_has_ended_says_how(runs, folder, state):
    append(folder / "a.jsonl", start(), epoch(0), end(state, message="why"))
    assert (only(runs)["state"], only(runs)["message"], only(runs)["left"]) == (state, "why", None)


def test_a_training_whose_process_lives_runs(runs, folder):
    append(folder / "a.jsonl", start(), epoch(2, time=time.time()))
    assert only(runs)["state"] == "running"


def test_a_training_whose_process_has_died_is_killed(runs, folder):
    done = subprocess.Popen([sys.executable, "-c", ""])
    done.wait()
    append(folder / "a.jsonl", start(process=done.pid), epoch(2))
    assert only(runs)["state"] == "killed"


@pytest.mark.parametrize("host", [platform.node(), ELSEWHERE])
def test_a_training_that_is_silent_for_long_is_stale(runs, folder, host):
    long_ago = time.time() - 100
    append(folder / "a.jsonl", start(host=host, time=time.time()), epoch(0, time=long_ago))
    assert only(runs)["state"] == "stale"


def test_the_time_left_is_that_of_the_epochs_to_come(runs, folder):
    now = time.time()
    append(folder / "a.jsonl", start(time=now - 8, host=ELSEWHERE), epoch(0), epoch(4, time=now))
    # 16 of 20 epochs, of 2 seconds each.
    assert abs(only(runs)["left"] - 32) <= 1


def test_the_pace_of_a_training_that_resumed_is_that_of_its_new_epochs(runs, folder):
    now = time.time()
    append(folder / "a.jsonl", start(time=now - 1000, host=ELSEWHERE), epoch(10, time=now - 900))
    append(
        folder / "a.jsonl", start(time=now - 4, host=ELSEWHERE, first_epoch=10), epoch(12, time=now)
    )
    assert abs(only(runs)["left"] - 16) <= 1


def test_a_line_grows_with_its_journal(runs, folder):
    append(folder / "a.jsonl", start(), epoch(1))
    assert only(runs)["epoch"] == 1
    append(folder / "a.jsonl", epoch(2), end())
    assert (only(runs)["epoch"], only(runs)["state"]) == (2, "finished")


def test_half_a_line_is_read_when_it_is_whole(runs, folder):
    append(folder / "a.jsonl", start(), epoch(1))
    with (folder / "a.jsonl").open("ab") as file:
        file.write(b'{"event":"end",')
    assert only(runs)["state"] != "finished"
    with (folder / "a.jsonl").open("ab") as file:
        file.write(b'"state":"finished"}\n')
    assert only(runs)["state"] == "finished"


def test_a_journal_that_begins_anew_replaces_the_one_before(runs, folder):
    append(folder / "a.jsonl", start(), epoch(9), end())
    assert only(runs)["epoch"] == 9
    (folder / "a.jsonl").rename(folder / "old")
    append(folder / "a.jsonl", start(), epoch(1))
    assert (only(runs)["epoch"], only(runs)["state"]) == (1, "running")


def test_a_deleted_journal_is_no_line(runs, folder):
    append(folder / "a.jsonl", start(), end())
    assert only(runs)["id"] == "a"
    (folder / "a.jsonl").unlink()
    assert runs.summaries() == []


def test_the_latest_start_comes_first_with_the_settings_that_differ(runs, folder):
    for number, rate in enumerate((0.1, 0.2)):
        parameters = {"train.lr": rate, "train.seed": 1}
        append(folder / f"{number}.jsonl", start(time=float(number), parameters=parameters), end())
    lines = runs.summaries()
    assert [line["id"] for line in lines] == ["1", "0"]
    assert [line["settings"] for line in lines] == [{"train.lr": 0.2}, {"train.lr": 0.1}]


def test_of_many_settings_those_of_the_most_different_values_are_shown(runs, folder):
    """Those of a queue, and not those that tell it from a training before."""
    for number in range(4):
        parameters = {f"model.{key}": number > 0 for key in range(MAX_SETTINGS)}
        parameters |= {"train.lr": number / 10, "train.seed": number % 3}
        append(folder / f"{number}.jsonl", start(time=float(number), parameters=parameters), end())
    settings = [line["settings"] for line in runs.summaries()]
    assert [len(some) for some in settings] == [MAX_SETTINGS] * 4
    shown = [(some["train.lr"], some["train.seed"]) for some in settings]
    assert shown == [(0.3, 0), (0.2, 2), (0.1, 1), (0.0, 0)]


@pytest.mark.parametrize(
    "event",
    [
        start(epochs="many", time=None, parameters=7, name=["a"], process="x"),
        epoch(3, epoch=None, train_loss="<b>"),
        {"event": "start"},
        {"event": "unknown"},
    ],
)
def test_an_event_of_another_form_harms_nothing(runs, folder, event):
    append(folder / "a.jsonl", event, event)
    assert only(runs)["id"] == "a"


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs pipes")
def test_what_cannot_be_read_is_no_line(runs, folder):
    folder.mkdir()
    (folder / "a.jsonl").mkdir()
    (folder / "b.jsonl").symlink_to("nothing")
    assert runs.summaries() == []
