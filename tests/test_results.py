"""The page of results: every number on it is one that was measured."""

import json

from benchmarks import record
from benchmarks.networks import CONTESTS
from benchmarks.results import Result
from benchmarks.summary import summary


def result(network, peer, *seconds):
    return Result(network, 16, 1, peer, "1.0", 0.1, seconds=list(seconds))


def test_the_page_is_what_the_recorded_measurements_give():
    assert record.PAGE.read_text(encoding="utf-8") == record.page(record.KEPT)


def test_every_network_was_measured_at_one_thread_and_at_two_without_a_fault():
    report = json.loads((record.KEPT / "compare.json").read_text(encoding="utf-8"))
    done = {(each["network"], each["threads"]) for each in report["results"]}
    assert done == {(network, threads) for network in CONTESTS for threads in (1, 2)}
    assert report["faults"] == []


def test_speed_is_the_median_of_the_rounds_ratios():
    """2, 3 and 4 times as fast, where the medians of the times would give 2."""
    ours = result("784-10", "nncore native", 1.0, 2.0, 4.0)
    other = result("784-10", "PyTorch", 4.0, 4.0, 12.0)
    (row,) = [
        line
        for line in summary([ours, other], 1).splitlines()
        if "native" in line and "fast" in line
    ]
    assert [cell.strip() for cell in row.split("|")[1:4]] == ["native", "the fastest peer", "3.00"]


def test_of_several_peers_the_fastest_counts_and_of_several_ways_of_ours():
    results = [
        result("784-10", "nncore native", 3.0),
        result("784-10", "nncore native, shards", 2.0),
        result("784-10", "slow", 9.0),
        result("784-10", "quick", 4.0),
        result("784-10", "floor", 1.0),
    ]
    lines = summary(results, 1).splitlines()
    speeds = {line.split("|")[2].strip(): line.split("|")[3].strip() for line in lines}
    assert speeds["the fastest peer"] == speeds["quick"] == "2.00"
    assert speeds["slow"] == "4.50"
    assert speeds["floor"] == "0.50"
