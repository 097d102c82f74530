"""The page of results: every number on it is one that was measured."""

import json
import sys

import pytest

from benchmarks import publish
from benchmarks.accuracy.__main__ import PEERS as PEERS_TO_ACCURACY
from benchmarks.peers.process import PEERS
from benchmarks.speed import classifiers_table
from benchmarks.speed.networks import CONTESTS, MEAN_OVER
from benchmarks.speed.result import Result
from benchmarks.speed.summary import summary


def result(network, peer, *seconds, threads=1):
    return Result(network, 16, threads, peer, "1.0", 0.1, seconds=list(seconds))


def speeds(results, threads):
    """Return the row of each peer: its cells behind the name."""
    rows = [line[1:-1].split("|") for line in summary(results, threads).splitlines()]
    return {row[1].strip(): [cell.strip() for cell in row[2:]] for row in rows}


def test_the_page_is_what_the_recorded_measurements_give():
    assert publish.PAGE.read_text(encoding="utf-8") == publish.page(publish.RESULTS)


def test_all_that_can_train_a_network_were_measured_or_are_named_as_left_out():
    report = json.loads((publish.RESULTS / "compare.json").read_text(encoding="utf-8"))
    measured, left_out = (
        {(entry["network"], entry["threads"], entry["peer"]) for entry in report[kind]}
        for kind in ("results", "left_out")
    )
    assert not measured & left_out
    assert measured | left_out == {
        (name, threads, peer.name)
        for name, contest in CONTESTS.items()
        for peer in PEERS
        for threads in (1, 2)
        if peer.enters(contest)
    }
    assert report["faults"] == []


def test_the_recorded_times_to_an_accuracy_are_of_all_peers_on_equal_distortions():
    report = json.loads((publish.RESULTS / "accuracy.json").read_text(encoding="utf-8"))
    measured, left_out = ({entry["peer"] for entry in report[key]} for key in ("runs", "left_out"))
    assert measured | left_out == {peer.name for peer in PEERS_TO_ACCURACY}
    assert not measured & left_out
    assert report["faults"] == []


def test_speed_is_the_median_of_the_rounds_ratios():
    """2, 3 and 4 times as fast, where the medians of the times would give 2."""
    ours = result("784-10", "nncore fast", 1.0, 2.0, 4.0)
    other = result("784-10", "PyTorch", 4.0, 4.0, 12.0)
    assert speeds([ours, other], 1)["the fastest peer"] == ["3.00", "", "3.00"]


def test_of_several_peers_the_fastest_counts_and_of_several_ways_of_ours():
    results = [
        result("784-10", "nncore fast", 3.0),
        result("784-10", "nncore fast otherwise", 2.0),
        result("784-10", "slow", 9.0),
        result("784-10", "quick", 4.0),
        result("784-10", "floor", 1.0),
    ]
    actual = speeds(results, 1)
    assert actual["the fastest peer"][0] == actual["quick"][0] == "2.00"
    assert actual["slow"][0] == "4.50"
    assert actual["floor"][0] == "0.50"


def test_at_two_threads_a_result_with_one_counts_where_it_is_better():
    results = [
        result("784-10", "nncore fast", 2.0, 2.0, 5.0),
        result("784-10", "quick alone", 4.0, 3.0, 9.0),
        result("784-10", "quick together", 90.0, 90.0, 90.0),
        result("784-10", "nncore fast", 3.0, 3.0, 3.0, threads=2),
        result("784-10", "quick alone", 8.0, 8.0, 8.0, threads=2),
        result("784-10", "quick together", 5.0, 3.0, 1.0, threads=2),
    ]
    actual = speeds(results, 2)
    # In rounds of one run: 2, 1.5 and 1.8 times as fast.
    assert actual["quick alone"][0] == "1.80"
    assert actual["quick together"][0] == actual["the fastest peer"][0] == "1.50"


def test_a_mean_is_over_the_networks_that_were_measured_and_states_their_number():
    """Of the peer `all` 4, and of the eleventh network, which enters no mean, 1."""
    results = [
        result(name, peer, seconds if name in MEAN_OVER else 1.0)
        for name in CONTESTS
        for peer, seconds in (("nncore fast", 1.0), ("all", 4.0), ("some", 2.0))
        if peer != "some" or name in MEAN_OVER[:2]
    ]
    actual = speeds(results, 1)
    assert actual["all"][-2:] == ["4.00 (10)", "1.00"]
    assert actual["some"][-2:] == ["2.00 (2)", "2.00"]


