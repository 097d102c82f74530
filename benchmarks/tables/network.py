"""The network that the pipeline would train, as an estimator of scikit-learn."""

from collections.abc import Mapping
from typing import Any, Self

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin, RegressorMixin

from nncore.arrays import Array, Floats
from nncore.data.dataset import Data
from nncore.network.network import Network
from nncore.training.fit import fit
from stages.shared.dotted_keys import with_value
from stages.shared.params import Params, validate
from stages.shared.table_defaults import table_choices


class PipelineNetwork(BaseEstimator):
    """A network with the settings of params.yaml, trained on all rows, in float32.

    Parameters
    ----------
    changes : dotted keys of params.yaml with values in place of the defaults for tables
    seed : train.seed

    Attributes
    ----------
    params_, network_ : all settings, and the network, of the last fit
    """

    params_: Params
    network_: Network

    def __init__(self, changes: Mapping[str, Any] | None = None, seed: int = 1) -> None:
        self.changes = changes
        self.seed = seed

    def _train(self, inputs: Floats, targets: Array, outputs: int, *, is_regression: bool) -> None:
        choices = table_choices(len(inputs), is_regression=is_regression)
        values = {key: value for key, value, _ in choices} | {"train.seed": self.seed}
        nested: dict[str, Any] = {}
        for key, value in (values | dict(self.changes or {})).items():
            nested = with_value(nested, key.split("."), value)
        self.params_ = params = validate(Params, nested, "settings of a table's network")
        size = {"inputs": inputs.shape[1], "outputs": outputs}
        self.network_ = Network(params.model, **size, numerics=params.numerics)
        fit(self.network_, params.train, Data(inputs, targets))


class NetworkClassifier(ClassifierMixin, PipelineNetwork):
    """A network with an output for each class."""

    classes_: Array

    def fit(self, X: Array, y: Array) -> Self:  # noqa: N803  scikit-learn's name
        """Train on samples, (n, features), and their labels, (n,)."""
        self.classes_, numbers = np.unique(y, return_inverse=True)
        one_hot = np.eye(len(self.classes_), dtype=np.float32)[numbers]
        self._train(X.astype(np.float32), one_hot, len(self.classes_), is_regression=False)
        return self

    def predict_proba(self, X: Array) -> Floats:  # noqa: N803
        """Return the probability of each class, (n, classes)."""
        return self.network_.predict_proba(X.astype(np.float32))

    def predict(self, X: Array) -> Array:  # noqa: N803
        """Return the most probable labels, (n,)."""
        return np.asarray(self.classes_[self.predict_proba(X).argmax(axis=1)])


class NetworkRegressor(RegressorMixin, PipelineNetwork):
    """A network of one output, for a target of mean 0 and standard deviation 1."""

    def fit(self, X: Array, y: Array) -> Self:  # noqa: N803
        """Train on samples, (n, features), and their numbers, (n,)."""
        numbers = y.astype(np.float32).reshape(-1, 1)
        self._train(X.astype(np.float32), numbers, 1, is_regression=True)
        return self

    def predict(self, X: Array) -> Floats:  # noqa: N803
        """Return a number for each sample, (n,)."""
        return np.asarray(self.network_.predict(X.astype(np.float32)))
