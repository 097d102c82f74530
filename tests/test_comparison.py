"""The comparison with other libraries: no one wins by skipping work."""

import math
from pathlib import Path

import numpy as np
import pytest

from benchmarks import dataset
from benchmarks.networks import CONTESTS
from benchmarks.results import Result, faults
from nncore.batches import Batches
from nncore.data import Data
from nncore.training import Training


def result(peer, *losses):
    return Result("784-10", 16, 1, peer, "1.0", 0.1, losses=list(losses))


OTHERS = [result("first", 2.0, 1.0), result("second", 2.0, 1.01)]


def test_equal_work_is_no_fault():
    assert faults([*OTHERS, result("third", 2.0, 1.005), result("floor")]) == []


@pytest.mark.parametrize(
    ("losses", "fault"),
    [
        ((1.0, 1.0), "expected a falling loss, got 1.0000 then 1.0000"),
        ((2.0, 1.2), "expected a loss near 1.0100, got 1.2000"),
        ((2.0, 0.8), "expected a loss near 1.0000, got 0.8000"),
        ((2.0, math.nan), "expected a falling loss, got 2.0000 then nan"),
    ],
)
def test_other_work_is_a_fault(losses, fault):
    assert faults([*OTHERS, result("third", *losses)]) == [f"784-10, 1 threads, third: {fault}"]


def test_the_floor_alone_is_no_fault():
    assert faults([result("floor")]) == []


def test_there_are_seven_networks():
    assert len(CONTESTS) == 7


@pytest.mark.parametrize("line", ["dataset: mnist-5k", "held_out: 0.1", "epochs: 30"])
def test_params_yaml_has_the_lines_that_the_comparison_changes(line):
    text = Path(dataset.ROOT, "params.yaml").read_text(encoding="utf-8")
    assert text.count(line) == 1


def test_other_peers_begin_as_nncore_and_take_the_images_in_its_order(monkeypatch):
    """Else their losses would be another training's."""
    contest = CONTESTS["784-10"]
    # Every image is as bright as its number.
    images = np.repeat(np.arange(40, dtype=np.float32)[:, np.newaxis] / 64, 784, axis=1)
    targets = np.eye(10, dtype=np.float32)[np.arange(40) % 10]
    taken = []
    shuffled = Batches.shuffled

    def noting(self, *given):
        for gathered, batches in shuffled(self, *given):
            taken.extend(gathered.images[:, 0] * 64)
            yield gathered, batches

    monkeypatch.setattr(Batches, "shuffled", noting)
    network = contest.network()
    training = Training(network, contest.settings, Data(images, targets))
    assert (network.weights[0] == contest.start()[0][0]).all()
    training.run_epoch()
    training.run_epoch()
    orders = contest.orders(40)
    assert taken == [*next(orders).tolist(), *next(orders).tolist()]
