"""The classes of a sample's nearest neighbours, which need no network."""

import numpy as np

from nncore.arrays import Doubles, Floats, Indices
from nncore.functions import exact
from nncore.network.prediction import class_outputs

NEIGHBOURS = 5


def neighbour_classes(inputs: Floats, others: Floats, other_targets: Floats) -> Indices:
    """Return the most frequent class of the nearest other samples, (n,).

    Cover & Hart, Nearest neighbor pattern classification (1967): with many samples, the error of
    the nearest neighbour is at most twice the least possible. Only the inputs of the distances are
    rounded, so that the distances are the same on every computer.

    Parameters
    ----------
    inputs : (n, inputs)
    others, other_targets : (m, inputs) and one-hot (m, outputs), m at least 1
    """
    bits = exact.product_bits(inputs.shape[1])
    largest = max(exact.largest_of_all(inputs), exact.largest_of_all(others))
    rows, columns = _on_grid(inputs, largest, bits), _on_grid(others, largest, bits)
    # |x - y|² less |x|², which is the same for all y.
    distances = np.empty((len(rows), len(columns)))
    exact.product(rows, columns.T, distances)
    distances *= -2
    distances += exact.sum_rows(np.square(columns))
    votes = np.zeros((len(rows), class_outputs(other_targets).shape[1]))
    row_numbers = np.arange(len(rows))
    for _ in range(min(NEIGHBOURS, len(columns))):
        nearest = distances.argmin(axis=1)
        votes += class_outputs(other_targets)[nearest]
        distances[row_numbers, nearest] = np.inf
    classes: Indices = votes.argmax(axis=1)
    return classes


def _on_grid(values: Floats, largest: float, bits: int) -> Doubles:
    result = np.empty(values.shape)
    exact.to_grid(values, largest, bits, result)
    return result
