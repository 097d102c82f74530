"""The order in which a network stores the weights of its first layer."""

import copy
import pickle

import numpy as np
import pytest
from trainings import SETTINGS, make_training, run

from nncore.config.architecture import Architecture
from nncore.model import Model
from nncore.model_file import load, save
from nncore.network import parameters
from nncore.network.network import Network


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


def test_a_network_pickled_before_there_was_an_order_keeps_its_weights():
    network = make(63)
    state = network.__getstate__()
    del state["_first_by_input"]
    old = Network.__new__(Network)
    old.__setstate__(state)
    assert np.array_equal(old.weights[0], network.weights[0])


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
