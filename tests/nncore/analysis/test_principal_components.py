"""Principal components against NumPy's singular value decomposition."""

import numpy as np
import pytest

from nncore.analysis.principal_components import principal_components
from nncore.errors import SettingsError


def samples(n=60, inputs=20, seed=1):
    """Return samples whose variance differs by direction, far from the origin."""
    rng = np.random.default_rng(seed)
    scales = 0.8 ** np.arange(inputs)
    turn, _ = np.linalg.qr(rng.standard_normal((inputs, inputs)))
    return (rng.standard_normal((n, inputs)) * scales) @ turn + 3


def by_svd(matrix, count):
    centred = matrix - matrix.mean(axis=0)
    left, values, right = np.linalg.svd(centred, full_matrices=False)
    signs = np.sign(right[np.arange(count), np.abs(right[:count]).argmax(axis=1)])
    fractions = values**2 / np.sum(values**2)
    return left[:, :count] * values[:count] * signs, fractions[:count]


@pytest.mark.parametrize(
    ("n", "inputs", "count"), [(60, 20, 2), (60, 20, 5), (8, 30, 2), (50, 3, 3)]
)
def test_they_are_those_of_the_singular_value_decomposition(n, inputs, count):
    matrix = samples(n, inputs)
    result = principal_components(matrix, count)
    coordinates, fractions = by_svd(matrix, count)
    np.testing.assert_allclose(result.coordinates, coordinates, atol=1e-4 * coordinates.max())
    np.testing.assert_allclose(result.fractions, fractions, rtol=1e-4)


@pytest.mark.parametrize(("n", "inputs"), [(90, 20), (12, 90)])
def test_directions_of_similar_variance_are_told_apart(n, inputs):
    """The second and the third differ by one in a hundred, which 60 iterations hardly separate."""
    rng = np.random.default_rng(4)
    left, _ = np.linalg.qr(np.column_stack([np.ones(n), rng.standard_normal((n, 10))]))
    right, _ = np.linalg.qr(rng.standard_normal((inputs, 10)))
    lengths = [20, 10, 9.95, 5, 4, 3, 2, 1, 0.5, 0.2]
    matrix = (left[:, 1:] * lengths) @ right.T
    coordinates, _ = by_svd(matrix, 2)
    result = principal_components(matrix, 2).coordinates
    np.testing.assert_allclose(result, coordinates, atol=2e-3)


@pytest.mark.parametrize(("n", "inputs"), [(60, 20), (30, 70)])
def test_the_order_of_the_samples_changes_no_bit(n, inputs):
    matrix = samples(n, inputs)
    order = np.random.default_rng(2).permutation(len(matrix))
    expected = principal_components(matrix).coordinates[order]
    assert principal_components(matrix[order]).coordinates.tobytes() == expected.tobytes()


def test_directions_without_a_variance_have_the_coordinate_0():
    line = np.outer([1.0, -2.0, 5.0, 0.5], [3.0, 4.0, 0.0])
    result = principal_components(line, 2)
    lengths = 5 * np.array([1.0, -2.0, 5.0, 0.5])
    np.testing.assert_allclose(result.coordinates[:, 0], lengths - lengths.mean(), rtol=1e-5)
    assert not result.coordinates[:, 1].any()
    assert result.fractions[0] == pytest.approx(1, rel=1e-6)
    assert result.fractions[1] == 0


@pytest.mark.parametrize("matrix", [np.full((5, 3), 7.0), np.ones((1, 4))])
def test_samples_that_are_all_the_same_are_at_the_origin(matrix):
    result = principal_components(matrix)
    assert not result.coordinates.any()
    assert not result.fractions.any()


def test_directions_beyond_the_inputs_have_the_coordinate_0():
    result = principal_components(samples(inputs=2), 3)
    assert result.coordinates.shape == (60, 3)
    assert not result.coordinates[:, 2].any()


def test_no_direction_is_refused():
    with pytest.raises(SettingsError, match="count must be at least 1, got 0"):
        principal_components(samples(), 0)
