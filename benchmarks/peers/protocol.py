"""The side of a peer: one epoch for each line on standard input, its time and loss as JSON."""

import json
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from benchmarks.speed import dataset
from benchmarks.speed.networks import CONTESTS, Contest
from nncore.data.dataset import Data


class Task(NamedTuple):
    """What a peer is to train."""

    contest: Contest
    data: Data
    threads: int
    options: frozenset[str]


class UnavailableError(Exception):
    """A peer that this machine can't run, and why."""


# Trains for the next epoch and returns the mean loss of its steps; None if it has none.
Epoch = Callable[[], float | None]


def serve(prepare: Callable[[Task], Epoch], version: str) -> None:
    """Make a peer ready, then train as often as asked; arguments as `PeerProcess` gives them."""
    name, folder, threads, *options = sys.argv[1:]
    contest = CONTESTS[name]
    data = dataset.load(Path(folder), contest.inputs)
    task = Task(contest, data, int(threads), frozenset(options))
    begin = time.perf_counter()
    try:
        epoch = prepare(task)
    except UnavailableError as error:
        answer(unavailable=str(error))
        return
    answer(seconds=time.perf_counter() - begin, version=version)
    for _ in sys.stdin:
        begin = time.perf_counter()
        loss = epoch()
        answer(seconds=time.perf_counter() - begin, loss=loss)


def answer(**values: object) -> None:
    """Print what a peer has done, a line of JSON."""
    print(json.dumps(values), flush=True)
