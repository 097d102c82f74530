"""One training step: forward, backward, regularise, update."""

from functools import partial
from itertools import chain, pairwise

import numpy as np

from nncore.batches import Batch
from nncore.checks import require
from nncore.dropout import Dropout
from nncore.network import Network
from nncore.optimizers import make_optimizer
from nncore.propagation import Propagation
from nncore.regularization import Regularizer
from nncore.settings import TrainingSettings
from nncore.team import Team, own


class Stepper:
    """All buffers and state of the steps of one training.

    Attributes
    ----------
    optimizer : with the state that the next step builds on
    dropout_rngs : the generators of all shards' dropout masks
        In a team those of the other ranks' shards stand still until `share_rngs`.
    """

    def __init__(
        self,
        network: Network,
        settings: TrainingSettings,
        dropout_rng: np.random.Generator,
        workers: int = 1,
        team: Team | None = None,
    ) -> None:
        """Make the steps of `network`.

        A batch's shards are shared out to the team's ranks, and each one's to its workers.

        Raises
        ------
        SettingsError
            Shards that are no multiple of the ranks.
        """
        if team:
            fits = settings.shards % team.size == 0
            require(fits, "shards", f"a multiple of the ranks ({team.size})", settings.shards)
        size, dtype = network.parameters.size, network.parameters.dtype
        self.optimizer = make_optimizer(settings.optimizer, size, dtype)
        self._network = network
        self._regularizer = Regularizer(settings.regularization, network)
        self._gradient = np.empty_like(network.parameters)
        self._team = team
        self._own = own(team, settings.shards)
        # Each shard draws its own masks, so that no worker waits for another's.
        self.dropout_rngs = dropout_rng.spawn(settings.shards)
        rngs = self.dropout_rngs[self._own]
        gradients = [self._gradient, *(np.empty_like(self._gradient) for _ in rngs[1:])]
        self._shards = [
            _Shard(network, settings, gradient, rng)
            for gradient, rng in zip(gradients, rngs, strict=True)
        ]
        self._pool = None
        if (threads := min(workers, len(rngs))) > 1:
            from concurrent.futures import ThreadPoolExecutor  # noqa: PLC0415  a tenth of NumPy's import

            # A divergence is reported by Training; NumPy's error state is each thread's own.
            quiet = partial(np.seterr, over="ignore", invalid="ignore")
            self._pool = ThreadPoolExecutor(threads, initializer=quiet)

    def step(self, batch: Batch, lr: float) -> None:
        """Update the network with learning rate `lr`; write the batch's logits and outputs.

        In a team a rank reads and writes the rows of its own shards alone.
        """
        scale = self.optimizer.scale(lr)
        if self._team is None and len(self._shards) == 1:
            self._shards[0].run(batch, scale)
        else:
            self._run_shards(batch, scale)
        self._regularizer.before_step(self._gradient, lr, scale)
        self.optimizer.step(self._network.parameters, self._gradient, lr)
        self._regularizer.after_step()

    def share_rngs(self) -> None:
        """Bring the generators of all shards to where the ranks that drew from them have them."""
        if self._team:
            states = [rng.bit_generator.state for rng in self.dropout_rngs[self._own]]
            every = chain.from_iterable(self._team.gather(states))
            for rng, state in zip(self.dropout_rngs, every, strict=True):
                rng.bit_generator.state = state

    def _run_shards(self, batch: Batch, scale: float) -> None:
        """Leave `scale` times the gradient in `_gradient`, as a sum in the order of the shards."""
        rows, count = len(batch.images), len(self.dropout_rngs)
        bounds = [rows * number // count for number in range(self._own.start, self._own.stop + 1)]
        parts = [batch.part(*ends) for ends in pairwise(bounds)]
        scales = [scale * len(part.images) / rows for part in parts]
        each = self._pool.map if self._pool else map
        list(each(_Shard.run, self._shards, parts, scales))
        if self._team:
            self._team.sum([shard.gradient for shard in self._shards], out=self._gradient)
            return
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
        self._rng = rng
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
            dropout = Dropout(self._network, rows, rate=rate, input_rate=input_rate, rng=self._rng)
        return Propagation(self._network, rows, gradient=self.gradient, dropout=dropout)
