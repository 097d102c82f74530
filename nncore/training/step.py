"""One training step: forward, backward, regularization, update."""

from collections.abc import Callable, Sequence
from functools import partial
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np

from nncore.arrays import Floats
from nncore.config.training import TrainingSettings
from nncore.data.batches import Batch
from nncore.functions.arithmetic import is_exact
from nncore.network.dropout import Dropout
from nncore.network.parameters import NetworkParameters
from nncore.network.products import gradient_dtype, layer_weights
from nncore.network.propagation import Propagation
from nncore.network.regularization import Regularizer
from nncore.parallel import Communicator, one_blas_thread, rank_slice
from nncore.training.averaging import make_average
from nncore.training.observer import Observer
from nncore.training.optimizers import make_optimizer

# Products of a sample and a weight, below which handing a part of a batch to a thread costs more
# than it saves.
MIN_PART_PRODUCTS = 30_000_000
# The beginning of the names of the optimizer's arrays in a state.
OPTIMIZER_PREFIX = "optimizer_"


class TrainStep:
    """The buffers and state of the steps of one training.

    A batch is computed in parts, one for each thread of each rank. In exact arithmetic the result
    depends neither on the number of parts nor on that of ranks.

    Attributes
    ----------
    optimizer : the optimizer with its state
    average : the average of the weights with its state, or None
    observer : receives each gradient; or None
    """

    def __init__(
        self,
        network: NetworkParameters,
        settings: TrainingSettings,
        dropout_rng: "np.random.Generator",
        *,
        samples: int | None = None,
        frozen_layers: int = 0,
        workers: int = 1,
        communicator: Communicator | None = None,
        observer: Observer | None = None,
    ) -> None:
        """Allocate the buffers.

        Parameters
        ----------
        dropout_rng : generator of the masks
        samples : number of training samples; a batch has no more
        frozen_layers : the first so many layers keep their parameters
        workers : maximum number of threads of this rank
        communicator : the ranks that divide each batch; None for one process
        observer : receives each gradient
        """
        size, dtype = network.parameters.size, network.parameters.dtype
        self.optimizer = make_optimizer(settings.optimizer, size, dtype)
        self.average = make_average(settings, size, dtype)
        self.observer = observer
        self._network = network
        self._regularizer = Regularizer(settings.regularization, network)
        self._weights = layer_weights(network)
        self._exactly = is_exact(network.numerics, dtype)
        largest_batch = min(settings.batch_size, samples or settings.batch_size)
        self._frozen = _layer_views(network, network.parameters, frozen_layers)
        self._frozen_values = [view.copy() for view in self._frozen]
        self._communicator = communicator
        rate, input_rate = settings.regularization.dropout, settings.regularization.input_dropout
        self._dropout = None
        if rate or input_rate:
            self._dropout = Dropout(
                network, largest_batch, rate=rate, input_rate=input_rate, rng=dropout_rng
            )
        rows = rank_slice(communicator, largest_batch)
        products = (rows.stop - rows.start) * network.weight_count
        # In plain arithmetic the last bits may depend on the number of parts, which `fast` allows.
        max_parts = workers if self._exactly or network.numerics == "fast" else 1
        self._part_count = min(max_parts, max(products // MIN_PART_PRODUCTS, 1))
        # The sum of the ranks, float64 in exact arithmetic, and its copy in the network's dtype.
        sum_dtype = gradient_dtype(network)
        self._gradient_sum = np.empty(size, sum_dtype)
        self._gradient = self._gradient_sum if sum_dtype == dtype else np.empty(size, dtype)
        self._bounds = np.empty((len(network.layers), 2))
        self._frozen_gradients = _layer_views(network, self._gradient, frozen_layers)
        # By the number of rows of a batch, because the last batch of an epoch may be smaller.
        self._parts: dict[int, _Parts] = {}
        self._pool = None
        if self._part_count > 1:
            # Imported here: it takes a tenth of NumPy's import.
            from concurrent.futures import ThreadPoolExecutor  # noqa: PLC0415

            self._pool = ThreadPoolExecutor(self._part_count - 1, initializer=_prepare_thread)

    def step(self, batch: Batch, lr: float) -> None:
        """Update the network with learning rate `lr`; write the batch's logits and outputs.

        With a communicator, a rank reads and writes only its rows.
        """
        scale = self.optimizer.gradient_scale(lr)
        self._write_gradient(batch, scale)
        for gradient in self._frozen_gradients:
            gradient.fill(0)
        self._regularizer.regularize_gradient(self._gradient, lr, scale)
        if self.observer:
            self.observer.gradient(self._gradient, scale)
        self.optimizer.step(self._network.parameters, self._gradient, lr)
        self._regularizer.constrain_weights()
        # Penalties, decay and norm bounds change weights without a gradient too.
        for view, value in zip(self._frozen, self._frozen_values, strict=True):
            view[:] = value
        if self.average:
            self.average.add_step(self._network.parameters)

    def state(self) -> dict[str, Floats]:
        """Return the arrays that live from step to step; writing to them restores the steps."""
        optimizer = self.optimizer.state
        arrays = {f"{OPTIMIZER_PREFIX}{name}": array for name, array in optimizer.items()}
        average = self.average.state if self.average else {}
        return arrays | {f"average_{name}": array for name, array in average.items()}

    def _write_gradient(self, batch: Batch, scale: float) -> None:
        """Write `scale` times the gradient of the mean loss of the batch to `_gradient`."""
        batch_rows = len(batch.inputs)
        parts = self._parts.get(batch_rows)
        if parts is None:
            parts = self._parts[batch_rows] = self._make_parts(batch_rows)
        for weights in self._weights:
            weights.update()
        if self._dropout:
            self._dropout.draw(batch_rows)

        scale /= batch_rows
        if len(parts.propagations) == 1 and self._communicator is None:
            _propagate(parts.whole, batch, scale)
            parts.whole.write_gradient(batch_rows)
        else:
            self._sum_parts(parts, batch, scale)
        if self._gradient_sum is not self._gradient:
            np.copyto(self._gradient, self._gradient_sum, casting="same_kind")

    def _sum_parts(self, parts: "_Parts", batch: Batch, scale: float) -> None:
        """Write the sum of the gradients of all parts and ranks to `_gradient_sum`."""
        batch_rows, count = len(batch.inputs), len(parts.propagations)
        samples = [batch.slice(rows.start, rows.stop) for rows in parts.rows]
        self._run(partial(_propagate, scale=scale), parts.propagations, samples)
        self._share_bounds(parts.propagations)
        self._run(partial(Propagation.prepare_gradient, batch_rows=batch_rows), parts.propagations)
        parts.whole.take_inputs(batch.inputs[parts.in_batch])
        if count:
            # Each thread sums over all samples for some of the units.
            write = partial(parts.whole.write_gradient_of_units, chunk_count=count)
            self._run(write, range(count))
        else:
            self._gradient_sum.fill(0)
        if self._communicator:
            self._communicator.sum(self._gradient_sum)

    def _run(self, function: Callable[..., object], *arguments: Sequence[Any]) -> None:
        """Call a function for each item of the arguments; the first call runs on this thread."""
        calls = list(zip(*arguments, strict=True))
        futures = [self._pool.submit(function, *call) for call in calls[1:]] if self._pool else []
        try:
            for call in calls[:1]:
                function(*call)
        finally:
            for future in futures:
                future.exception()
        for future in futures:
            future.result()

    def _share_bounds(self, parts: list[Propagation]) -> None:
        """Write the bounds of the whole batch to each part."""
        self._bounds.fill(0)
        for part in parts:
            np.maximum(self._bounds, part.bounds, out=self._bounds)
        if self._communicator and self._exactly:
            self._communicator.maximum(self._bounds)
        for part in parts:
            np.copyto(part.bounds, self._bounds)

    def _make_parts(self, batch_rows: int) -> "_Parts":
        """Return the parts of this rank's rows of a batch, none of them empty."""
        rank_rows = rank_slice(self._communicator, batch_rows)
        first, count = rank_rows.start, rank_rows.stop - rank_rows.start
        masks = self._dropout.masks if self._dropout else lambda _: None
        whole = Propagation(
            *(self._network, self._weights, count),
            gradient=self._gradient_sum,
            masks=masks(rank_rows),
        )
        ends = [count * number // self._part_count for number in range(self._part_count + 1)]
        rows = [slice(*pair) for pair in pairwise(ends) if pair[0] < pair[1]]
        in_batch = [slice(first + part.start, first + part.stop) for part in rows]
        if len(rows) == 1:
            return _Parts(whole, rank_rows, in_batch, [whole])
        return _Parts(whole, rank_rows, in_batch, [whole.part(part) for part in rows])


class _Parts(NamedTuple):
    """The rows of a batch that a rank computes, divided into parts, one for each thread.

    Attributes
    ----------
    whole : propagation of all these rows
    in_batch : these rows of the batch
    rows : the rows of each part in the batch
    propagations : propagation of each part
    """

    whole: Propagation
    in_batch: slice
    rows: list[slice]
    propagations: list[Propagation]


def _prepare_thread() -> None:
    """Set up a thread of the pool like the thread that runs the training."""
    # `Training` reports divergence.
    np.seterr(over="ignore", invalid="ignore")
    one_blas_thread()


def _propagate(propagation: Propagation, samples: Batch, scale: float) -> None:
    propagation.forward(samples.inputs, samples.logits, samples.outputs)
    propagation.backward(samples.outputs, samples.targets, scale, samples.weights)


def _layer_views(network: NetworkParameters, vector: Floats, count: int) -> list[Floats]:
    """Return the views of the weights and biases of the first `count` layers in a vector."""
    return [view for views in network.views(vector) for view in views[:count]]
