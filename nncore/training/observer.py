"""What may look on while a network is trained."""

from collections.abc import Sequence
from typing import Protocol

from nncore.arrays import Floats


class Observer(Protocol):
    """Sees what a training computes anyway, and must change none of it.

    The training overwrites the arrays, so an observer copies what it keeps.
    """

    def gradient(self, gradient: Floats, scale: float) -> None:
        """See the gradient of a step before the optimizer's update.

        Parameters
        ----------
        gradient : (size,), `scale` times the gradient, with penalties and clipped
        """

    def validation(self, start: int, outputs: Floats, activations: Sequence[Floats]) -> None:
        """See a block of the validation data after an epoch, without dropout.

        Parameters
        ----------
        start : row of the first sample; 0 begins the evaluation of an epoch
        outputs : (rows, outputs)
        activations : outputs of each hidden layer, (rows, units)
        """
