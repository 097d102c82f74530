"""Dropout: Srivastava et al., Journal of Machine Learning Research 15 (2014), in inverted form."""

import numpy as np

from nncore.arrays import Floats
from nncore.network import Network


class Dropout:
    """Masks of one batch, which the way back must find as the way forward left them.

    A unit is dropped with probability `rate`, an input with `input_rate`; what is kept is divided
    by the probability of keeping it, so that nothing is left to do in prediction.
    """

    def __init__(
        self,
        network: Network,
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
        self._dropped = [np.empty_like(mask) for mask in self._masks]
        if input_rate:
            self._input_mask = np.empty((rows, network.inputs), dtype)
            self._dropped_input = np.empty_like(self._input_mask)

    def inputs(self, images: Floats) -> Floats:
        """Return `images`, (rows, inputs), with some dropped; the next call overwrites it."""
        if not self._input_rate:
            return images
        self._draw(self._input_mask, self._input_rate)
        np.multiply(images, self._input_mask, out=self._dropped_input)
        return self._dropped_input

    def hidden(self, index: int, a: Floats) -> Floats:
        """Return hidden layer `index + 1`'s a, (rows, units), with some dropped."""
        if not self._rate:
            return a
        self._draw(self._masks[index], self._rate)
        np.multiply(a, self._masks[index], out=self._dropped[index])
        return self._dropped[index]

    def hidden_backward(self, index: int, grad: Floats) -> None:
        """Scale `grad`, (rows, units), in place by the mask that `hidden` drew."""
        if self._rate:
            np.multiply(grad, self._masks[index], out=grad)

    def _draw(self, mask: Floats, rate: float) -> None:
        self._rng.random(out=mask, dtype=mask.dtype)
        np.greater_equal(mask, rate, out=mask, casting="unsafe")
        np.multiply(mask, 1 / (1 - rate), out=mask)
