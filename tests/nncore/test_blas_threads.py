"""One thread of the BLAS during a training, and as many as before after it."""

from threading import Thread

import numpy as np
import pytest
from threadpoolctl import threadpool_info

from nncore import Architecture, Data, Network, TrainingSettings, fit
from nncore.errors import DivergenceError
from nncore.network.propagation import Propagation
from nncore.training.step import TrainStep

DATA = Data(np.eye(4, dtype=np.float32), np.eye(4, dtype=np.float32))


def threads():
    """Return the numbers of threads of the BLAS libraries of this process."""
    libraries = (info for info in threadpool_info() if info["user_api"] == "blas")
    return {info["num_threads"] for info in libraries}


@pytest.fixture(autouse=True)
def before():
    """Return the numbers of threads outside a training."""
    if (result := threads()) == {1}:
        pytest.skip("needs a BLAS with more than one thread")
    return result


@pytest.fixture
def seen(monkeypatch):
    """Collect the numbers of threads that each step of a training has."""
    result, original = [], TrainStep.step

    def watched(*given):
        result.append(threads())
        original(*given)

    monkeypatch.setattr(TrainStep, "step", watched)
    return result


def train(workers=1, **settings):
    network = Network(Architecture(hidden=(3,)), inputs=4, outputs=4)
    fit(network, TrainingSettings(**{"epochs": 2} | settings), DATA, workers=workers)


def test_a_training_has_one_and_gives_the_others_back(seen, before):
    train()
    assert seen == [{1}, {1}]
    assert threads() == before


def test_a_training_that_diverges_gives_the_others_back(seen, before):
    with pytest.raises(DivergenceError):
        train(lr=1e30, epochs=50, optimizer="sgd")
    assert set(map(tuple, seen)) == {(1,)}
    assert threads() == before


@pytest.mark.usefixtures("small_parts")
def test_the_threads_of_a_training_have_one_too(monkeypatch):
    seen, original = [], Propagation.write_gradient_of_units

    def watched(*given, **named):
        seen.append(threads())
        original(*given, **named)

    monkeypatch.setattr(Propagation, "write_gradient_of_units", watched)
    train(workers=2)
    assert seen == [{1}] * 4


def test_trainings_in_two_threads_give_the_others_back(before):
    threads_of_trainings = [Thread(target=train) for _ in range(2)]
    for thread in threads_of_trainings:
        thread.start()
    for thread in threads_of_trainings:
        thread.join()
    assert threads() == before
    train()
    assert threads() == before
