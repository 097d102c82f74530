"""What one training step of 784-30-10 costs, counted rather than timed.

Every array of a step is of a class that records what is done with it, however that is spelled:
as a function, an operator or a method.
"""

import sys
import tracemalloc
from pathlib import Path
from typing import ClassVar

import numpy as np
import pytest

import nncore
from nncore import activations
from nncore.activations import Activation
from nncore.architecture import Architecture
from nncore.batches import Batches
from nncore.data import Data
from nncore.network import Network
from nncore.settings import OptimizerSettings, TrainingSettings
from nncore.steps import Stepper

BATCH = 16
# 5 matrix products and 2 sums of deltas as products; 2 additions of biases; ReLU 1, softmax 5,
# loss 2, back through ReLU 2, SGD 2.
OPERATIONS = 21
# Softmax's maximum and sum of each row.
FRESH = [BATCH * 4, BATCH * 4]
# Calls of nncore's own functions, resumed generators included.
CALLS = 13
# NumPy spreads a bias over the rows in a buffer of the rows' size, here 1,920 bytes; the rest is
# its iterator. A copy of the images would be 50,176 bytes, one of the gradient 95,440.
PEAK = 3_500


class Recorded(np.ndarray):
    """An array that notes each operation on it, and the bytes of each array that one makes."""

    operations: ClassVar = []
    fresh: ClassVar = []

    def __array_finalize__(self, source):
        if source is not None and self.base is None:
            self.fresh.append(self.nbytes)

    def __array_ufunc__(self, ufunc, method, *inputs, **options):
        return self._noted(f"{ufunc.__name__}.{method}", getattr(ufunc, method), inputs, options)

    def __array_function__(self, function, types, inputs, options):
        return self._noted(function.__name__, function, inputs, options)

    def _noted(self, name, function, inputs, options):
        self.operations.append(name)
        given = {key: _plain(value) for key, value in options.items()}
        result = function(*map(_plain, inputs), **given)
        out = options.get("out")
        if out is not None:
            return out[0] if isinstance(out, tuple) else out
        if isinstance(result, np.ndarray):
            self.fresh.append(result.nbytes)
            result = result.view(Recorded)
        return result


def _plain(value):
    if isinstance(value, list | tuple):
        return type(value)(map(_plain, value))
    return value.view(np.ndarray) if isinstance(value, Recorded) else value


def steps():
    """Return the steps of an epoch behind its first three, as functions."""
    rng = np.random.default_rng(1)
    network = Network(Architecture(hidden=(30,)), inputs=784, outputs=10)
    network.initialize(rng)
    labels = rng.integers(10, size=1024)
    data = Data(rng.random((1024, 784), np.float32), np.eye(10, dtype=np.float32)[labels])
    settings = TrainingSettings(batch_size=BATCH, optimizer=OptimizerSettings(name="sgd"))
    stepper = Stepper(network, settings, rng)
    ((_, batches),) = Batches(data, BATCH).shuffled(rng)
    for batch in batches[:3]:
        stepper.step(batch, 0.05)
    return [lambda batch=batch: stepper.step(batch, 0.05) for batch in batches[3:]]


@pytest.fixture
def recorded(monkeypatch):
    """Return a function that takes a step and returns its operations and its new arrays."""

    def take():
        with monkeypatch.context() as patch:
            for name in ("empty", "empty_like", "ones", "zeros"):
                make = getattr(np, name)
                patch.setattr(
                    np, name, lambda *a, make=make, **k: _plain(make(*a, **k)).view(Recorded)
                )
            step = steps()[0]
        Recorded.operations.clear()
        Recorded.fresh.clear()
        step()
        return list(Recorded.operations), list(Recorded.fresh)

    return take


def peak():
    """Return the bytes that a step holds at most beyond those before it, and those it leaves."""
    several = steps()
    tracemalloc.start()
    try:
        # The first one fills the interpreter's own stores.
        for step in several[:10]:
            tracemalloc.reset_peak()
            before = tracemalloc.get_traced_memory()[0]
            step()
            after, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    return most - before, after - before


def plant(monkeypatch, backward):
    """Let ReLU's way back be another function."""
    relu = Activation(activations.relu, backward)
    monkeypatch.setitem(activations.ACTIVATIONS, "relu", relu)


def by_operators(a, grad):
    grad *= np.sign(a, out=a) * 1


def by_methods(a, grad):
    np.multiply(grad, np.sign(a.copy(), out=a), out=grad)


def by_functions(a, grad):
    np.multiply(grad, np.sign(a), out=grad)


PLANTED = pytest.mark.parametrize("backward", [by_operators, by_methods, by_functions])


def test_a_step_makes_no_array_but_softmaxs_two_columns(recorded):
    assert recorded()[1] == FRESH


@PLANTED
def test_a_planted_array_is_seen(recorded, monkeypatch, backward):
    plant(monkeypatch, backward)
    assert sorted(recorded()[1]) == [*FRESH, BATCH * 30 * 4]


def test_a_step_does_no_more_operations_than_its_formulas_have(recorded):
    assert len(recorded()[0]) <= OPERATIONS


def test_a_planted_operation_is_seen(recorded, monkeypatch):
    plant(monkeypatch, by_operators)
    assert len(recorded()[0]) == OPERATIONS + 1


def test_a_step_holds_little_memory_and_leaves_none():
    most, left = peak()
    assert most <= PEAK
    assert left <= 64


def test_memory_of_a_planted_copy_is_seen(monkeypatch):
    step = Stepper.step

    def copying(self, batch, lr):
        step(self, batch._replace(images=batch.images.copy()), lr)

    monkeypatch.setattr(Stepper, "step", copying)
    assert peak()[0] >= BATCH * 784 * 4


def test_a_step_calls_few_functions_of_nncore():
    folder = str(Path(nncore.__file__).parent)
    called = []

    def note(frame, event, _):
        if event == "call" and frame.f_code.co_filename.startswith(folder):
            called.append(frame.f_code.co_qualname)

    step = steps()[0]
    sys.setprofile(note)
    try:
        step()
    finally:
        sys.setprofile(None)
    assert 0 < len(called) <= CALLS, called
