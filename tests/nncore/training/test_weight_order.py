"""The order in which a network stores the weights of its first layer."""

import copy
import pickle

import numpy as np
import pytest
from trainings import SETTINGS, make_settings, make_training, noise, run

from nncore.config.architecture import Architecture
from nncore.errors import ArchiveError, SettingsError
from nncore.files import open_archive, write_archive
from nncore.model import Model
from nncore.model_file import load, save
from nncore.network import parameters
from nncore.network.network import Network
from nncore.training.checkpoint import (
    WarmStart,
    continue_training,
    load_checkpoint,
    save_checkpoint,
    warm_start_from,
)


def make(units=64, numerics="fast", outputs=2, dtype=np.float32):
    architecture = Architecture(hidden=(units, 3))
    network = Network(architecture, inputs=4, outputs=outputs, dtype=dtype, numerics=numerics)
    network.parameters[:] = np.arange(network.parameters.size)
    return network


@pytest.mark.parametrize(
    ("units", "numerics", "second_weight"),
    # Of the first input and the second unit.
    [(64, "fast", 1), (63, "fast", 4), (64, "exact", 4)],
)
def test_a_wide_first_layer_of_fast_arithmetic_is_stored_input_by_input(
    units, numerics, second_weight
):
    network = make(units, numerics)
    assert network.weights[0][0, 1] == second_weight
    assert network.weights[0].base is network.parameters
    # The others unit by unit.
    first = 4 * units
    assert network.weights[1][:2, 0].tolist() == [first, first + 1]


def pickled(network):
    return pickle.loads(pickle.dumps(network))  # noqa: S301  its own bytes


@pytest.mark.parametrize("again", [copy.deepcopy, pickled])
@pytest.mark.parametrize("numerics", ["fast", "exact"])
def test_a_copy_has_the_same_weights(again, numerics):
    network = make(numerics=numerics)
    for one, other in zip(again(network).weights, network.weights, strict=True):
        assert np.array_equal(one, other)


def stored_by_unit(network):
    """Return the vector of a network as it was before there was another order."""
    weights = [weight.T.ravel() for weight in network.weights]
    return np.concatenate([*weights, *network.biases])


def test_a_network_pickled_before_there_was_an_order_keeps_its_weights():
    network = make()
    state = network.__getstate__() | {"parameters": stored_by_unit(network)}
    del state["_first_by_input"]
    old = Network.__new__(Network)
    old.__setstate__(state)
    assert old.weight_order == "by unit"
    for one, other in zip(old.weights, network.weights, strict=True):
        assert np.array_equal(one, other)


def rewritten_checkpoint(path, training, **changes):
    """Write a checkpoint of a training with other values in it, left out where None."""
    save_checkpoint(path, training)
    with open_archive(path, "a checkpoint") as archive:
        values = archive.values | changes
    values = {name: value for name, value in values.items() if value is not None}
    write_archive(path, values, training.state().arrays)


WIDE = {"hidden": (64,), "numerics": "fast"}


def test_a_checkpoint_from_before_there_was_an_order_is_refused(tmp_path):
    changes = {"format": "nncore checkpoint 3", "numerics": None, "weight_order": None}
    rewritten_checkpoint(tmp_path / "epoch.npz", run(make_training(**WIDE), 1), **changes)
    with pytest.raises(ArchiveError, match="got: format 'nncore checkpoint 3', expected "):
        load_checkpoint(tmp_path / "epoch.npz", make_training(**WIDE))


def test_a_checkpoint_of_the_other_order_is_refused(tmp_path):
    training = run(make_training(**WIDE), 1)
    rewritten_checkpoint(tmp_path / "epoch.npz", training, weight_order="by unit")
    with pytest.raises(ArchiveError, match=r"got: weight_order 'by unit', expected 'by input'$"):
        load_checkpoint(tmp_path / "epoch.npz", make_training(**WIDE))


@pytest.mark.parametrize(("numerics", "other"), [("exact", "fast"), ("fast", "exact")])
def test_a_checkpoint_of_other_numerics_is_refused(tmp_path, numerics, other):
    """Even if the first epoch, by chance, has the same losses."""
    training = make_training(hidden=(64,), numerics=numerics)
    save_checkpoint(tmp_path / "epoch.npz", run(training, 1))
    same = make_training(hidden=(64,), numerics=other)
    same.history[0] = training.history[0]
    with pytest.raises(ArchiveError, match=f"got: numerics '{numerics}', expected '{other}'$"):
        load_checkpoint(tmp_path / "epoch.npz", same)


def continued(warm_start):
    return continue_training(warm_start, Architecture(hidden=(64,)), make_settings(), noise())


def test_a_pickled_warm_start_has_the_same_weights():
    training = run(make_training(**WIDE), 1)
    network = continued(pickled(warm_start_from(training))).network
    assert all(map(np.array_equal, network.weights, training.network.weights))


def test_a_warm_start_pickled_before_there_was_an_order_is_refused_if_it_had_another():
    old = {
        numerics: WarmStart(
            *warm_start_from(run(make_training(**WIDE | {"numerics": numerics})))[:4]
        )
        for numerics in ("fast", "exact")
    }
    with pytest.raises(SettingsError, match=r"^warm_start.weight_order must be 'by input' in this"):
        continued(pickled(old["fast"]))
    assert np.array_equal(continued(old["exact"]).network.parameters, old["exact"].parameters)


@pytest.mark.parametrize("numerics", ["fast", "exact"])
def test_a_file_has_the_weights_of_either_order(tmp_path, numerics):
    network = make()
    save(tmp_path / "model.npz", Model(network))
    loaded = load(tmp_path / "model.npz", numerics=numerics).network
    assert all(map(np.array_equal, loaded.weights, network.weights))


@pytest.mark.parametrize("settings", SETTINGS.values(), ids=SETTINGS)
def test_either_order_trains_alike(monkeypatch, settings):
    settings = {"hidden": (70, 4), "numerics": "fast"} | settings
    by_input = run(make_training(**settings), 1).network
    monkeypatch.setattr(parameters, "MIN_UNITS_OF_INPUT_ORDER", 71)
    by_unit = run(make_training(**settings), 1).network
    assert by_input.weights[0].flags.c_contiguous
    assert by_unit.weights[0].flags.f_contiguous
    for one, other in zip(by_input.weights, by_unit.weights, strict=True):
        assert one == pytest.approx(other, rel=1e-3, abs=1e-5)
