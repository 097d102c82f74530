"""Optuna's search, on functions whose optimum is known."""

import math
import statistics

import pytest

from stages.sweeps.settings import Range, SearchSettings

RATE = "train.lr"


@pytest.fixture
def search():
    return pytest.importorskip("stages.sweeps.optuna_search", reason="the extra optuna").search


@pytest.fixture
def minimise(search):
    """Return a function that gives the values tried while minimising (log10 lr + 2)²."""

    def run(fails=lambda _: False, **settings):
        tried = []

        def evaluate(batch):
            tried.extend(values[RATE] for values in batch)
            rates = [values[RATE] for values in batch]
            return [None if fails(r) else (math.log10(r) + 2) ** 2 for r in rates]

        domain = {RATE: Range(low=1e-5, high=10.0, log=True)}
        search(domain, SearchSettings(**settings), evaluate, maximise=False)
        return tried

    return run


def test_twice_it_tries_the_same(minimise):
    assert minimise(trials=14) == minimise(trials=14)


def test_another_seed_tries_others(minimise):
    assert minimise(trials=3, seed=1) != minimise(trials=3, seed=2)


def test_it_draws_nearer_to_the_optimum_than_chance(minimise):
    distances = [abs(math.log10(rate) + 2) for rate in minimise(trials=40)]
    assert statistics.median(distances[20:]) < statistics.median(distances[:10]) / 2


def test_it_goes_on_where_trials_diverge(minimise):
    assert len(minimise(trials=12, fails=lambda rate: rate > 0.01)) == 12


def test_the_last_batch_is_what_is_left(search):
    sizes = []

    def evaluate(batch):
        sizes.append(len(batch))
        return [0.0] * len(batch)

    search({RATE: (0.1, 0.2)}, SearchSettings(trials=5, batch=2), evaluate, maximise=True)
    assert sizes == [2, 2, 1]


def test_a_value_that_is_a_list_is_suggested_as_one(search):
    batches = []

    def evaluate(batch):
        batches.append(batch)
        return [0.0] * len(batch)

    search({"model.hidden": ([8, 4],)}, SearchSettings(trials=1), evaluate, maximise=True)
    assert batches == [[{"model.hidden": [8, 4]}]]
