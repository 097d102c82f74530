"""Conversion of labels to the targets of a network, and back."""

import numpy as np
from numpy.typing import ArrayLike, DTypeLike
from sklearn.preprocessing import LabelBinarizer

from nncore.arrays import Array, Floats, Labels
from nncore.config.architecture import ActivationName, LossName
from nncore.errors import DataError, SettingsError
from nncore.functions.exact import sum_all


class ClassTargets:
    """The classes of a classifier: one column of targets for two or one, else one for each.

    Attributes
    ----------
    classes : (classes,) labels, sorted
    is_multilabel : whether a sample has several labels; its targets, zeros and ones, are its labels
    """

    def __init__(self, labels: ArrayLike, classes: Array | None = None) -> None:
        """Find the classes of labels, (n,) or (n, labels); `classes` replaces them if not None."""
        self._binarizer = LabelBinarizer().fit(labels)
        self.classes: Array = self._binarizer.classes_ if classes is None else classes
        self.is_multilabel: bool = self._binarizer.y_type_.startswith("multilabel")

    def output_and_loss(self) -> tuple[ActivationName, LossName]:
        """Return the output activation and the loss of the network."""
        if self._binarizer.y_type_ == "multiclass":
            return "softmax", "cross_entropy"
        return "sigmoid", "binary_cross_entropy"

    def encode(self, labels: Array, dtype: DTypeLike) -> Floats:
        """Return the targets, (n, outputs), of labels.

        Raises
        ------
        DataError
            A label is not among the classes.
        """
        unknown = np.setdiff1d(labels, self.classes)
        if labels.ndim == 1 and len(unknown):
            expected = ", ".join(map(str, self.classes))
            raise DataError(f"y must hold labels of {expected}, got {unknown[0]}")
        targets: Floats = self._binarizer.transform(labels).astype(dtype)
        return targets

    def decode(self, outputs: Floats) -> Array:
        """Return the most probable labels, (n,), or (n, labels) zeros and ones."""
        return np.asarray(self._binarizer.inverse_transform(outputs))

    def single_labels(self, argument: str) -> Labels:
        """Return the labels of two or more classes, if each sample has one of them.

        Raises
        ------
        SettingsError
            A sample has several labels, or there is one class; the message has the name of the
            argument that needs the labels.
        """
        is_multilabel, count = self.is_multilabel, len(self.classes)
        got = "several labels to a sample" if is_multilabel else f"{count} class(es)"
        if is_multilabel or count < 2:
            raise SettingsError(f"{argument} needs one of several labels for a sample, got {got}")
        return tuple(self.classes.tolist())

    def accuracy(self, targets: Floats, outputs: Floats, weights: Floats | None) -> float:
        """Return the fraction of samples whose labels are all right, weighted by (n,) weights."""
        right = self.decode(outputs) == self.decode(targets)
        right = right.reshape(len(right), -1).all(axis=1)
        if weights is None:
            return int(np.count_nonzero(right)) / len(right)
        return sum_all(np.where(right, weights, 0)) / sum_all(weights)
