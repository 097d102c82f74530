"""Shards: the result depends on their number, never on the workers that compute them."""

import warnings

import numpy as np
import pytest
from trainings import make_settings, make_training, noise, result, run

from nncore.config.architecture import Architecture
from nncore.data.batches import Batch
from nncore.errors import DivergenceError, SettingsError
from nncore.network.network import Network
from nncore.training.step import TrainStep

DROPOUT = {"regularization": {"dropout": 0.3, "input_dropout": 0.2}}


@pytest.mark.parametrize("workers", [2, 3, 5])
@pytest.mark.parametrize("shards", [2, 3, 8])
@pytest.mark.parametrize("settings", [{}, DROPOUT], ids=["plain", "dropout"])
def test_workers_change_no_bit(shards, workers, settings):
    alone = result(run(make_training(shards=shards, **settings)))
    assert result(run(make_training(shards=shards, workers=workers, **settings))) == alone


def test_more_workers_than_shards_change_no_bit():
    assert result(run(make_training(workers=5))) == result(run(make_training()))


def test_workers_do_share_the_shards_out(pools):
    """Or the facts above would say nothing."""
    for workers in (1, 2, 5):
        make_training(shards=3, workers=workers)
    assert pools == [2, 3]


def test_another_number_of_shards_gives_other_bits():
    """The sums are rounded in another order."""
    data = noise(200, inputs=50)
    results = {result(run(make_training(data, shards=count)))[0] for count in (1, 2, 3)}
    assert len(results) == 3


@pytest.mark.parametrize("shards", [2, 3, 8])
def test_in_float64_the_shards_of_a_training_make_the_whole_up_to_rounding(shards):
    data = noise(dtype=np.float64)
    whole, parts = (run(make_training(data, shards=count)) for count in (1, shards))
    one, other = (training.state().arrays["parameters"] for training in (whole, parts))
    assert other == pytest.approx(one, rel=1e-9, abs=1e-12)


def softmax_gradient(network, images, targets):
    """Return the gradient of a network without hidden layer, Xᵀ (softmax - y) / n, and its sum.

    Laid out as the parameters are: unit by unit.
    """
    logits = images @ network.weights[0] + network.biases[0]
    exponentials = np.exp(logits)
    delta = (exponentials / exponentials.sum(axis=1, keepdims=True) - targets) / len(images)
    return np.concatenate([(images.T @ delta).T.ravel(), delta.sum(axis=0)])


@pytest.mark.parametrize("workers", [1, 2])
@pytest.mark.parametrize("rows", [8, 7, 2, 1])
@pytest.mark.parametrize("shards", [1, 2, 3, 8])
def test_a_step_goes_along_the_gradient_of_the_whole_batch(shards, rows, workers):
    """Worked out in one piece by hand; a batch of 2 or 1 leaves shards without an image."""
    data = noise(rows, dtype=np.float64)
    images, targets = data.inputs, data.targets
    network = Network(Architecture(hidden=()), inputs=6, outputs=3, dtype=np.float64)
    network.initialize(np.random.default_rng(1))
    start = network.parameters.copy()
    expected = start - 0.25 * softmax_gradient(network, images, targets)
    settings = make_settings(shards=shards, optimizer={"name": "sgd"})
    train_step = TrainStep(network, settings, np.random.default_rng(1), workers=workers)
    train_step.step(Batch(images, targets, np.empty((rows, 3)), np.empty((rows, 3))), 0.25)
    assert network.parameters == pytest.approx(expected, rel=1e-12, abs=1e-14)


def test_a_step_fills_the_outputs_of_every_shard():
    data = noise(7)
    batch = Batch(
        data.inputs, data.targets, *(np.full((7, 3), np.nan, np.float32) for _ in range(2))
    )
    network = Network(Architecture(hidden=()), inputs=6, outputs=3)
    settings = make_settings(shards=3)
    TrainStep(network, settings, np.random.default_rng(1), workers=2).step(batch, 0.25)
    assert np.isfinite(batch.logits).all()
    assert batch.outputs.sum(axis=1) == pytest.approx(np.ones(7))


def test_each_shard_draws_masks_of_its_own():
    """Two images alike, one in each shard, come out unlike."""
    images = np.ones((2, 50), np.float32)
    batch = Batch(images, *(np.ones((2, 3), np.float32) for _ in range(3)))
    network = Network(Architecture(hidden=()), inputs=50, outputs=3)
    network.initialize(np.random.default_rng(1))
    settings = make_settings(shards=2, regularization={"input_dropout": 0.5})
    TrainStep(network, settings, np.random.default_rng(1)).step(batch, 0.25)
    assert not np.array_equal(*batch.logits)


@pytest.mark.parametrize("shards", [9, 0, -1])
def test_more_shards_than_images_in_a_batch_or_none_are_refused(shards):
    with pytest.raises(SettingsError, match=r"^shards must be at (most batch_size|least 1)"):
        make_settings(shards=shards)


@pytest.mark.parametrize("workers", [1, 2])
@pytest.mark.parametrize("shards", [1, 2])
def test_a_divergence_is_one_error_and_no_warning_in_any_thread(shards, workers):
    """Under NumPy's own settings, as in a stage: there a fault of a number is a warning."""
    settings = {"lr": 1e30, "optimizer": {"name": "sgd"}, "shards": shards, "workers": workers}
    with np.errstate(all="warn", under="ignore"), warnings.catch_warnings(record=True) as seen:
        warnings.simplefilter("always")
        with pytest.raises(DivergenceError, match="training diverged in epoch"):
            run(make_training(hidden=(5, 5), **settings))
    assert seen == []
