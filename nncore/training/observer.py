"""Observers of a training, which receive intermediate arrays."""

from collections.abc import Sequence
from typing import Protocol

from nncore.arrays import Floats


class Observer(Protocol):
    """The interface of an observer, which must not change the arrays.

    The training overwrites the arrays, so an observer copies those that it needs later.
    """

    def gradient(self, gradient: Floats, scale: float) -> None:
        """Receive the gradient of a step before the optimizer's update.

        Parameters
        ----------
        gradient : (size,), `scale` times the gradient, clipped and then with penalties
        """

    def validation(self, start: int, outputs: Floats, activations: Sequence[Floats]) -> None:
        """Receive a block of the validation data after an epoch, without dropout.

        Parameters
        ----------
        start : row of the first sample; 0 marks the beginning of an epoch's evaluation
        outputs : (rows, outputs)
        activations : outputs of each hidden layer, (rows, units)
        """
