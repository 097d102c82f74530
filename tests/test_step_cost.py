"""What one training step costs, counted rather than timed.

Every array of a step is of a class that records what is done with it, however that is spelled:
as a function, an operator or a method.
"""

import gc
import sys
import tracemalloc
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest

import nncore
from benchmarks.recorded import recorded_step
from nncore import activations
from nncore.activations import Activation
from nncore.architecture import Architecture
from nncore.batches import Batches
from nncore.data import Data
from nncore.network import Network
from nncore.settings import OptimizerSettings, RegularizationSettings, TrainingSettings
from nncore.steps import Stepper

BATCH, HIDDEN = 16, 30


class Case(NamedTuple):
    """A way to train 784-30-10, and what a step may cost.

    Attributes
    ----------
    operations : of NumPy
    calls : of nncore's own functions, list comprehensions included
    peak : bytes held at most beyond those before it
        NumPy spreads a bias over the rows in a buffer of the rows' size, here 1,920 bytes; the rest
        is its iterator. A copy of the images would be 50,176 bytes, one of the gradient 95,440.
    """

    operations: int
    calls: int
    peak: int = 3_500
    optimizer: str = "sgd"
    architecture: Architecture = Architecture(hidden=(HIDDEN,))
    regularization: RegularizationSettings = RegularizationSettings()
    shards: int = 1


SIGMOID = Architecture(
    hidden=(HIDDEN,), activation="sigmoid", output="sigmoid", loss="mean_squared_error"
)
CASES = {
    # 5 matrix products and 2 sums of deltas as products; 2 additions of biases; ReLU 1, softmax 5,
    # loss 2, back through ReLU 2, SGD 1.
    "plain": Case(20, 13),
    # The update has 3.
    "momentum": Case(22, 13, optimizer="momentum"),
    # Sigmoid 4 and back 3, twice; no softmax, no ReLU.
    "sigmoid, squared error": Case(26, 14, architecture=SIGMOID),
    # Of two masks: a draw is not NumPy's, 2 operations make a mask of it; 3 products with them, two
    # on the way and one back. A mask is cast through a buffer of 8,192 values.
    "dropout": Case(
        27, 18, 10_000, regularization=RegularizationSettings(dropout=0.5, input_dropout=0.2)
    ),
    # Twice all but the update, and a sum of two gradients.
    "shards": Case(40, 35, 4_000, shards=2),
}
EACH = pytest.mark.parametrize("case", CASES.values(), ids=CASES)
PLAIN = CASES["plain"]


def steps(case=PLAIN):
    """Return the steps of an epoch behind its first three, as functions."""
    rng = np.random.default_rng(1)
    network = Network(case.architecture, inputs=784, outputs=10)
    network.initialize(rng)
    labels = rng.integers(10, size=1024)
    data = Data(rng.random((1024, 784), np.float32), np.eye(10, dtype=np.float32)[labels])
    settings = TrainingSettings(
        batch_size=BATCH,
        optimizer=OptimizerSettings(name=case.optimizer),
        regularization=case.regularization,
        shards=case.shards,
    )
    stepper = Stepper(network, settings, rng)
    ((_, batches),) = Batches(data, BATCH).shuffled(rng)
    for batch in batches[:3]:
        stepper.step(batch, 0.05)
    return [lambda batch=batch: stepper.step(batch, 0.05) for batch in batches[3:]]


def recorded(case=PLAIN):
    """Return the names of a step's operations, and the bytes of the arrays that it makes."""
    calls, fresh = recorded_step(lambda: steps(case)[0])
    return [call.name for call in calls], fresh


def peak(case=PLAIN):
    """Return the bytes that a step holds at most beyond those before it, and what 51 leave."""
    several = steps(case)
    tracemalloc.start()
    try:
        # The first ones fill the interpreter's own stores; a collection empties that of tuples.
        for step in several[:10]:
            step()
        gc.collect()
        start = tracemalloc.get_traced_memory()[0]
        for step in several[10:]:
            tracemalloc.reset_peak()
            before = tracemalloc.get_traced_memory()[0]
            step()
            most = tracemalloc.get_traced_memory()[1]
        gc.collect()
        left = tracemalloc.get_traced_memory()[0] - start
    finally:
        tracemalloc.stop()
    return most - before, left


def plant(monkeypatch, backward):
    """Let ReLU's way back be another function."""
    relu = Activation(activations.relu, backward)
    monkeypatch.setitem(activations.ACTIVATIONS, "relu", relu)


def by_operators(a, grad, work):
    grad *= np.sign(a, out=work) * 1


def by_methods(a, grad, work):
    np.multiply(grad, np.sign(a.copy(), out=work), out=grad)


def by_functions(a, grad, _):
    np.multiply(grad, np.sign(a), out=grad)


PLANTED = pytest.mark.parametrize("backward", [by_operators, by_methods, by_functions])


@EACH
def test_a_step_makes_no_array(case):
    assert recorded(case)[1] == []


@PLANTED
def test_a_planted_array_is_seen(monkeypatch, backward):
    plant(monkeypatch, backward)
    assert recorded()[1] == [BATCH * HIDDEN * 4]


@EACH
def test_a_step_does_no_more_operations_than_its_formulas_have(case):
    done = recorded(case)[0]
    assert len(done) == case.operations, done


def test_a_planted_operation_is_seen(monkeypatch):
    plant(monkeypatch, by_operators)
    assert len(recorded()[0]) == PLAIN.operations + 1


@EACH
def test_a_step_holds_little_memory_and_leaves_none(case):
    most, left = peak(case)
    assert most <= case.peak
    assert left <= 640


def test_memory_of_a_planted_copy_is_seen(monkeypatch):
    step = Stepper.step

    def copying(self, batch, lr):
        step(self, batch._replace(images=batch.images.copy()), lr)

    monkeypatch.setattr(Stepper, "step", copying)
    assert peak()[0] >= BATCH * 784 * 4


@EACH
def test_a_step_calls_few_functions_of_nncore(case):
    folder = str(Path(nncore.__file__).parent)
    called = []

    def note(frame, event, _):
        if event == "call" and frame.f_code.co_filename.startswith(folder):
            called.append(frame.f_code.co_qualname)

    step = steps(case)[0]
    sys.setprofile(note)
    try:
        step()
    finally:
        sys.setprofile(None)
    assert 0 < len(called) <= case.calls, called
