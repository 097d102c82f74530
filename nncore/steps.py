"""One training step: forward, backward, regularise, update."""

from functools import partial
from itertools import pairwise

import numpy as np

from nncore.batches import Batch
from nncore.dropout import Dropout
from nncore.network import Network
from nncore.optimizers import make_optimizer
from nncore.propagation import Propagation
from nncore.regularization import Regularizer
from nncore.settings import TrainingSettings


class Stepper:
    """All buffers and state of the steps of one training.

    Attributes
    ----------
    optimizer : with the state that the next step builds on
    """

    def __init__(
        self,
        network: Network,
        settings: TrainingSettings,
        dropout_rng: np.random.Generator,
        workers: int = 1,
    ) -> None:
        """Make the steps of `network`; the shards of a batch are shared out to the workers."""
        size, dtype = network.parameters.size, network.parameters.dtype
        self.optimizer = make_optimizer(settings.optimizer, size, dtype)
        self._network = network
        self._regularizer = Regularizer(settings.regularization, network)
        self._gradient = np.empty_like(network.parameters)
        gradients = [self._gradient]
        gradients += [np.empty_like(network.parameters) for _ in range(settings.shards - 1)]
        # Each shard draws its own masks, so that no worker waits for another's.
        self._shards = [
            _Shard(network, settings, gradient, rng)
            for gradient, rng in zip(gradients, dropout_rng.spawn(settings.shards), strict=True)
        ]
        self._pool = None
        if (threads := min(workers, settings.shards)) > 1:
            from concurrent.futures import ThreadPoolExecutor  # noqa: PLC0415  a tenth of NumPy's import

            # A divergence is reported by Training; NumPy's error state is each thread's own.
            quiet = partial(np.seterr, over="ignore", invalid="ignore")
            self._pool = ThreadPoolExecutor(threads, initializer=quiet)

    @property
    def dropout_rngs(self) -> list[np.random.Generator]:
        """The generators of the shards' dropout masks."""
        return [shard.rng for shard in self._shards]

    def step(self, batch: Batch, lr: float) -> None:
        """Update the network with learning rate `lr`; write the batch's logits and outputs."""
        scale = self.optimizer.scale(lr)
        if len(self._shards) == 1:
            self._shards[0].run(batch, scale)
        else:
            self._run_shards(batch, scale)
        self._regularizer.before_step(self._gradient, lr, scale)
        self.optimizer.step(self._network.parameters, self._gradient, lr)
        self._regularizer.after_step()

    def _run_shards(self, batch: Batch, scale: float) -> None:
        """Leave `scale` times the gradient in `_gradient`, as a sum in the order of the shards."""
        rows, count = len(batch.images), len(self._shards)
        bounds = [rows * number // count for number in range(count + 1)]
        parts = [batch.part(*ends) for ends in pairwise(bounds)]
        scales = [scale * len(part.images) / rows for part in parts]
        each = self._pool.map if self._pool else map
        list(each(_Shard.run, self._shards, parts, scales))
        for shard in self._shards[1:]:
            np.add(self._gradient, shard.gradient, out=self._gradient)


class _Shard:
    """The buffers and the dropout masks of one part of every batch."""

    def __init__(
        self,
        network: Network,
        settings: TrainingSettings,
        gradient: np.ndarray,
        rng: np.random.Generator,
    ) -> None:
        self.gradient = gradient
        self.rng = rng
        self._network = network
        self._regularization = settings.regularization
        # One for full batches and one for a last short one.
        self._propagations: dict[int, Propagation] = {}

    def run(self, part: Batch, scale: float) -> None:
        """Write `scale` times the gradient of `part`, and the part's logits and outputs."""
        rows = len(part.images)
        if not rows:
            # The last batch may be smaller than the number of shards.
            self.gradient.fill(0)
            return
        propagation = self._propagations.get(rows)
        if propagation is None:
            propagation = self._propagations[rows] = self._propagation(rows)
        propagation.forward(part.images, part.logits, part.outputs)
        propagation.backward(part.outputs, part.targets, scale)

    def _propagation(self, rows: int) -> Propagation:
        rate, input_rate = self._regularization.dropout, self._regularization.input_dropout
        dropout = None
        if rate or input_rate:
            dropout = Dropout(self._network, rows, rate=rate, input_rate=input_rate, rng=self.rng)
        return Propagation(self._network, rows, gradient=self.gradient, dropout=dropout)
