"""The recorder of a step's operations, on which benchmarks.speed.step_profile rests."""

from collections import Counter

import numpy as np
import pytest

from benchmarks.speed.networks import CONTESTS
from benchmarks.speed.op_recorder import record_step
from nncore.data.batches import Batch
from nncore.training.step import TrainStep

SIZE = 16 * 30 * 4
# NumPy calls of each line, and the bytes of the arrays that they make.
LINES = {
    "np.add(a, b, out=b)": (1, 0),
    "a *= 2": (1, 0),
    "b[1:] = a[1:]": (1, 0),
    "a.dot(b.T, out=c)": (1, 0),
    "a.sum()": (1, 0),
    "a + b": (1, SIZE),
    "a.copy()": (1, SIZE),
    "np.zeros_like(a) + a": (2, 2 * SIZE),
    "np.where(a > 0, a, b)": (2, SIZE + SIZE // 4),
    "a.T; a[1:]; a.reshape(-1); np.asarray(a)": (0, 0),
}


@pytest.mark.parametrize(("line", "cost"), LINES.items(), ids=LINES)
def test_calls_and_the_arrays_that_they_make_are_counted(line, cost):
    def make():
        arrays = {"a": np.ones((16, 30), np.float32), "b": np.ones((16, 30), np.float32)}
        arrays |= {"np": np, "c": np.empty((16, 16), np.float32)}
        return lambda: exec(line, arrays)  # noqa: S102  each line stands above

    calls, fresh = record_step(make)
    assert (len(calls), sum(fresh)) == cost, calls


def recorded(numerics):
    """Return the operations of a step of 784-30-10: ReLU, softmax, cross-entropy and SGD."""
    contest = CONTESTS["784-30-10"]

    def make():
        rng = np.random.default_rng(1)
        rows = contest.settings.batch_size
        train_step = TrainStep(contest.network(numerics), contest.settings, rng)
        batch = Batch(*(np.ones((rows, width), np.float32) for width in (784, 10, 10, 10)))
        train_step.step(batch, 0.1)
        return lambda: train_step.step(batch, 0.1)

    calls, fresh = record_step(make)
    return Counter(call.name for call in calls), fresh


def test_a_step_does_the_operations_of_its_formulas():
    counts, fresh = recorded("fast")
    assert counts == {
        # Five products of layers; sums over the batch of two deltas, over the classes of softmax.
        "dot": 8,
        "add": 2,
        "maximum": 1,
        # Softmax without its sum; (a - y) / rows; back through ReLU; the update.
        "maximum.reduce": 1,
        "exp": 1,
        "divide": 1,
        "subtract": 3,
        "multiply": 2,
        "greater": 1,
    }
    assert fresh == []


def test_an_exact_step_has_the_same_five_products_and_sums_of_grids():
    counts, _ = recorded("exact")
    # Two biases, and softmax's.
    assert (counts["matmul"], counts["add.reduce"]) == (5, 3)
