"""What one training step costs, counted rather than timed, however it is spelled."""

import gc
import sys
import tracemalloc
from collections.abc import Mapping
from copy import copy
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest

import nncore
from benchmarks.recorded import recorded_step
from nncore import activations
from nncore.architecture import Architecture
from nncore.batches import Batches
from nncore.data import Data
from nncore.network import Network
from nncore.settings import OptimizerSettings, RegularizationSettings, TrainingSettings
from nncore.steps import Stepper

BATCH, HIDDEN = 16, 30
FOLDERS = [str(Path(package.__file__).parent) for package in (nncore, np)]


class Case(NamedTuple):
    """A way to train 784-30-10, and what a step costs."""

    operations: int
    # Of nncore's own functions, without list comprehensions, which are some until Python 3.11.
    calls: int
    # Bytes held at most beyond those before it. NumPy spreads a bias over the rows by an iterator
    # and in a buffer of the rows' size, here 1,920; a copy of the images would be 50,176.
    peak: int = 3_088
    # Bytes of the arrays that it makes, together.
    fresh: int = 0
    optimizer: str = "sgd"
    shards: int = 1
    architecture: Mapping = {}
    regularization: Mapping = {}


SIGMOID = {"activation": "sigmoid", "output": "sigmoid", "loss": "mean_squared_error"}
CASES = {
    # 5 matrix products and 2 sums of deltas as products; 2 additions of biases; ReLU 1, softmax 5,
    # loss 3, one of which writes a number; back through ReLU 2, SGD 1.
    "plain": Case(21, 12),
    # The update has 3, 5 and 9; Adam's 14, and it reads two powers.
    "momentum": Case(23, 12, optimizer="momentum"),
    "nesterov": Case(25, 12, optimizer="nesterov"),
    "rmsprop": Case(29, 12, optimizer="rmsprop"),
    "adam": Case(36, 12, optimizer="adam"),
    "leaky ReLU": Case(23, 12, architecture={"activation": "leaky_relu"}),  # 1 more each way
    # Sigmoid 4 and back 3, twice, without softmax and ReLU; back through softmax 4.
    "sigmoid, squared error": Case(27, 12, architecture=SIGMOID),
    "softmax, squared error": Case(25, 14, architecture={"loss": "half_squared_error"}),
    # Of two masks: a draw is not NumPy's, 2 operations make a mask of it; 3 products with them, two
    # on the way and one back. A mask is cast through a buffer of 8,192 values.
    "dropout": Case(28, 17, 9_396, regularization={"dropout": 0.5, "input_dropout": 0.2}),
    # l2 has 2, l1 3, weight decay 1.
    "penalties": Case(27, 12, regularization={"l1": 1e-4, "l2": 1e-4, "weight_decay": 1e-4}),
    # A norm and, always with this limit, a product; float32 goes through buffers of 8,192 float64.
    "clip_norm": Case(23, 13, 132_574, regularization={"clip_norm": 1e-3}),
    # 6 for each weight, of which 5 make a number for each unit.
    "max_norm": Case(33, 14, 32_944, 640, regularization={"max_norm": 0.1}),
    "shards": Case(42, 32, 3_704, shards=2),  # Twice all but the update, and a sum of gradients.
}
EACH = pytest.mark.parametrize("case", CASES.values(), ids=CASES)
PLAIN = CASES["plain"]


def steps(case=PLAIN, count=64):
    """Return the steps of an epoch of `count` behind its first three, as functions."""
    rng = np.random.default_rng(1)
    network = Network(Architecture(hidden=(HIDDEN,), **case.architecture), inputs=784, outputs=10)
    network.initialize(rng)
    targets = np.eye(10, dtype=np.float32)[rng.integers(10, size=count * BATCH)]
    data = Data(rng.random((count * BATCH, 784), np.float32), targets)
    settings = TrainingSettings(
        batch_size=BATCH,
        optimizer=OptimizerSettings(name=case.optimizer),
        regularization=RegularizationSettings(**case.regularization),
        shards=case.shards,
    )
    stepper = Stepper(network, settings, rng)
    ((_, batches),) = Batches(data, BATCH).shuffled(rng)
    for batch in batches[:3]:
        stepper.step(batch, 0.05)
    return [lambda batch=batch: stepper.step(batch, 0.05) for batch in batches[3:]]


def recorded(case=PLAIN):
    """Return the names of a step's operations, and the bytes of the arrays that it makes."""
    calls, fresh = recorded_step(lambda: steps(case, 4)[0])
    return [call.name for call in calls], fresh


