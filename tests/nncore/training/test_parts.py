"""Parts of a batch: in exact arithmetic, no bit depends on how many there are, or where."""

import warnings

import numpy as np
import pytest
from trainings import SETTINGS, make_settings, make_training, noise, result, run, state

from nncore.config.architecture import Architecture
from nncore.data.batches import Batch
from nncore.errors import DivergenceError
from nncore.network.network import Network
from nncore.training import step
from nncore.training.checkpoint import load_checkpoint, save_checkpoint
from nncore.training.step import TrainStep

pytestmark = pytest.mark.usefixtures("small_parts")


@pytest.mark.parametrize("workers", [2, 3, 5, 9])
@pytest.mark.parametrize("settings", SETTINGS.values(), ids=SETTINGS)
def test_workers_change_no_bit(workers, settings):
    """Neither where a batch has fewer images than there are workers."""
    alone = result(run(make_training(**settings)))
    assert result(run(make_training(workers=workers, **settings))) == alone


@pytest.mark.parametrize("workers", [2, 3])
@pytest.mark.parametrize("scale", [1e-6, 1e3])
def test_workers_change_no_bit_where_one_image_is_much_larger_than_the_others(workers, scale):
    """The grids of sums over the batch are then those of a single part."""
    data = noise()
    data.inputs[::8] *= np.float32(scale)
    alone, shared = (run(make_training(data, workers=count)) for count in (1, workers))
    assert result(shared) == result(alone)


@pytest.mark.parametrize("workers", [2, 3, 5])
def test_a_training_goes_on_with_another_number_of_workers(tmp_path, workers):
    settings = SETTINGS["all at once"]
    save_checkpoint(tmp_path / "epoch.npz", run(make_training(workers=2, **settings), 2))
    training = make_training(workers=workers, **settings)
    load_checkpoint(tmp_path / "epoch.npz", training)
    assert result(run(training)) == result(run(make_training(**settings)))


def test_workers_do_share_a_batch_out(pools):
    """Or the facts above would say nothing."""
    for workers in (1, 2, 5):
        make_training(workers=workers)
    assert pools == [1, 4]


def test_a_part_has_enough_to_do(pools, monkeypatch):
    """A batch of 8 images takes 8 times 6 5 + 5 3 = 360 products of numbers."""
    for least in (361, 181, 180, 120, 1):
        monkeypatch.setattr(step, "MIN_PART_PRODUCTS", least)
        make_training(workers=4)
    assert pools == [1, 2, 3]


def test_in_float64_a_batch_is_one_part_unless_numerics_is_fast(pools):
    """Or the result would depend on the workers."""
    settings = {"data": noise(dtype=np.float64)}
    alone = result(run(make_training(**settings)))
    assert result(run(make_training(workers=3, **settings))) == alone
    assert pools == []
    make_training(workers=3, numerics="fast", **settings)
    assert pools == [2]


@pytest.mark.parametrize("workers", [2, 3, 9])
@pytest.mark.parametrize("units", [5, 70])
@pytest.mark.parametrize("settings", SETTINGS.values(), ids=SETTINGS)
def test_in_fast_arithmetic_workers_change_last_bits_alone(workers, units, settings):
    """With either order of the first layer's weights: 70 units have another one than 5."""
    settings = {"hidden": (units, 4), "numerics": "fast"} | settings
    # The first steps: what rounds differently moves apart.
    alone, shared = (run(make_training(workers=count, **settings), 1) for count in (1, workers))
    assert shared.network.parameters == pytest.approx(alone.network.parameters, rel=1e-3, abs=1e-5)


def test_in_fast_arithmetic_a_number_of_workers_repeats_its_bytes():
    settings = {"hidden": (70,), "numerics": "fast", "workers": 3}
    first, second = (result(run(make_training(**settings))) for _ in range(2))
    assert first == second


def softmax_gradient(network, images, targets):
    """Return the gradient of a network without hidden layer, Xᵀ (softmax - y) / n, and its sum.

    Laid out as the parameters are: unit by unit.
    """
    logits = images @ network.weights[0] + network.biases[0]
    exponentials = np.exp(logits)
    delta = (exponentials / exponentials.sum(axis=1, keepdims=True) - targets) / len(images)
    return np.concatenate([(images.T @ delta).T.ravel(), delta.sum(axis=0)])


