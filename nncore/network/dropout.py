"""Dropout of hidden units and inputs."""

import numpy as np

from nncore.arrays import Floats
from nncore.network.parameters import NetworkParameters


class Dropout:
    """Inverted dropout: the forward pass draws the masks, the backward pass reuses them.

    A hidden unit is dropped with probability `rate`, an input with `input_rate`. The other values
    are divided by the probability of keeping them, so that prediction needs no change: Srivastava
    et al., Journal of Machine Learning Research 15 (2014), section 10.
    """

    def __init__(
        self,
        network: NetworkParameters,
        rows: int,
        *,
        rate: float,
        input_rate: float,
        rng: np.random.Generator,
    ) -> None:
        self._rate = rate
        self._input_rate = input_rate
        self._rng = rng
        dtype = network.parameters.dtype
        units = [layer.fan_out for layer in network.layers[:-1]] if rate else []
        self._masks = [np.empty((rows, count), dtype) for count in units]
        self._masked = [np.empty_like(mask) for mask in self._masks]
        if input_rate:
            self._input_mask = np.empty((rows, network.inputs), dtype)
            self._masked_input = np.empty_like(self._input_mask)

    def drop_inputs(self, inputs: Floats) -> Floats:
        """Return `inputs`, (rows, inputs), with inputs dropped; the next call overwrites it."""
        if not self._input_rate:
            return inputs
        self._draw_mask(self._input_mask, self._input_rate)
        np.multiply(inputs, self._input_mask, out=self._masked_input)
        return self._masked_input

    def drop_hidden(self, index: int, a: Floats) -> Floats:
        """Return `a` of layer `index + 1`, (rows, units), with units dropped.

        The next call for this layer overwrites it.
        """
        if not self._rate:
            return a
        self._draw_mask(self._masks[index], self._rate)
        np.multiply(a, self._masks[index], out=self._masked[index])
        return self._masked[index]

    def backward_hidden(self, index: int, grad: Floats) -> None:
        """Scale `grad`, (rows, units), in place by the mask that `drop_hidden` drew."""
        if self._rate:
            np.multiply(grad, self._masks[index], out=grad)

    def _draw_mask(self, mask: Floats, rate: float) -> None:
        """Fill `mask` with 0 with probability `rate`, else with 1 / (1 - rate)."""
        self._rng.random(out=mask, dtype=mask.dtype)
        np.greater_equal(mask, rate, out=mask, casting="unsafe")
        np.multiply(mask, 1 / (1 - rate), out=mask)
