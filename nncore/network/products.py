"""The matrix products of a layer, forward and backward, in buffers that are allocated once.

In exact arithmetic each operand is rounded to a grid first. The weights of a layer have one grid,
and are rounded once for all products of a step. Each sample has a grid of its own, so that its
outputs depend on no other sample. Only in the gradient, a sum over the samples, do they share one.
"""

from typing import Protocol, cast

import numpy as np

from nncore.arrays import Doubles, Floats
from nncore.functions import exact, plain
from nncore.functions.arithmetic import is_exact
from nncore.network.parameters import NetworkParameters


class Products(Protocol):
    """The products of one layer for `rows` samples, and buffers for them.

    The gradient sums over the batch, and these samples may be a part of it. So its grids are those
    of the whole batch: `bounds` writes the largest magnitudes of the part, and `prepare_gradient`
    takes the largest of all parts.
    """

    def part(self, rows: slice) -> "Products":
        """Return the products of some of the samples, in the same buffers."""

    def forward(self, inputs: Floats, out: Floats) -> None:
        """Write inputs @ weight, (rows, fan_out)."""

    def backward(self, delta: Floats, out: Floats) -> None:
        """Write delta @ weight.T, (rows, fan_in)."""

    def bounds(self, delta: Floats, out: Doubles) -> None:
        """Write the largest magnitudes of the last call's inputs and of delta, (2,)."""

    def prepare_gradient(
        self, inputs: Floats, delta: Floats, bounds: Doubles, batch_rows: int
    ) -> None:
        """Round the operands of `gradient`, after all calls of `forward` and `backward`.

        If the samples have parts, each part rounds its own operands.

        Parameters
        ----------
        inputs, delta : (rows, fan_in) and (rows, fan_out)
        bounds : (2,) largest magnitudes of both in the whole batch
        batch_rows : number of samples of the whole batch
        """

    def gradient(
        self,
        inputs: Floats,
        delta: Floats,
        weight_grad: Floats,
        bias_grad: Floats,
        units: slice | None = None,
    ) -> None:
        """Write delta.T @ inputs and the sum of each column of delta.

        Parameters
        ----------
        weight_grad, bias_grad : (units, fan_in) and (units,)
        units : those whose gradient is written; None for all
        """


class LayerWeights(Protocol):
    """The weights of one layer as operands of its products."""

    def update(self) -> None:
        """Take the present weights, after a change of the network."""

    def products(self, rows: int) -> Products:
        """Return the products for `rows` samples; all their parts share these weights."""


def layer_weights(network: NetworkParameters, rows: int | None = None) -> list[LayerWeights]:
    """Return the operands of the layers 1…L, with the present weights.

    Parameters
    ----------
    rows : number of samples, if all products have as many; it only shortens a check of the BLAS

    Raises
    ------
    ExactnessError
        The arithmetic is exact and the BLAS is not.
    """
    exactly = is_exact(network.numerics, network.parameters.dtype)
    if exactly:
        exact.require_exact_blas(single_row=rows == 1)
    return [(ExactWeights if exactly else PlainWeights)(weight) for weight in network.weights]


def gradient_dtype(network: NetworkParameters) -> np.dtype:
    """Return the dtype of a rank's gradient; in exact arithmetic the sum of all ranks is exact."""
    exactly = is_exact(network.numerics, network.parameters.dtype)
    return np.dtype(np.float64) if exactly else network.parameters.dtype


class PlainWeights:
    """The weights of a layer, which are not rounded."""

    def __init__(self, weight: Floats) -> None:
        self.weight = weight

    def update(self) -> None:
        """Do nothing: `weight` is a view."""

    def products(self, rows: int) -> "PlainProducts":
        """Return products of these weights."""
        return PlainProducts(self.weight, rows)


