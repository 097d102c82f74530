"""The data of a fit with scikit-learn's interface: weighted samples, one-hot targets, strata.

This file does not import scikit-learn.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from nncore.arrays import Array, Doubles, Floats
from nncore.data.dataset import Data
from nncore.data.labels import one_hot
from nncore.data.sample_weights import as_sample_weight, mean_weight
from nncore.errors import DataError

VALIDATION_FRACTION = 0.1


class Samples(NamedTuple):
    """Samples, (n, features), their labels, (n,), and weights, (n,); None for 1."""

    inputs: Floats
    labels: Array
    weights: Doubles | None

    def take(self, rows: Array) -> "Samples":
        """Return the samples at `rows`."""
        weights = None if self.weights is None else self.weights[rows]
        return Samples(self.inputs[rows], self.labels[rows], weights)

    def mean_weight(self) -> float:
        """Return the mean of the weights."""
        return 1.0 if self.weights is None else mean_weight(self.weights)

    def data(self, classes: Array) -> Data:
        """Return samples and one-hot targets of sorted `classes`.

        Raises
        ------
        DataError
            A label is none of `classes`.
        """
        columns = np.searchsorted(classes, self.labels).clip(max=len(classes) - 1)
        if (unknown := self.labels[classes[columns] != self.labels]).size:
            expected = ", ".join(map(str, classes))
            raise DataError(f"y must hold labels of {expected}, got {unknown[0]}")
        return Data(self.inputs, one_hot(columns, len(classes)))

    def strata(self) -> Array | None:
        """Return what to stratify validation samples by, as scikit-learn does: two classes alone.

        Nothing either if a class, or the tenth, has a single sample.
        """
        classes, counts = np.unique(self.labels, return_counts=True)
        has_room = counts.min() >= 2 and VALIDATION_FRACTION * len(self.labels) > 1
        return self.labels if len(classes) == 2 and has_room else None


def weighted_samples(inputs: Floats, labels: Array, sample_weight: ArrayLike | None) -> Samples:
    """Return the samples whose weight is above 0: a weight of 0 removes a sample.

    Raises
    ------
    DataError
        The weights are not n finite numbers of at least 0, or all are 0.
    """
    if sample_weight is None:
        return Samples(inputs, labels, None)
    weights = as_sample_weight(sample_weight, len(inputs))
    return Samples(inputs, labels, weights).take(np.flatnonzero(weights))
