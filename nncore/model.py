"""A trained network with the labels of its classes, if it has some, and its preprocessing."""

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, cast

import numpy as np

from nncore.arrays import Array, Floats, Labels, as_array, as_class_labels, as_floats, as_matrix
from nncore.config.pictures import ImageShape, Pictures, is_image_shape
from nncore.data.preprocessing import Normalization, apply_lookup
from nncore.errors import DataError, python_value, require, require_choice, require_type
from nncore.network.inference import Rows, forward_all
from nncore.network.network import Network
from nncore.network.prediction import Prediction, predicted_numbers

# Not at run time: these modules take as long to import as the file of a model takes to load.
if TYPE_CHECKING:
    from numpy.typing import ArrayLike

    from nncore.data.columns import TableColumns
    from nncore.data.frames import Table
    from nncore.data.target import Target


# Without equality: two networks are equal only if they are one object.
@dataclass(frozen=True, eq=False)
class Model:
    """A network, the labels of its classes, and the meaning of its inputs.

    Attributes
    ----------
    network : the trained network
    labels : numbers or strings, one for each class of the network, in order; by default those that
        it was trained on, or else 0, 1, …; empty for a regression
    image_shape : rows and columns of an image, and 3 if it is in colour: red, green and blue of a
        pixel follow each other; None if the inputs are no image
    normalization : maps bytes to the network's inputs; None if the inputs are the samples
    provenance : origin of the model, as JSON values
    pictures : how a picture in a file becomes an image; `as-is`: it is stretched to the shape;
        `digit`: it is cropped, scaled and centred as in MNIST, see `nncore.cli.digits`
    columns : columns of a table that become the inputs; None if the inputs are no table. A model
        with columns takes tables of values as people write them, and has no image_shape
    target : column that the model predicts; for a regression its mean and std are the scale of the
        network's single output
    """

    network: Network
    labels: Labels = ()
    image_shape: ImageShape | None = None
    normalization: Normalization | None = None
    provenance: Mapping[str, Any] = field(default_factory=dict)
    pictures: Pictures = "as-is"
    columns: "TableColumns | None" = None
    target: "Target | None" = None

    def __post_init__(self) -> None:
        require_type("network", self.network, Network)
        require_type("normalization", self.normalization, Normalization, None)
        require_type("provenance", self.provenance, Mapping)
        require_choice("pictures", Pictures, self.pictures)
        has_shape = self.image_shape is not None or self.pictures == "as-is"
        require(has_shape, "pictures", "as-is without an image_shape", self.pictures)
        network = self.network
        labels = self.labels
        has_default = isinstance(labels, tuple) and not labels
        if has_default:
            labels = network.labels or tuple(range(network.class_count))
        if not (has_default and network.is_regression):
            labels = as_class_labels("labels", labels, network.class_count)
            object.__setattr__(self, "labels", labels)
        try:
            json.dumps(dict(self.provenance), allow_nan=False)
        except (TypeError, ValueError) as error:
            require(False, "provenance", "JSON values", str(error))
        if self.image_shape is not None:
            if isinstance(self.image_shape, list | tuple):
                shape = tuple(map(python_value, self.image_shape))
                object.__setattr__(self, "image_shape", shape)
            is_shape = is_image_shape(self.image_shape)
            expected = "rows and columns, and 3 for colour, or None"
            require(is_shape, "image_shape", expected, self.image_shape)
            has_size = math.prod(self.image_shape) == network.inputs
            require(has_size, "image_shape", f"of {network.inputs} inputs", self.image_shape)
            can_be_digit = len(self.image_shape) == 2 or self.pictures == "as-is"
            require(can_be_digit, "pictures", "as-is with a colour image_shape", self.pictures)
        self._check_table()

    def _check_table(self) -> None:
        """Check columns and target."""
        if self.columns is not None:
            from nncore.data.columns import TableColumns  # noqa: PLC0415

            require_type("columns", self.columns, TableColumns, None)
            for name in ("image_shape", "normalization"):
                value = getattr(self, name)
                require(value is None, name, "None with columns", value)
            inputs = self.network.inputs
            count = self.columns.input_count
            require(count == inputs, "columns", f"of {inputs} inputs", count)
        if self.target is None:
            return
        from nncore.data.target import Target  # noqa: PLC0415

        require_type("target", self.target, Target, None)
        if self.is_regression:
            outputs = self.network.outputs
            require(outputs == 1, "target", f"None with {outputs} outputs", self.target)
        else:
            scale = (self.target.mean, self.target.std)
            require(scale == (0, 1), "target", "of mean 0 and std 1 with classes", scale)

    @property
    def is_regression(self) -> bool:
        """Whether the model predicts numbers, so that it has no labels."""
        return not self.labels

    @property
    def class_names(self) -> tuple[str, ...]:
        """The labels as text."""
        return tuple(map(str, self.labels))

    def pixels(self) -> tuple[ImageShape, Normalization]:
        """Return the shape of an image and the normalization of its pixels.

        Raises
        ------
        DataError
            The model takes numbers, not images.
        """
        if self.image_shape is None or self.normalization is None:
            raise DataError(
                "the model must have an image_shape and a normalization, "
                f"got a model of {self.network.inputs} numbers"
            )
        return self.image_shape, self.normalization

    def predict(self, X: "ArrayLike | Table") -> Array:  # noqa: N803  the field's name
        """Return the label of the most probable class of each sample, or a regression's numbers.

        Parameters
        ----------
        X : (n, inputs) or (n, …). With a normalization, raw pixels: integers from 0 to 255. Without
            one, numbers of any type. With columns, a data frame or a mapping from their names to n
            values, in any order and among others, or (n, columns) values in their order: numbers
            and texts, None or NaN where one is missing. A category that no training row has
            counts as none of the others

        Returns
        -------
        (n,) of `labels`. Of a regression with a target, (n,) float64 in the target's unit. Of
        another, the outputs in the network's dtype: (n,) of a single output, else (n, outputs)

        Raises
        ------
        DataError
            `X` has another shape, lacks a column, or holds other values.
        """
        if self.is_regression:
            return self.numbers(self._outputs(X))
        return np.array(self.labels)[self.classify(X).classes]

    def numbers(self, outputs: Floats) -> Floats:
        """Return a regression's numbers, as `predict`, for the network's outputs, (n, outputs)."""
        numbers = predicted_numbers(outputs)
        return numbers if self.target is None else self.target.original(numbers)

    def predict_proba(self, X: "ArrayLike | Table") -> Floats:  # noqa: N803  the field's name
        """Return the probability of each class, (n, classes), for samples as in `predict`."""
        return self.classify(X).probabilities

    def classify(self, X: "ArrayLike | Table") -> Prediction:  # noqa: N803  the field's name
        """Return classes by number, confidence and probabilities, for samples as in `predict`."""
        if self.is_regression:
            raise DataError(
                "the model must have classes, got a regression, which has predict alone"
            )
        return Prediction.from_outputs(self._outputs(X))

    def _outputs(self, X: "ArrayLike | Table") -> Floats:  # noqa: N803
        """Return the network's outputs, (n, outputs)."""
        self.network.require_finite()
        return forward_all(self.network, self._inputs(X))

    def _inputs(self, X: "ArrayLike | Table") -> Rows:  # noqa: N803
        """Return the network's inputs, (n, inputs)."""
        dtype = self.network.parameters.dtype
        if self.columns is not None:
            from nncore.data.frames import EncodedRows, parse_table  # noqa: PLC0415

            return EncodedRows(self.columns, parse_table(self.columns, X), dtype)
        # NumPy takes a data frame of numbers for an array.
        values = as_array("X", cast("ArrayLike", X))
        if self.normalization is None:
            return as_floats("X", as_matrix("X", values, self.network.inputs), dtype)
        if self.image_shape and values.shape[1:] not in {self.image_shape, (self.network.inputs,)}:
            sides = ", ".join(map(str, self.image_shape))
            raise DataError(f"X must have shape (n, {sides}), got {values.shape}")
        pixels = as_matrix("X", _as_bytes(values), self.network.inputs)
        inputs = np.empty(pixels.shape, dtype)
        apply_lookup(pixels, self.normalization.table().astype(dtype), out=inputs)
        return inputs


def _as_bytes(values: Array) -> Array:
    """Return integers from 0 to 255 as bytes."""
    if values.dtype == np.uint8:
        return values
    if values.dtype.kind not in "iu" and values.size:
        raise DataError(f"X must be pixels, integers from 0 to 255, got {values.dtype}")
    if values.size and not (values.min() >= 0 and values.max() <= np.iinfo(np.uint8).max):
        raise DataError(f"X must be from 0 to 255, got {values.min()} to {values.max()}")
    return values.astype(np.uint8)