class PlainProducts:
    """Products in the network's dtype."""

    def __init__(self, weight: Floats, rows: int) -> None:
        self._weight = weight
        self._by_unit = weight.T.flags.c_contiguous
        # A product with ones sums over a batch in half the time of np.sum at these sizes.
        self._ones = np.ones(rows, weight.dtype)

    def part(self, rows: slice) -> "PlainProducts":
        """Return the products of some of the samples, whose last bits may depend on the part."""
        return PlainProducts(self._weight, rows.stop - rows.start)

    def forward(self, inputs: Floats, out: Floats) -> None:
        """Write inputs @ weight."""
        plain.product(inputs, self._weight, out)

    def backward(self, delta: Floats, out: Floats) -> None:
        """Write delta @ weight.T."""
        plain.product(delta, self._weight.T, out)

    def bounds(self, delta: Floats, out: Doubles) -> None:
        """Write nothing: no grid needs them."""

    def prepare_gradient(
        self, inputs: Floats, delta: Floats, bounds: Doubles, batch_rows: int
    ) -> None:
        """Do nothing: no operand is rounded."""

    def gradient(
        self,
        inputs: Floats,
        delta: Floats,
        weight_grad: Floats,
        bias_grad: Floats,
        units: slice | None = None,
    ) -> None:
        """Write the gradient of these samples."""
        product = plain.product
        if units is not None:
            delta, product = delta[:, units], plain.product_of_columns
        # In the order in which the weights are stored.
        if self._by_unit:
            product(delta.T, inputs, weight_grad)
        else:
            product(inputs.T, delta, weight_grad.T)
        product(self._ones, delta, bias_grad)


class ExactWeights:
    """The weights of a layer on one grid, which serves forward and backward.

    Attributes
    ----------
    shape : (fan_in, fan_out)
    on_grid : (fan_in, fan_out) float64
    bits : number of bits of the grid
    """

    def __init__(self, weight: Floats) -> None:
        self._weight = weight
        self.shape = len(weight), weight.shape[1]
        # Unit by unit, as the weights are stored.
        self.on_grid = np.empty(weight.shape[::-1]).T
        self.bits = exact.product_bits(max(weight.shape))
        self.update()

    def update(self) -> None:
        """Round the present weights."""
        exact.to_grid(self._weight, exact.largest_of_all(self._weight), self.bits, self.on_grid)

    def products(self, rows: int) -> "ExactProducts":
        """Return products of these weights."""
        fan_in, fan_out = self.shape
        return ExactProducts(self, np.empty((rows, fan_in)), np.empty((rows, fan_out)))


class ExactProducts:
    """Products that round only their operands and their results."""

    def __init__(self, weights: ExactWeights, inputs: Doubles, outputs: Doubles) -> None:
        """Take buffers for the samples, (rows, fan_in) and (rows, fan_out)."""
        self._weights = weights
        self._bits = [exact.product_bits(length, weights.bits) for length in weights.shape]
        self._inputs, self._outputs = inputs, outputs
        # The same memory as float32, scratch for magnitudes before the operands are rounded.
        self._input_work, self._output_work = (
            array.view(np.float32).reshape(2, *array.shape)[0] for array in (inputs, outputs)
        )

    def part(self, rows: slice) -> "ExactProducts":
        """Return the products of some of the samples, in the same buffers."""
        return ExactProducts(self._weights, self._inputs[rows], self._outputs[rows])

    def forward(self, inputs: Floats, out: Floats) -> None:
        """Write inputs @ weight: a row depends on no other row."""
        self._input_rows = exact.largest(inputs, 1, self._input_work)
        exact.to_grid(inputs, self._input_rows, self._bits[0], self._inputs)
        exact.product(self._inputs, self._weights.on_grid, self._outputs)
        np.copyto(out, self._outputs, casting="same_kind")

    def backward(self, delta: Floats, out: Floats) -> None:
        """Write delta @ weight.T: a row depends on no other row."""
        row_bounds = exact.largest(delta, 1, self._output_work)
        exact.to_grid(delta, row_bounds, self._bits[1], self._outputs)
        exact.product(self._outputs, self._weights.on_grid.T, self._inputs)
        np.copyto(out, self._inputs, casting="same_kind")

    def bounds(self, delta: Floats, out: Doubles) -> None:
        """Write the largest magnitudes of the last call's inputs and of delta."""
        out[0] = np.maximum.reduce(self._input_rows, axis=None)
        out[1] = exact.largest_of_all(delta)

    def prepare_gradient(
        self, inputs: Floats, delta: Floats, bounds: Doubles, batch_rows: int
    ) -> None:
        """Round the operands to grids on which the gradients of all parts add up exactly."""
        bits = exact.product_bits(batch_rows)
        exact.to_grid(inputs, float(bounds[0]), bits, self._inputs)
        exact.to_grid(delta, float(bounds[1]), bits, self._outputs)

    def gradient(
        self,
        inputs: Floats,  # noqa: ARG002
        delta: Floats,
        weight_grad: Floats,
        bias_grad: Floats,
        units: slice | None = None,
    ) -> None:
        """Write the exact gradient of these samples, float64, from the rounded operands."""
        delta = self._outputs if units is None else self._outputs[:, units]
        exact.product(delta.T, self._inputs, cast("Doubles", weight_grad))
        np.add.reduce(delta, axis=0, out=bias_grad)
