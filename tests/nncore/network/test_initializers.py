"""Distributions of initial weights: moments within five standard errors, bounds, dtypes."""

from typing import get_args

import numpy as np
import pytest

from nncore.config.architecture import Architecture, InitializerName
from nncore.errors import SettingsError
from nncore.network.network import Network
from nncore.network.parameters import initial_values

N = 200_000


def drawn(name, scale=1.0, *, fan_in=8, fan_out=4, shape=(N,), seed=1):
    rng = np.random.default_rng(seed)
    return initial_values(name, scale, shape, fan_in=fan_in, fan_out=fan_out, rng=rng)


@pytest.mark.parametrize(
    ("name", "fans", "std"),
    [
        # √(2/8) and √(2/200)
        ("he", (8, 4), 0.5),
        ("he", (200, 4), 0.1),
        # 1/√16, whatever the fan out
        ("fan_in", (16, 4), 0.25),
        ("fan_in", (16, 999), 0.25),
        ("normal", (8, 4), 1.0),
        # A uniform distribution within ±b has the standard deviation b/√3: √(6/(1+5)) = 1
        ("glorot", (1, 5), 3**-0.5),
        # √(6/(20+4)) = 1/2
        ("glorot", (20, 4), 12**-0.5),
        ("uniform", (8, 4), 3**-0.5),
    ],
)
def test_mean_is_zero_and_standard_deviation_as_published(name, fans, std):
    values = drawn(name, fan_in=fans[0], fan_out=fans[1])
    assert values.mean() == pytest.approx(0, abs=5 * std / N**0.5)
    assert values.std() == pytest.approx(std, abs=5 * std / (2 * N) ** 0.5)


@pytest.mark.parametrize("name", ["fan_in", "he", "normal"])
def test_normal_distributions_have_a_fourth_moment_of_three(name):
    """Which a uniform distribution of the same variance, at 1.8, has not."""
    values = drawn(name)
    # The variance of the fourth power of a standard normal value is 96.
    assert (values**4).mean() / values.var() ** 2 == pytest.approx(3, abs=5 * (96 / N) ** 0.5)


@pytest.mark.parametrize(
    ("name", "fans", "bound"),
    [("uniform", (8, 4), 1), ("glorot", (1, 5), 1), ("glorot", (20, 4), 0.5)],
)
def test_uniform_distributions_fill_their_bounds_and_stay_within(name, fans, bound):
    values = drawn(name, fan_in=fans[0], fan_out=fans[1])
    # That none of N values comes within 20/N of the bound has a probability of e^-10.
    assert bound * (1 - 20 / N) < values.max() <= bound
    assert -bound <= values.min() < -bound * (1 - 20 / N)


@pytest.mark.parametrize("name", get_args(InitializerName))
def test_scale_multiplies(name):
    assert drawn(name, -3.0, shape=(50,)) == pytest.approx(-3 * drawn(name, shape=(50,)), rel=1e-14)


def test_constant_is_the_scale_itself():
    assert drawn("constant", 0.25, shape=(2, 3)).tolist() == [[0.25] * 3] * 2


@pytest.mark.parametrize("name", get_args(InitializerName))
def test_every_name_draws_float64_of_the_shape(name):
    values = drawn(name, shape=(3, 5))
    assert (values.shape, values.dtype) == ((3, 5), np.float64)


@pytest.mark.parametrize("name", get_args(InitializerName))
def test_float32_network_begins_as_the_float64_one_rounded(name):
    architecture = Architecture(hidden=(5,), weight_init=name, bias_init=name)
    narrow, wide = (Network(architecture, inputs=4, outputs=3, dtype=d) for d in ("f4", "f8"))
    for network in (narrow, wide):
        network.initialize(np.random.default_rng(7))
    assert narrow.parameters.tobytes() == wide.parameters.astype(np.float32).tobytes()


def test_initial_values_that_are_not_finite_are_refused():
    network = Network(Architecture(weight_scale=1e300), inputs=4, outputs=3)
    expected = (
        "weight_scale and bias_scale must be small enough for finite initial values in float32"
    )
    with pytest.raises(SettingsError, match=f"^{expected}, got "):
        network.initialize(np.random.default_rng(1))
    assert not network.parameters.any()


def test_fans_are_those_of_each_layer():
    """1,000 inputs to 50 units to 2 outputs, he: √(2/1000) and √(2/50)."""
    network = Network(Architecture(hidden=(50,)), inputs=1000, outputs=2)
    network.initialize(np.random.default_rng(1))
    first, second = network.weights
    assert first.std() == pytest.approx(0.002**0.5, rel=5 / (2 * first.size) ** 0.5)
    assert second.std() == pytest.approx(0.2, rel=5 / (2 * second.size) ** 0.5)
