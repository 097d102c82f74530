"""The outputs of a network for any number of samples, in memory that does not grow with them.

There is no dropout: only a training step passes masks to `Propagation`.
"""

from collections.abc import Callable, Iterator, Sequence
from typing import Protocol

import numpy as np

from nncore.arrays import Floats
from nncore.errors import DataError
from nncore.network.parameters import NetworkParameters
from nncore.network.products import layer_weights
from nncore.network.propagation import Propagation

ROWS_PER_BLOCK = 500


# Takes the first row of a block, its outputs, (rows, outputs), and the activations of each hidden
# layer, (rows, units). The next block overwrites the arrays.
ObserveBlock = Callable[[int, Floats, Sequence[Floats]], None]


class Rows(Protocol):
    """A matrix, (n, inputs), or an object that computes its rows when they are read."""

    def __len__(self) -> int:
        """Return the number of rows."""

    def __getitem__(self, rows: slice, /) -> Floats:
        """Return the rows of a slice as a matrix."""


def forward_all(network: NetworkParameters, inputs: Rows) -> Floats:
    """Return the outputs, (n, outputs), for `inputs`, (n, inputs) of the network's dtype.

    Raises
    ------
    DataError
        An output is not finite: sums of finite weights and inputs may overflow.
    """
    outputs = np.empty((len(inputs), network.outputs), network.parameters.dtype)
    with np.errstate(over="ignore", invalid="ignore"):
        for start, _, block in forward_blocks(network, inputs, 0, len(inputs)):
            outputs[start : start + len(block)] = block
    is_finite = np.isfinite(outputs).all(axis=1)
    if not is_finite.all():
        sample = int(is_finite.argmin())
        row = outputs[sample]
        got = f"{row[~np.isfinite(row)][0]} for sample {sample}"
        remedy = "scale the inputs of this sample or the weights down"
        raise DataError(f"outputs must be finite, got {got}; {remedy}")
    return outputs


def forward_blocks(
    network: NetworkParameters,
    inputs: Rows,
    first: int,
    last: int,
    observe: ObserveBlock | None = None,
) -> Iterator[tuple[int, Floats, Floats]]:
    """Yield start, logits and outputs of blocks of `ROWS_PER_BLOCK` rows, at most.

    The next block overwrites the arrays, (rows, outputs). `observe` is called with each block.

    Parameters
    ----------
    inputs : (n, inputs) of the network's dtype
    first, last : the first row, and the row after the last one

    Raises
    ------
    ExactnessError
        The arithmetic is exact and the BLAS is not.
    """
    rows = min(ROWS_PER_BLOCK, last - first)
    if rows <= 0:
        return
    shape = (rows, network.outputs)
    logits, outputs = (np.empty(shape, network.parameters.dtype) for _ in range(2))
    weights = layer_weights(network, rows)
    propagation = Propagation(network, weights, rows)
    for start in range(first, last, rows):
        block = np.asarray(inputs[start : min(start + rows, last)])
        if len(block) < rows:
            propagation = Propagation(network, weights, len(block))
        propagation.forward(block, logits[: len(block)], outputs[: len(block)])
        if observe:
            observe(start, outputs[: len(block)], propagation.activations)
        yield start, logits[: len(block)], outputs[: len(block)]