def peak(case=PLAIN):
    """Return the bytes that a step holds at most beyond those before it, and what 61 leave.

    The test runner's own thread takes memory meanwhile: so a median, and nncore's and NumPy's only.
    """
    several, peaks = steps(case), []
    gc.collect()  # Numbers that the interpreter has in store would hide what is kept.
    tracemalloc.start()
    try:
        for step in several:
            tracemalloc.reset_peak()
            before = tracemalloc.get_traced_memory()[0]
            step()
            peaks.append(tracemalloc.get_traced_memory()[1] - before)
        gc.collect()
        taken = [tracemalloc.Filter(True, f"{folder}/*") for folder in FOLDERS]
        left = tracemalloc.take_snapshot().filter_traces(taken).traces
    finally:
        tracemalloc.stop()
    return np.median(peaks), sum(trace.size for trace in left)


SIZE = BATCH * HIDDEN * 4
# By their operations and the bytes of the arrays that they make.
SPELLINGS = {
    (1, SIZE): """np.sign(a); a * 1; abs(a); a.copy(); np.copy(a); copy(a); a.astype(np.int32);
        np.empty(a.shape, a.dtype); np.zeros(a.shape, a.dtype); np.ones(a.shape, a.dtype);
        np.full(a.shape, 1, a.dtype); np.arange(a.size, dtype=a.dtype); np.empty_like(a);
        np.zeros_like(a); np.ones_like(a); np.full_like(a, 1); np.array(a); np.asarray(a, np.int32);
        np.asarray(a.T, order="C"); np.ascontiguousarray(a.T); a[rows]; a.take(rows, 0); a.round();
        a.flatten(); a.T.ravel(); a.T.reshape(-1); a.clip(0, 1); a.cumsum(); np.where(w, a, w);
        a.T * 1; np.asarray(a) * 1; a.view(np.ndarray) * 1; rng.random(a.shape, a.dtype)""",
    (2, 2 * SIZE): "np.zeros_like(a) + 1; a[rows] * 1; np.array(a).copy()",
    (1, 0): """a *= 1; np.add(a, a, w); np.copyto(w, a); w[...] = a; w[1:] = 0; w[rows] = 0;
        w.fill(0); a.take(rows, axis=0, out=w); a.take(rows, 0, w); np.take(a, rows, 0, w);
        w.put(0, 1); w.sort(); w.flat = 0; w.flat[:] = 0; w.real = a; np.add.at(w, rows, 1);
        np.nan_to_num(w, copy=False); a.max(); a.min(); a.sum(); a.prod(); a.mean(); a.std();
        a.var(); a.all(); a.any(); a.argmax(); a.argmin(); a.trace(); np.sum(a); np.max(a);
        np.linalg.norm(a); np.einsum("ij,ij->", a, a); a[0, 0]; a.item(0); a.tolist(); 0 in a""",
    (0, SIZE): "np.ndarray.copy(a)",
    (0, 0): """a.T; a[1:]; a[:, None]; a.view(); a.ravel(); a.reshape(-1); list(a); len(a);
        np.asarray(a); np.ascontiguousarray(a); a.astype(a.dtype, copy=False)""",
}
PLANTED = [(code.strip(), *cost) for cost, codes in SPELLINGS.items() for code in codes.split(";")]


@pytest.mark.parametrize(("code", "operations", "size"), PLANTED)
def test_what_is_planted_is_seen(monkeypatch, code, operations, size):
    known = {"np": np, "copy": copy, "rng": np.random.default_rng(1), "rows": [*range(BATCH)]}

    def backward(a, grad, work):
        activations.relu_backward(a, grad, work)
        exec(code, known | {"a": a, "w": grad})  # noqa: S102  each spelling stands above

    planted = activations.ACTIVATIONS["relu"]._replace(backward=backward)
    monkeypatch.setitem(activations.ACTIVATIONS, "relu", planted)
    done, fresh = recorded()
    assert len(done) - PLAIN.operations == operations, done
    assert sum(fresh) == size


@EACH
def test_a_step_does_the_operations_of_its_formulas_and_makes_no_array(case):
    done, fresh = recorded(case)
    assert len(done) == case.operations, done
    assert sum(fresh) == case.fresh, fresh


@EACH
def test_a_step_holds_little_memory_and_leaves_none(case):
    most, left = peak(case)
    assert most == pytest.approx(case.peak, abs=64)
    assert left < 61 * 24  # a number for each step


def test_memory_of_a_planted_copy_is_seen(monkeypatch):
    step = Stepper.step

    def copying(self, batch, lr):
        step(self, batch._replace(images=batch.images.copy()), lr)

    monkeypatch.setattr(Stepper, "step", copying)
    assert peak()[0] >= BATCH * 784 * 4


@EACH
def test_a_step_calls_few_functions_of_nncore(case):
    called = []

    def note(frame, event, _):
        if event == "call" and frame.f_code.co_filename.startswith(FOLDERS[0]):
            called.append(frame.f_code.co_qualname)

    step = steps(case)[0]
    sys.setprofile(note)
    try:
        step()
    finally:
        sys.setprofile(None)
    assert len([name for name in called if "<listcomp>" not in name]) == case.calls, called
