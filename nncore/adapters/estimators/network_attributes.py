"""The network that the attributes of an estimator describe, and the samples that it takes."""

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, DTypeLike
from scipy.sparse import issparse
from sklearn.base import BaseEstimator
from sklearn.utils import Tags, column_or_1d
from sklearn.utils.validation import check_is_fitted, validate_data

from nncore.adapters.estimators.samples import weighted_rows
from nncore.adapters.estimators.settings import architecture
from nncore.arrays import Array, Doubles, Floats, Labels
from nncore.config.architecture import ActivationName, LossName
from nncore.errors import DataError
from nncore.network.inference import forward_all
from nncore.network.network import Network

SPARSE = ("csr", "csc")
OUT_ACTIVATIONS = {"identity": "identity", "sigmoid": "logistic", "softmax": "softmax"}


class NetworkAttributes(BaseEstimator):
    """An estimator whose weights are `coefs_` and `intercepts_`, which may be set.

    So an estimator consists of plain arrays: it can be pickled, and grid search can map it
    read-only into its processes. Subclasses encode the targets.
    """

    coefs_: list[Floats]
    intercepts_: list[Floats]
    n_features_in_: int
    n_outputs_: int

    @property
    def parameters_(self) -> Floats:
        """All weights and then all biases, (size,), as a new array."""
        return self._trained_network().parameters

    def _output_and_loss(self) -> tuple[ActivationName, LossName]:
        """Return the output activation and the loss of the network."""
        raise NotImplementedError

    def _class_labels(self) -> Labels | None:
        """Return the labels by which `class_weight` names the classes; None without weights."""
        raise NotImplementedError

    def _validate(
        self, X: ArrayLike, y: ArrayLike, sample_weight: ArrayLike | None, *, y_numeric: bool
    ) -> tuple[Floats, Array, Doubles | None]:
        """Return the samples with a weight above 0, their labels or numbers, and the weights."""
        is_fitted = hasattr(self, "coefs_")
        samples, values = validate_data(
            *(self, X, y),
            accept_sparse=SPARSE,
            dtype=self.coefs_[0].dtype if is_fitted else (np.float64, np.float32),
            order="C",
            multi_output=True,
            y_numeric=y_numeric,
            reset=not is_fitted,
        )
        samples, values = _dense(samples), _dense(values)
        if values.ndim == 2 and values.shape[1] == 1:
            values = column_or_1d(values, warn=True)
        rows, weights = weighted_rows(sample_weight, len(samples))
        return samples[rows], values[rows], weights

    def _network(self, dtype: DTypeLike) -> Network:
        """Return a network with the estimator's weights, or with zeros before the first fit."""
        output, loss = self._output_and_loss()
        settings = architecture(self.get_params(), output=output, loss=loss)
        network = Network(
            settings, inputs=self.n_features_in_, outputs=self.n_outputs_, dtype=dtype
        )
        network.labels = self._class_labels()
        return self._with_weights(network) if hasattr(self, "coefs_") else network

    def _trained_network(self) -> Network:
        output, loss = self._output_and_loss()
        sizes = [len(biases) for biases in self.intercepts_]
        params = self.get_params() | {"hidden_layer_sizes": sizes[:-1]}
        settings = architecture(params, output=output, loss=loss)
        inputs, dtype = len(self.coefs_[0]), self.coefs_[0].dtype
        network = Network(settings, inputs=inputs, outputs=sizes[-1], dtype=dtype)
        return self._with_weights(network)

    def _with_weights(self, network: Network) -> Network:
        """Set the weights of a network to those of the estimator; the user may have changed these.

        Raises
        ------
        DataError
            The weights have other shapes.
        """
        expected = [view.shape for view in (*network.weights, *network.biases)]
        got = [np.shape(array) for array in (*self.coefs_, *self.intercepts_)]
        if got != expected:
            raise DataError(f"coefs_ and intercepts_ must have shapes {expected}, got {got}")
        for view, array in zip(network.weights, self.coefs_, strict=True):
            view[:] = array
        for view, array in zip(network.biases, self.intercepts_, strict=True):
            view[:] = array
        return network

    def _set_weights(self, network: Network) -> None:
        self.coefs_, self.intercepts_ = list(network.weights), list(network.biases)
        self.n_layers_ = len(network.layers) + 1
        self.out_activation_ = OUT_ACTIVATIONS[network.layers[-1].activation]

    def _fitted_network(self) -> Network:
        """Return the trained network, or raise scikit-learn's `NotFittedError`."""
        check_is_fitted(self, "coefs_")
        return self._trained_network()

    def _outputs(self, X: ArrayLike) -> Floats:
        """Return the outputs, (n, outputs), for (n, features) samples."""
        network = self._fitted_network()
        dtype = network.parameters.dtype
        checks = {"accept_sparse": SPARSE, "reset": False, "dtype": dtype, "order": "C"}
        return forward_all(network, _dense(validate_data(self, X, **checks)))

    def __sklearn_tags__(self) -> Tags:
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = True
        return tags


def _dense(matrix: Any) -> Any:  # noqa: ANN401  an array or a matrix of SciPy
    """Return a sparse matrix as an array, anything else unchanged."""
    return matrix.toarray() if issparse(matrix) else matrix
