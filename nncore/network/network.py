"""The multi-layer perceptron."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike

from nncore.arrays import Array, Floats, Label, Labels, as_class_labels, as_floats, as_matrix
from nncore.errors import require
from nncore.network.inference import forward_all
from nncore.network.parameters import NetworkParameters
from nncore.network.prediction import Prediction, predicted_numbers
from nncore.text_tables import format_table


class Network(NetworkParameters):
    """A multi-layer perceptron: its parameters and predictions.

    `NetworkParameters` describes the architecture, the layers and the parameters.
    """

    _labels: Labels | None = None

    def __repr__(self) -> str:
        sizes = (self.inputs, *self.architecture.hidden, self.outputs)
        return f"Network({'-'.join(map(str, sizes))}, {self.parameters.dtype})"

    @property
    def class_count(self) -> int:
        """The number of classes, one for each output, and two if there is a single output.

        A single output is the probability of the second class.
        """
        return max(self.outputs, 2)

    @property
    def labels(self) -> Labels | None:
        """The labels of the classes, in the order of the outputs; None if they have only numbers.

        `fit` sets them. Strings that are set before `fit` name the classes 0, 1, … of integers.
        """
        return self._labels

    @labels.setter
    def labels(self, labels: Sequence[Label] | None) -> None:
        self._labels = (
            None if labels is None else as_class_labels("labels", labels, self.class_count)
        )

    @property
    def is_regression(self) -> bool:
        """Whether the outputs and the targets are numbers to predict.

        They are if the activation of the output layer is `identity` and the network has no labels.
        With labels, such a network learns classes, from one-hot rows.
        """
        return self.architecture.output == "identity" and self._labels is None

    def predict(self, X: ArrayLike) -> Array:  # noqa: N803  the field's name
        """Return the most probable class of each sample, or the numbers of a regression.

        Parameters
        ----------
        X : (n, inputs) or (n, …), numbers of any type

        Returns
        -------
        (n,) labels; the numbers of the classes if the network has no labels. Of a regression, the
        outputs in the network's dtype: (n,) of a single output, else (n, outputs)

        Raises
        ------
        DataError
            `X` has another shape, or a value is no finite number.
        SettingsError
            A parameter is not finite.
        """
        if self.is_regression:
            return predicted_numbers(self._outputs(X))
        classes = self._prediction(X).classes
        return classes if self._labels is None else np.array(self._labels)[classes]

    def predict_proba(self, X: ArrayLike) -> Floats:  # noqa: N803  the field's name
        """Return the probability of each class, (n, classes), for samples as in `predict`."""
        return self._prediction(X).probabilities

    def _prediction(self, X: ArrayLike) -> Prediction:  # noqa: N803
        output = self.architecture.output
        require(not self.is_regression, "output", "softmax or sigmoid, to predict classes", output)
        is_probability = self.outputs > 1 or output == "sigmoid"
        require(is_probability, "output", "sigmoid, to predict classes", output)
        return Prediction.from_outputs(self._outputs(X))

    def _outputs(self, X: ArrayLike) -> Floats:  # noqa: N803
        self.require_finite()
        samples = as_floats("X", as_matrix("X", X, self.inputs), self.parameters.dtype)
        return forward_all(self, samples)

    def describe(self) -> str:
        """Return a table of the layers: shapes, activations and numbers of parameters."""
        rows = [("layer", "weight", "bias", "activation", "parameters")]
        for number, layer in enumerate(self.layers, start=1):
            count = (layer.fan_in + 1) * layer.fan_out
            weight = f"{layer.fan_in} x {layer.fan_out}"
            rows.append((str(number), weight, str(layer.fan_out), layer.activation, f"{count:,}"))
        rows.append(("total", "", "", "", f"{self.parameters.size:,}"))
        return format_table(rows, "<<<<>")
