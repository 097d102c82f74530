"""Dropout: how often, how much the rest is raised, and nothing at all when it is off."""

from itertools import pairwise

import numpy as np
import pytest

from nncore.config.architecture import Architecture
from nncore.network.dropout import Dropout
from nncore.network.network import Network

ROWS, INPUTS, UNITS = 400, 30, 50
RATES = pytest.mark.parametrize("rate", [0.1, 0.5, 0.8])


def make(rate=0.0, input_rate=0.0, *, dtype=np.float32, seed=1):
    network = Network(Architecture(hidden=(UNITS, UNITS)), inputs=INPUTS, outputs=2, dtype=dtype)
    rng = np.random.default_rng(seed)
    return Dropout(network, ROWS, rate=rate, input_rate=input_rate, rng=rng)


def masks(rate=0.0, input_rate=0.0, **settings):
    """Return the masks of all rows of a first batch."""
    dropout = make(rate, input_rate, **settings)
    dropout.draw(ROWS)
    return dropout.masks(slice(ROWS))


def ones(units, dtype=np.float32):
    return np.ones((ROWS, units), dtype)


def share_within(values, rate):
    """Return a bound of five standard errors on a share of `values.size` draws."""
    return 5 * (rate * (1 - rate) / values.size) ** 0.5


@RATES
def test_units_are_dropped_at_the_rate(rate):
    dropped = masks(rate).drop_hidden(0, ones(UNITS))
    assert np.mean(dropped == 0) == pytest.approx(rate, abs=share_within(dropped, rate))


@RATES
def test_inputs_are_dropped_at_their_own_rate(rate):
    dropped = masks(0.3, rate).drop_inputs(ones(INPUTS))
    assert np.mean(dropped == 0) == pytest.approx(rate, abs=share_within(dropped, rate))


@RATES
def test_what_is_kept_is_divided_by_the_probability_of_keeping_it(rate):
    factor = {0.1: 1 / 0.9, 0.5: 2, 0.8: 5}[rate]
    dropped = masks(rate).drop_hidden(0, 3 * ones(UNITS))
    assert dropped[dropped != 0] == pytest.approx(3 * factor, rel=1e-6)


@RATES
def test_expectation_is_preserved(rate):
    mean = float(masks(rate).drop_hidden(0, ones(UNITS)).mean())
    assert mean == pytest.approx(1, abs=share_within(ones(UNITS), rate) / (1 - rate))


def test_units_are_dropped_independently():
    """Neighbours in a row, and in a column, are both dropped a quarter of the time."""
    gone = masks(0.5).drop_hidden(0, ones(UNITS)) == 0
    for both in (gone[:, 1:] & gone[:, :-1], gone[1:] & gone[:-1]):
        assert both.mean() == pytest.approx(0.25, abs=2 * share_within(both, 0.25))


def test_masks_of_layers_and_of_draws_differ():
    dropout = make(0.5)
    drawn = dropout.masks(slice(ROWS))
    dropout.draw(ROWS)
    first, second = (
        drawn.drop_hidden(0, ones(UNITS)).copy(),
        drawn.drop_hidden(1, ones(UNITS)).copy(),
    )
    dropout.draw(ROWS)
    again = drawn.drop_hidden(0, ones(UNITS))
    assert not np.array_equal(first, second)
    assert not np.array_equal(first, again)


@pytest.mark.parametrize("cuts", [(0, 1, ROWS), (0, 7, 7, 200, ROWS), (0, ROWS)])
def test_parts_of_a_batch_have_the_rows_of_its_masks(cuts):
    whole = masks(0.5, 0.2)
    dropout = make(0.5, 0.2)
    parts = [dropout.masks(slice(*pair)) for pair in pairwise(cuts)]
    dropout.draw(ROWS)
    sizes = np.diff(cuts)
    inputs = [
        part.drop_inputs(ones(INPUTS)[:rows]) for part, rows in zip(parts, sizes, strict=True)
    ]
    hidden = [
        part.drop_hidden(1, ones(UNITS)[:rows]) for part, rows in zip(parts, sizes, strict=True)
    ]
    assert np.array_equal(np.concatenate(inputs), whole.drop_inputs(ones(INPUTS)))
    assert np.array_equal(np.concatenate(hidden), whole.drop_hidden(1, ones(UNITS)))


def test_a_smaller_batch_draws_masks_of_its_own_rows_only():
    dropout = make(0.5)
    drawn = dropout.masks(slice(ROWS))
    dropout.draw(ROWS)
    before = drawn.drop_hidden(0, ones(UNITS)).copy()
    dropout.draw(10)
    after = drawn.drop_hidden(0, ones(UNITS))
    assert not np.array_equal(after[:10], before[:10])
    assert np.array_equal(after[10:], before[10:])


def test_gradient_goes_through_the_mask_of_its_own_layer():
    dropout = masks(0.5)
    forward = [dropout.drop_hidden(index, ones(UNITS)).copy() for index in (0, 1)]
    for index in (1, 0):
        grad = ones(UNITS)
        dropout.backward_hidden(index, grad)
        assert np.array_equal(grad, forward[index])


def test_off_returns_the_same_object():
    dropout, images, a = masks(), ones(INPUTS), ones(UNITS)
    assert dropout.drop_inputs(images) is images
    assert dropout.drop_hidden(0, a) is a
    dropout.backward_hidden(0, a)
    assert np.all(a == 1)


def test_off_for_one_of_inputs_and_units_leaves_that_one_alone():
    images, a = ones(INPUTS), ones(UNITS)
    assert masks(rate=0.5).drop_inputs(images) is images
    assert masks(input_rate=0.5).drop_hidden(0, a) is a


def test_what_goes_in_is_left_alone():
    images, a = ones(INPUTS), ones(UNITS)
    dropout = masks(0.5, 0.5)
    dropout.drop_inputs(images)
    dropout.drop_hidden(0, a)
    assert np.all(images == 1)
    assert np.all(a == 1)


def test_generator_decides():
    first, same, other = (masks(0.5, seed=s).drop_hidden(0, ones(UNITS)) for s in (1, 1, 2))
    assert np.array_equal(first, same)
    assert not np.array_equal(first, other)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_dtype_is_kept(dtype):
    dropout = masks(0.5, 0.5, dtype=dtype)
    assert dropout.drop_inputs(ones(INPUTS, dtype)).dtype == dtype
    assert dropout.drop_hidden(1, ones(UNITS, dtype)).dtype == dtype