def report(folder, processor="A"):
    """Write what the programs do, but for the pictures' content."""
    rows = [result("784-10", peer, 1.0, threads=n) for peer in ("nncore fast", "b") for n in (1, 2)]
    left_out = {"network": "784-10", "threads": 2, "peer": "c", "why": "no compiler"}
    cost = {"seconds": [1.0], "peak": 1.0, "own": 1.0, "disk_reads": 0}
    fits = {
        peer: {"seconds": [seconds], "accuracies": [0.9]}
        for peer, seconds in (("nncore", 2.0), ("scikit-learn", 5.0))
    }
    size = {"images": 10, "start": 0.5, "preprocess": cost, "mapped": cost, "in_memory": cost}
    compared = {"data": "10 images", "results": [vars(row) for row in rows], "left_out": [left_out]}
    reports = {
        "compare.json": {"processor": processor} | compared,
        "starts.json": {
            "processor": "A",
            "results": [{"command": "x", "against": "x", "seconds": [1.0]}],
        },
        "growth.json": {"processor": "A", "dtype": "float32", "sizes": [size]},
        "millions.json": {"processor": "A", "dtype": "uint8", "sizes": [size]},
        "classifiers.json": {"processor": "A", "version": "1.0", "results": {"a fit": fits}},
        "accuracy.json": {"processor": "A"} | time_to_accuracy(),
    }
    for name in publish.FILES:
        (folder / name).write_text(json.dumps({"python": "3"} | reports.get(name, {})))


def time_to_accuracy():
    """Return what the program writes, but for the machine."""
    runs = [
        {"peer": peer, "version": "1.0", "seed": 1, "preparation": 0.1, "losses": [0.1]}
        | {"strength": {"size": 1.0}, "seconds": [seconds], "accuracies": [0.5]}
        for peer, seconds in (("nncore fast", 1.0), ("JAX", 2.0))
    ]
    left_out = {"network": "784-10", "threads": 2, "peer": "d", "why": "no library"}
    settings = {"network": "784-10", "batch": 32, "lr": 0.1, "distortions": {"shift": 1.0}}
    measured = {"data": "10 images", "images": 10, "target": 0.5, "faults": []}
    return settings | measured | {"runs": runs, "left_out": [left_out]}


@pytest.fixture
def recorded(monkeypatch, tmp_path):
    """Return a folder for measurements, and the one beside it where they are recorded."""
    source = tmp_path / "source"
    source.mkdir()
    monkeypatch.setattr(publish, "RESULTS", tmp_path / "results")
    monkeypatch.setattr(publish, "PAGE", tmp_path / "RESULTS.md")
    monkeypatch.setattr(sys, "argv", ["publish", str(source)])
    return source, tmp_path


def refusal(folder):
    """Return the line with which recording ends before anything is written."""
    with pytest.raises(SystemExit) as ended:
        publish.main()
    assert [path.name for path in folder.iterdir()] == ["source"]
    return ended.value.code


def test_who_was_left_out_is_on_the_page(recorded):
    source, folder = recorded
    report(source)
    publish.main()
    text = (folder / "RESULTS.md").read_text(encoding="utf-8")
    assert "\n- 784-10, 2 threads, c: left out: no compiler\n" in text
    assert text == publish.page(folder / "results")


def test_the_page_has_the_time_to_an_accuracy(recorded):
    source, _ = recorded
    report(source)
    page = publish.page(source)
    assert "\n## Time to 50.0% of the test images\n" in page
    assert "\n- 784-10, 2 threads, d: left out: no library\n" in page


def test_the_estimators_speed_is_the_median_of_the_rounds_ratios():
    """2, 3 and 8 times as fast, where the medians of the times would give 4."""
    fits = {
        "nncore": {"seconds": [1.0, 2.0, 1.0], "accuracies": [0.5, 0.5, 0.5]},
        "scikit-learn": {"seconds": [2.0, 6.0, 8.0], "accuracies": [0.4, 0.5, 0.6]},
    }
    row = classifiers_table.table({"784-10": fits}).splitlines()[-1]
    cells = [cell.strip() for cell in row[1:-1].split("|")]
    assert cells[1:4] == ["3", "3.00", "(2.00, 8.00)"]
    assert cells[-2:] == ["0.5000 ± 0.0000", "0.5000 ± 0.1000"]


def test_measurements_of_two_machines_are_refused(recorded):
    source, folder = recorded
    report(source, processor="B")
    assert refusal(folder) == (
        "expected measurements of one machine, got compare.json: B, Python 3; "
        "accuracy.json: A, Python 3; starts.json: A, Python 3; growth.json: A, Python 3; "
        "millions.json: A, Python 3; classifiers.json: A, Python 3"
    )


def test_missing_measurements_are_named(recorded):
    source, folder = recorded
    report(source)
    for name in ("growth.json", "compare-2.png"):
        (source / name).unlink()
    line = refusal(folder)
    expected = "growth.json, compare-2.png"
    assert line == f"{source}: expected {expected}, got none: make bench growth millions"
