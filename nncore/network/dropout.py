"""Dropout of hidden units and inputs."""

import numpy as np

from nncore.arrays import Floats
from nncore.network.parameters import NetworkParameters


class Dropout:
    """Inverted dropout: draws the masks of whole batches.

    A hidden unit is dropped with probability `rate`, an input with `input_rate`. The other values
    are divided by the probability of keeping them, so that prediction needs no change: Srivastava
    et al., Journal of Machine Learning Research 15 (2014), section 10.

    Each rank draws the masks of the whole batch, whichever rows it computes. So the masks don't
    depend on the number of ranks.
    """

    def __init__(
        self,
        network: NetworkParameters,
        rows: int,
        *,
        rate: float,
        input_rate: float,
        rng: "np.random.Generator",
    ) -> None:
        self._rng = rng
        dtype = network.parameters.dtype
        units = [(layer.fan_out, rate) for layer in network.layers[:-1]]
        self._masks = [
            (np.empty((rows, count), dtype), probability) if probability else None
            for count, probability in [(network.inputs, input_rate), *units]
        ]

    def draw(self, rows: int) -> None:
        """Draw the masks of the next batch, of `rows` samples."""
        for mask in self._masks:
            if mask:
                self._draw_mask(mask[0][:rows], mask[1])

    def masks(self, rows: slice) -> "Masks":
        """Return views of the masks for some rows of a batch; each draw changes them."""
        return Masks([mask and mask[0][rows] for mask in self._masks])

    def _draw_mask(self, mask: Floats, rate: float) -> None:
        """Fill `mask` with 0 with probability `rate`, else with 1 / (1 - rate)."""
        self._rng.random(out=mask, dtype=mask.dtype)
        np.greater_equal(mask, rate, out=mask, casting="unsafe")
        np.multiply(mask, 1 / (1 - rate), out=mask)


class Masks:
    """The masks of some rows, of the inputs and of each hidden layer, and buffers for the rows."""

    def __init__(
        self, masks: list[Floats | None], masked: list[Floats | None] | None = None
    ) -> None:
        """Store the masks, (rows, units), and buffers like them; None where nothing is dropped."""
        self._masks = masks
        if masked is None:
            masked = [None if mask is None else np.empty_like(mask) for mask in masks]
        self._masked = masked

    def part(self, rows: slice) -> "Masks":
        """Return the masks of some of the rows, in the same buffers."""
        masks, masked = (
            [None if array is None else array[rows] for array in arrays]
            for arrays in (self._masks, self._masked)
        )
        return Masks(masks, masked)

    def after_dropout(self, values: list[Floats]) -> list[Floats]:
        """Return the arrays after dropout: the buffers, and `values` where nothing is dropped."""
        pairs = zip(self._masked, values, strict=True)
        return [array if masked is None else masked for masked, array in pairs]

    def drop_inputs(self, inputs: Floats) -> Floats:
        """Return `inputs`, (rows, inputs), with inputs dropped; the next call overwrites it."""
        return self._drop(0, inputs)

    def drop_hidden(self, index: int, a: Floats) -> Floats:
        """Return `a`, (rows, units), of layer `index + 1` with units dropped, as `drop_inputs`."""
        return self._drop(index + 1, a)

    def backward_hidden(self, index: int, grad: Floats) -> None:
        """Scale `grad`, (rows, units), in place by the mask of layer `index + 1`."""
        if (mask := self._masks[index + 1]) is not None:
            np.multiply(grad, mask, out=grad)

    def _drop(self, layer: int, values: Floats) -> Floats:
        mask, masked = self._masks[layer], self._masked[layer]
        if mask is None or masked is None:
            return values
        return np.multiply(values, mask, out=masked)
