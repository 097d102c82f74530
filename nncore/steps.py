"""One training step: forward, backward, regularise, update."""

import numpy as np

from nncore.batches import Batch
from nncore.dropout import Dropout
from nncore.network import Network
from nncore.optimizers import Optimizer, make_optimizer
from nncore.propagation import Propagation
from nncore.regularization import Regularizer
from nncore.settings import TrainingSettings


class Stepper:
    """All buffers and state of the steps of one training.

    Attributes
    ----------
    optimizer : with the state that the next step builds on
    """

    optimizer: Optimizer

    def __init__(
        self, network: Network, settings: TrainingSettings, dropout_rng: np.random.Generator
    ) -> None:
        size, dtype = network.parameters.size, network.parameters.dtype
        self.optimizer = make_optimizer(settings.optimizer, size, dtype)
        self._network = network
        self._regularization = settings.regularization
        self._regularizer = Regularizer(settings.regularization, network)
        self._dropout_rng = dropout_rng
        self._gradient = np.empty_like(network.parameters)
        # One for full batches and one for a last short one.
        self._propagations: dict[int, Propagation] = {}

    def step(self, batch: Batch, lr: float) -> None:
        """Update the network with learning rate `lr`; write the batch's logits and outputs."""
        rows = len(batch.images)
        if rows not in self._propagations:
            self._propagations[rows] = self._propagation(rows)
        propagation = self._propagations[rows]
        propagation.forward(batch.images, batch.logits, batch.outputs)
        propagation.backward(batch.outputs, batch.targets)
        self._regularizer.before_step(self._gradient, lr)
        self.optimizer.step(self._network.parameters, self._gradient, lr)
        self._regularizer.after_step()

    def _propagation(self, rows: int) -> Propagation:
        rate, input_rate = self._regularization.dropout, self._regularization.input_dropout
        dropout = None
        if rate or input_rate:
            dropout = Dropout(
                self._network, rows, rate=rate, input_rate=input_rate, rng=self._dropout_rng
            )
        return Propagation(self._network, rows, gradient=self._gradient, dropout=dropout)
