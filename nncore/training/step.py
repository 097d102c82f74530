"""One training step: forward, backward, regularization, update."""

from functools import partial
from itertools import chain, pairwise

import numpy as np

from nncore.arrays import Floats
from nncore.config.training import TrainingSettings
from nncore.data.batches import Batch
from nncore.errors import require
from nncore.network.dropout import Dropout
from nncore.network.parameters import NetworkParameters
from nncore.network.propagation import Propagation
from nncore.network.regularization import Regularizer
from nncore.parallel import Communicator, rank_slice
from nncore.training.optimizers import make_optimizer


class TrainStep:
    """The buffers and state of the steps of one training.

    Attributes
    ----------
    optimizer : the optimizer with its state
    dropout_rngs : the generators of the dropout masks of all shards
        `sync_rngs` updates the generators of the other ranks' shards; steps don't.
    """

    def __init__(
        self,
        network: NetworkParameters,
        settings: TrainingSettings,
        dropout_rng: np.random.Generator,
        *,
        frozen_layers: int = 0,
        workers: int = 1,
        communicator: Communicator | None = None,
    ) -> None:
        """Allocate the buffers; divide the shards among the ranks, and a rank's among its workers.

        The parameters of the first `frozen_layers` layers stay as they are.

        Raises
        ------
        SettingsError
            The shards are no multiple of the ranks.
        """
        if communicator:
            ranks, shards = communicator.size, settings.shards
            require(shards % ranks == 0, "shards", f"a multiple of the ranks ({ranks})", shards)
        size, dtype = network.parameters.size, network.parameters.dtype
        self.optimizer = make_optimizer(settings.optimizer, size, dtype)
        self._network = network
        self._regularizer = Regularizer(settings.regularization, network)
        self._gradient = np.empty_like(network.parameters)
        self._frozen = _layer_views(network, network.parameters, frozen_layers)
        self._frozen_values = [view.copy() for view in self._frozen]
        self._frozen_gradients = _layer_views(network, self._gradient, frozen_layers)
        self._communicator = communicator
        self._rank_shards = rank_slice(communicator, settings.shards)
        # Each shard has its own generator, so that no worker waits for another one.
        self.dropout_rngs = dropout_rng.spawn(settings.shards)
        rngs = self.dropout_rngs[self._rank_shards]
        gradients = [self._gradient, *(np.empty_like(self._gradient) for _ in rngs[1:])]
        self._shards = [
            _Shard(network, settings, gradient, rng)
            for gradient, rng in zip(gradients, rngs, strict=True)
        ]
        self._pool = None
        if (threads := min(workers, len(rngs))) > 1:
            # Imported here: it takes a tenth of NumPy's import.
            from concurrent.futures import ThreadPoolExecutor  # noqa: PLC0415

            # `Training` reports divergence. Each thread has its own NumPy error state.
            ignore_errors = partial(np.seterr, over="ignore", invalid="ignore")
            self._pool = ThreadPoolExecutor(threads, initializer=ignore_errors)

    def step(self, batch: Batch, lr: float) -> None:
        """Update the network with learning rate `lr`; write the batch's logits and outputs.

        With a communicator, a rank reads and writes only the rows of its own shards.
        """
        scale = self.optimizer.gradient_scale(lr)
        if self._communicator is None and len(self._shards) == 1:
            self._shards[0].forward_backward(batch, scale)
        else:
            self._run_shards(batch, scale)
        for gradient in self._frozen_gradients:
            gradient.fill(0)
        self._regularizer.regularize_gradient(self._gradient, lr, scale)
        self.optimizer.step(self._network.parameters, self._gradient, lr)
        self._regularizer.constrain_weights()
        # Penalties, decay and bounds act without a gradient too.
        for view, value in zip(self._frozen, self._frozen_values, strict=True):
            view[:] = value

    def sync_rngs(self) -> None:
        """Copy the states of all shards' generators from the ranks that draw from them."""
        if self._communicator:
            states = [rng.bit_generator.state for rng in self.dropout_rngs[self._rank_shards]]
            all_states = chain.from_iterable(self._communicator.allgather(states))
            for rng, state in zip(self.dropout_rngs, all_states, strict=True):
                rng.bit_generator.state = state

    def _run_shards(self, batch: Batch, scale: float) -> None:
        """Write `scale` times the gradient to `_gradient`: the sum in the order of the shards."""
        rows, count = len(batch.inputs), len(self.dropout_rngs)
        numbers = range(self._rank_shards.start, self._rank_shards.stop + 1)
        bounds = [rows * number // count for number in numbers]
        slices = [batch.slice(*ends) for ends in pairwise(bounds)]
        scales = [scale * len(shard_rows.inputs) / rows for shard_rows in slices]
        map_shards = self._pool.map if self._pool else map
        list(map_shards(_Shard.forward_backward, self._shards, slices, scales))
        if self._communicator:
            self._communicator.allreduce(
                [shard.gradient for shard in self._shards], out=self._gradient
            )
            return
        for shard in self._shards[1:]:
            np.add(self._gradient, shard.gradient, out=self._gradient)


def _layer_views(network: NetworkParameters, vector: Floats, count: int) -> list[Floats]:
    """Return the views of the weights and biases of the first `count` layers in a vector."""
    return [view for views in network.views(vector) for view in views[:count]]


class _Shard:
    """The buffers and dropout masks for one slice of every batch."""

    def __init__(
        self,
        network: NetworkParameters,
        settings: TrainingSettings,
        gradient: np.ndarray,
        rng: np.random.Generator,
    ) -> None:
        self.gradient = gradient
        self._rng = rng
        self._network = network
        self._regularization = settings.regularization
        # By number of rows: the last batch of an epoch may be smaller.
        self._propagations: dict[int, Propagation] = {}

    def forward_backward(self, batch: Batch, scale: float) -> None:
        """Write `scale` times the gradient of `batch`, and its logits and outputs."""
        rows = len(batch.inputs)
        if not rows:
            # The last batch may have fewer images than there are shards.
            self.gradient.fill(0)
            return
        propagation = self._propagations.get(rows)
        if propagation is None:
            propagation = self._propagations[rows] = self._make_propagation(rows)
        propagation.forward(batch.inputs, batch.logits, batch.outputs)
        propagation.backward(batch.outputs, batch.targets, scale)

    def _make_propagation(self, rows: int) -> Propagation:
        rate, input_rate = self._regularization.dropout, self._regularization.input_dropout
        dropout = None
        if rate or input_rate:
            dropout = Dropout(self._network, rows, rate=rate, input_rate=input_rate, rng=self._rng)
        return Propagation(self._network, rows, gradient=self.gradient, dropout=dropout)
