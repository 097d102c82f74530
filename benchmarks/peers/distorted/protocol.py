"""The side of a peer: one epoch for each line on standard input, its time and what it reached."""

import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import NamedTuple

import numpy as np

from benchmarks.accuracy.race import race
from benchmarks.accuracy.strength import Distort, measure_strength
from benchmarks.peers.protocol import Task, UnavailableError, answer
from benchmarks.speed import dataset
from nncore.arrays import Floats
from nncore.data.dataset import Data
from nncore.parallel import one_blas_thread

# Weights, (fan_in, fan_out), and biases.
Parameters = tuple[Sequence[Floats], Sequence[Floats]]


class Trainer(NamedTuple):
    """A peer that is ready.

    Attributes
    ----------
    epoch : trains for the next epoch and returns the mean loss of its steps
    parameters : returns the parameters now
    distort : distorts images as the training does; None if it trains on images as they are
    """

    epoch: Callable[[], float]
    parameters: Callable[[], Parameters]
    distort: Distort | None


def serve(prepare: Callable[[Task], Trainer], version: str) -> None:
    """Make a peer ready, then train as often as asked; arguments as `PeerProcess` gives them.

    Only the epochs are timed: not what measures them, which is the same for all.
    """
    text, folder, threads, *options = sys.argv[1:]
    seed, epochs = map(int, text.split(","))
    contest = race(seed, epochs)
    data = dataset.load(Path(folder), contest.inputs)
    test = dataset.load(Path(folder, dataset.TEST), contest.inputs)
    task = Task(contest, data, int(threads), frozenset(options))
    begin = time.perf_counter()
    try:
        trainer = prepare(task)
    except UnavailableError as error:
        answer(unavailable=str(error))
        return
    seconds = time.perf_counter() - begin
    strength = trainer.distort and asdict(measure_strength(trainer.distort))
    answer(seconds=seconds, version=version, strength=strength)
    for _ in sys.stdin:
        begin = time.perf_counter()
        loss = trainer.epoch()
        seconds = time.perf_counter() - begin
        answer(seconds=seconds, loss=loss, accuracy=accuracy(trainer.parameters(), test))


def accuracy(parameters: Parameters, test: Data) -> float:
    """Return the fraction of the test images that a ReLU network classifies correctly."""
    *hidden, (weight, bias) = zip(*parameters, strict=True)
    values = test.inputs[:]
    with one_blas_thread():
        for w, b in hidden:
            values = np.maximum(values @ w + b, 0)
        classes = (values @ weight + bias).argmax(axis=1)
    return float(np.mean(classes == test.targets.argmax(axis=1)))
