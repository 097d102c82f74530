"""Trainings with weights: what a weight stands for, and what the history shows of it."""

import numpy as np
import pytest
from trainings import make_settings, make_training, noise, result, run

from nncore.config.architecture import Architecture
from nncore.data.dataset import Data
from nncore.errors import ArchiveError, DataError
from nncore.network.network import Network
from nncore.training.checkpoint import load_checkpoint, save_checkpoint
from nncore.training.fit import fit

TIMES = np.random.default_rng(1).integers(4, size=50)
WHOLE = {"batch_size": 200, "epochs": 5, "monitor": "train_loss"}


def parameters(data, *, sample_weight=None, labels=None, hidden=(5,), numerics="exact", **settings):
    network = Network(
        Architecture(hidden=hidden),
        inputs=6,
        outputs=3,
        dtype=data.inputs.dtype,
        numerics=numerics,
    )
    network.labels = labels
    fit(network, make_settings(**settings), data, sample_weight=sample_weight)
    return network.parameters


def rows(data, indices):
    return Data(data.inputs[indices], data.targets[indices])


@pytest.mark.parametrize("optimizer", ["sgd", "momentum", "adam"])
@pytest.mark.parametrize(("dtype", "rel"), [(np.float64, 1e-9), (np.float32, 1e-3)])
def test_in_one_batch_a_weight_is_a_number_of_repetitions(dtype, rel, optimizer):
    """And 0 removes a sample."""
    data, settings = noise(dtype=dtype), WHOLE | {"optimizer": {"name": optimizer}}
    weighted = parameters(data, sample_weight=TIMES, **settings)
    repeated = parameters(rows(data, np.repeat(np.arange(50), TIMES)), **settings)
    assert weighted == pytest.approx(repeated, rel=rel, abs=rel / 100)
    assert weighted != pytest.approx(parameters(data, **settings), rel=0.01)


@pytest.mark.parametrize("numerics", ["exact", "fast"])
@pytest.mark.parametrize("value", [1, 0.1, 1e20])
def test_equal_weights_change_no_bit(numerics, value):
    data, settings = noise(), {"monitor": "train_loss", "numerics": numerics}
    alone = parameters(data, **settings)
    assert np.array_equal(parameters(data, sample_weight=[value] * 50, **settings), alone)


def test_balanced_weights_of_classes_of_equal_size_change_no_bit():
    data = noise()
    equal = np.concatenate([np.flatnonzero(data.targets[:, k])[:10] for k in range(3)])
    same = rows(data, equal), rows(data, equal)
    made = [
        parameters(each, monitor="train_loss", class_weight=weight)
        for each, weight in zip(same, (None, "balanced"), strict=True)
    ]
    assert np.array_equal(*made)


def test_weights_of_classes_are_weights_of_their_samples():
    data = noise()
    classes = data.targets.argmax(axis=1)
    by_sample = parameters(data, sample_weight=np.array([3, 1, 0.5])[classes], monitor="train_loss")
    by_class = parameters(data, class_weight={0: 3, 2: 0.5}, monitor="train_loss")
    named = {"class_weight": {"c": 0.5, "a": 3}, "labels": ("a", "b", "c")}
    assert np.array_equal(by_class, by_sample)
    assert np.array_equal(parameters(data, monitor="train_loss", **named), by_sample)


def test_labels_of_a_program_name_the_classes():
    inputs, names = noise().inputs, np.array(["x", "y", "z"])[noise().targets.argmax(axis=1)]
    by_class = parameters(Data(inputs, names), class_weight={"x": 3.0}, monitor="train_loss")
    assert np.array_equal(
        by_class, parameters(noise(), class_weight={0: 3.0}, monitor="train_loss")
    )


def test_the_training_loss_is_weighted_and_the_rest_is_not():
    """With weights of 0 and 2: the loss of the first half, and the accuracy of all."""
    data = noise()
    weighted = make_training(data, sample_weight=np.repeat([2, 0], 25)).history[0]
    half = make_training(rows(data, slice(25))).history[0]
    whole = make_training(data).history[0]
    assert weighted.train_loss == pytest.approx(half.train_loss, rel=1e-12)
    assert weighted.train_loss != pytest.approx(whole.train_loss, rel=1e-3)
    assert weighted.train_accuracy == whole.train_accuracy
    assert weighted.validation_loss == whole.validation_loss


def test_the_loss_of_an_epoch_is_weighted_too():
    """In one batch, the loss of the first epoch is that before its step."""
    history = run(make_training(sample_weight=TIMES, batch_size=200), 1).history
    assert history[1].train_loss == pytest.approx(history[0].train_loss, rel=1e-6)


def test_data_keep_no_weights():
    """Two trainings may share them."""
    data = noise()
    make_training(data, sample_weight=TIMES)
    assert data.weights is None
    assert result(run(make_training(data))) == result(run(make_training()))


def test_a_checkpoint_of_other_weights_is_refused(tmp_path):
    path = tmp_path / "epoch.npz"
    save_checkpoint(path, run(make_training(class_weight="balanced"), 2))
    with pytest.raises(ArchiveError, match="another epoch 0"):
        load_checkpoint(path, make_training(class_weight={0: 2.0}))


def test_weights_that_are_too_few_are_refused():
    with pytest.raises(DataError, match=r"^sample_weight must be 50 numbers, one for each"):
        parameters(noise(), sample_weight=[1, 2], monitor="train_loss")


@pytest.mark.parametrize("loss", ["binary_cross_entropy", "half_squared_error"])
def test_a_single_output_has_weights_of_two_classes(loss):
    data = Data(noise().inputs, noise().targets.argmax(axis=1) > 0)
    settings = make_settings(monitor="train_loss", class_weight={False: 4.0})
    sigmoid = Architecture(hidden=(5,), output="sigmoid", loss=loss)
    by_class, by_sample = (Network(sigmoid, inputs=6, outputs=1) for _ in range(2))
    by_class.labels = (False, True)
    fit(by_class, settings, data)
    plain = make_settings(monitor="train_loss")
    fit(by_sample, plain, data, sample_weight=np.where(data.targets, 1, 4))
    assert np.array_equal(by_class.parameters, by_sample.parameters)
