"""The data of a fit with scikit-learn's interface: samples, targets and weights.

This file does not import scikit-learn.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from nncore.arrays import Array, Doubles, Floats
from nncore.data.dataset import Data
from nncore.data.sample_weights import as_sample_weight, mean_weight


class Samples(NamedTuple):
    """Samples as a network takes them.

    Attributes
    ----------
    inputs : (n, features) float32 or float64
    targets : (n, outputs) of the same dtype
    weights : (n,) factors on the losses, above 0; None for 1
    """

    inputs: Floats
    targets: Floats
    weights: Doubles | None

    def take(self, rows: Array) -> "Samples":
        """Return the samples at `rows`."""
        weights = None if self.weights is None else self.weights[rows]
        return Samples(self.inputs[rows], self.targets[rows], weights)

    def mean_weight(self) -> float:
        """Return the mean of the weights."""
        return 1.0 if self.weights is None else mean_weight(self.weights)

    def data(self) -> Data:
        """Return samples and targets for a training."""
        return Data(self.inputs, self.targets)


def weighted_rows(
    sample_weight: ArrayLike | None, count: int
) -> tuple[Array | slice, Doubles | None]:
    """Return the rows, of `count`, whose weight is above 0, and their weights.

    A weight of 0 removes a sample, so that a batch holds as many as without it.

    Raises
    ------
    DataError
        The weights are not n finite numbers of at least 0, or all are 0.
    """
    if sample_weight is None:
        return slice(None), None
    weights = as_sample_weight(sample_weight, count)
    rows = np.flatnonzero(weights)
    return rows, weights[rows]
