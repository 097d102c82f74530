"""One flat vector and its views; the description; forward propagation worked by hand."""

from math import log

import numpy as np
import pytest

from nncore.config.architecture import Architecture
from nncore.errors import SettingsError
from nncore.network.inference import forward_blocks
from nncore.network.network import Network


def make(hidden=(3, 2), inputs=4, outputs=2, dtype=np.float32, **kwargs):
    return Network(
        Architecture(hidden=hidden, **kwargs), inputs=inputs, outputs=outputs, dtype=dtype
    )


def test_parameters_begin_at_zero():
    assert not make().parameters.any()


def test_shapes_are_fan_in_by_fan_out():
    network = make()
    assert [w.shape for w in network.weights] == [(4, 3), (3, 2), (2, 2)]
    assert [b.shape for b in network.biases] == [(3,), (2,), (2,)]


def test_all_weights_come_first_then_all_biases_layer_by_layer():
    """4 · 3 + 3 · 2 + 2 · 2 = 22 weights, then 3 + 2 + 2 biases, unit by unit."""
    network = make()
    network.parameters[:] = np.arange(29)
    assert network.weight_count == 22
    assert [w.flat[0] for w in network.weights] == [0, 12, 18]
    assert network.weights[1].tolist() == [[12, 15], [13, 16], [14, 17]]
    assert [b.tolist() for b in network.biases] == [[22, 23, 24], [25, 26], [27, 28]]


def test_weights_and_biases_are_views_in_both_directions():
    network = make()
    network.weights[2][1, 1] = 5
    network.biases[0][0] = 7
    assert np.flatnonzero(network.parameters).tolist() == [21, 22]
    network.parameters[:] = 1
    assert all(np.all(view == 1) for view in network.weights + network.biases)


def test_views_of_another_vector_write_to_that_vector():
    network, other = make(), np.zeros(29)
    network.views(other)[1][2][:] = 3
    assert np.flatnonzero(other).tolist() == [27, 28]
    assert not network.parameters.any()


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_everything_is_of_the_asked_dtype(dtype):
    network = make(dtype=dtype)
    network.initialize(np.random.default_rng(1))
    arrays = (network.parameters, *network.weights, *network.biases)
    assert {array.dtype for array in arrays} == {np.dtype(dtype)}


def test_network_without_hidden_layer_has_one_layer():
    network = make(hidden=())
    assert [w.shape for w in network.weights] == [(4, 2)]
    assert network.parameters.size == 10


@pytest.mark.parametrize(
    ("inputs", "outputs", "message"),
    [
        (0, 2, "inputs must be at least 1, got 0"),
        (-1, 2, "inputs must be at least 1, got -1"),
        (4, 0, "outputs must be at least 1, got 0"),
        (4, 1, "outputs must be at least 2 with softmax, got 1"),
    ],
)
def test_impossible_size_is_refused(inputs, outputs, message):
    with pytest.raises(SettingsError, match=f"^{message}$"):
        make(inputs=inputs, outputs=outputs)


def test_one_output_is_enough_without_softmax():
    network = make(outputs=1, output="sigmoid", loss="binary_cross_entropy")
    assert network.biases[-1].shape == (1,)


def test_description_is_a_table():
    network = make(hidden=(300, 20), inputs=784, outputs=10, activation=("relu", "tanh"))
    assert network.describe().splitlines() == [
        "layer  weight     bias  activation  parameters",
        "1      784 x 300  300   relu           235,500",
        "2      300 x 20   20    tanh             6,020",
        "3      20 x 10    10    softmax            210",
        "total                                  241,730",
    ]


def test_initial_weights_do_not_depend_on_the_biases():
    plain, biased = make(), make(bias_init="normal", bias_scale=1.0)
    for network in (plain, biased):
        network.initialize(np.random.default_rng(3))
    assert plain.parameters[:22].tolist() == biased.parameters[:22].tolist()
    assert not plain.parameters[22:].any()
    assert biased.parameters[22:].all()


def test_settings_for_each_layer_reach_that_layer():
    network = make(
        weight_init=("constant", "constant", "uniform"),
        weight_scale=(1.0, 2.0, 0.0),
        bias_init="constant",
        bias_scale=(4.0, 5.0, 6.0),
    )
    network.initialize(np.random.default_rng(1))
    assert [np.unique(w).tolist() for w in network.weights] == [[1], [2], [0]]
    assert [np.unique(b).tolist() for b in network.biases] == [[4], [5], [6]]


@pytest.mark.parametrize(("dtype", "precision"), [(np.float32, 1e-6), (np.float64, 1e-12)])
def test_forward_gives_what_was_worked_by_hand(dtype, precision):
    """Two images through two ReLU units to a softmax.

    z_1 = (1, 2) W_1 + b_1 = (1 + 2 - 1, -2 + 1) = (2, -1), so a_1 = (2, 0); for (0, 3) they are
    (3 - 1, -3 + 1) = (2, -2) and (2, 0) too, but for (3, 0): (2, 1) and (2, 1).
    z_2 = (2 ln 3 - ln 3, 0) = (ln 3, 0), so a_2 = (3/4, 1/4); with (2, 1): (ln 3, ln 3).
    """
    network = make(hidden=(2,), inputs=2, dtype=dtype)
    network.weights[0][:] = [[1, 0], [1, -1]]
    network.biases[0][:] = [-1, 1]
    network.weights[1][:] = [[log(3), 0], [0, log(3)]]
    network.biases[1][:] = [-log(3), 0]
    (_, logits, outputs), *more = forward_blocks(
        network, np.array([[1, 2], [0, 3], [3, 0]], dtype), 0, 3
    )
    assert more == []
    expected = np.array([[log(3), 0], [log(3), 0], [log(3), log(3)]])
    assert logits == pytest.approx(expected, abs=precision)
    expected = np.array([[0.75, 0.25], [0.75, 0.25], [0.5, 0.5]])
    assert outputs == pytest.approx(expected, rel=precision)