@pytest.mark.parametrize("workers", [1, 2, 3, 8])
@pytest.mark.parametrize("rows", [8, 7, 2, 1])
@pytest.mark.parametrize(
    ("dtype", "rel", "abs_"), [(np.float64, 1e-12, 1e-14), (np.float32, 1e-6, 1e-7)]
)
def test_a_step_goes_along_the_gradient_of_the_whole_batch(rows, workers, dtype, rel, abs_):
    """Worked out in one piece by hand; a batch of 2 or 1 leaves workers without an image."""
    data = noise(rows, dtype=dtype)
    network = Network(Architecture(hidden=()), inputs=6, outputs=3, dtype=dtype)
    network.initialize(np.random.default_rng(1))
    start = network.parameters.astype(np.float64)
    expected = start - 0.25 * softmax_gradient(network, data.inputs, data.targets)
    settings = make_settings(optimizer={"name": "sgd"})
    train_step = TrainStep(network, settings, np.random.default_rng(1), workers=workers)
    train_step.step(Batch(data.inputs, data.targets, *np.empty((2, rows, 3), dtype)), 0.25)
    assert network.parameters == pytest.approx(expected, rel=rel, abs=abs_)


def test_a_step_fills_the_outputs_of_every_part():
    data = noise(7)
    batch = Batch(data.inputs, data.targets, *np.full((2, 7, 3), np.nan, np.float32))
    network = Network(Architecture(hidden=()), inputs=6, outputs=3)
    TrainStep(network, make_settings(), np.random.default_rng(1), workers=3).step(batch, 0.25)
    assert np.isfinite(batch.logits).all()
    assert batch.outputs.sum(axis=1) == pytest.approx(np.ones(7))


@pytest.mark.parametrize("workers", [1, 2])
def test_each_image_has_a_mask_of_its_own(workers):
    """Two images alike, one in each part, come out unlike."""
    batch = Batch(*(np.ones((2, units), np.float32) for units in (50, 3, 3, 3)))
    network = Network(Architecture(hidden=()), inputs=50, outputs=3)
    network.initialize(np.random.default_rng(1))
    settings = make_settings(regularization={"input_dropout": 0.5})
    TrainStep(network, settings, np.random.default_rng(1), workers=workers).step(batch, 0.25)
    assert not np.array_equal(*batch.logits)


@pytest.mark.parametrize("numerics", ["exact", "fast"])
@pytest.mark.parametrize("workers", [1, 2, 3])
def test_a_divergence_is_one_error_and_no_warning_in_any_thread(workers, numerics):
    """Under NumPy's own settings, as in a stage: there a fault of a number is a warning."""
    settings = {"lr": 1e30, "optimizer": {"name": "sgd"}, "numerics": numerics}
    with np.errstate(all="warn", under="ignore"), warnings.catch_warnings(record=True) as seen:
        warnings.simplefilter("always")
        with pytest.raises(DivergenceError, match="training diverged in epoch"):
            run(make_training(hidden=(5, 5), workers=workers, **settings))
    assert seen == []


@pytest.mark.parametrize("workers", [1, 2, 3])
@pytest.mark.parametrize("value", [np.nan, np.inf])
@pytest.mark.parametrize("row", range(8))
def test_a_number_that_is_none_in_any_part_is_in_the_gradient(workers, value, row):
    data = noise(8)
    data.inputs[row, 2] = value
    network = Network(Architecture(hidden=(5,)), inputs=6, outputs=3)
    network.initialize(np.random.default_rng(1))
    train_step = TrainStep(network, make_settings(), np.random.default_rng(1), workers=workers)
    batch = Batch(data.inputs, data.targets, *np.empty((2, 8, 3), np.float32))
    with np.errstate(invalid="ignore"):
        train_step.step(batch, 0.25)
    assert not np.isfinite(network.parameters).all()


def test_a_step_reads_the_weights_as_they_are():
    """Also if they have been written to between two steps."""
    data = noise(8)
    one, other = (make_training(data, workers=count) for count in (1, 2))
    for training in (one, other):
        training.run_epoch()
        training.state().arrays["parameters"][:] *= 2
        training.run_epoch()
    assert state(one) == state(other)
