"""The floor: the matrix products of a network's steps in NumPy, and nothing else."""

from itertools import pairwise

import numpy as np

from benchmarks.networks import Contest
from benchmarks.serving import Epoch, Task, serve
from nncore.arrays import Floats
from nncore.batches import GATHERED


def prepare(task: Task) -> Epoch:
    """Return an epoch of products with the shapes, layouts and number of nncore's."""
    images, batch = task.data.images, task.contest.settings.batch_size
    # Batches come from memory that a gather would just have filled.
    gathered = images[: max(GATHERED // batch, 1) * batch].copy()
    products = _Products(task.contest, batch)
    full, short = divmod(len(images), batch)
    parts = [gathered[start : start + batch] for start in range(0, len(gathered), batch)]
    parts = [part for part in parts if len(part) == batch]

    def epoch() -> None:
        for number in range(full):
            products.step(parts[number % len(parts)])
        if short:
            products.step(gathered[:short])

    return epoch


class _Products:
    """Buffers for the products of a step."""

    def __init__(self, contest: Contest, batch: int) -> None:
        self._weights = contest.start()[0]
        self._gradients = [np.empty_like(weight.T) for weight in self._weights]
        self._values = _filled(contest, batch)
        self._deltas = _filled(contest, batch)

    def step(self, images: Floats) -> None:
        rows = len(images)
        values, deltas = self._values, self._deltas
        if rows < len(values[0]):
            values, deltas = ([array[:rows] for array in arrays] for arrays in (values, deltas))
        entering = images
        for weight, value, delta, gradient in zip(
            self._weights, values, deltas, self._gradients, strict=True
        ):
            entering.dot(weight, out=value)
            delta.T.dot(entering, out=gradient)
            entering = value
        for (below, above), weight in zip(pairwise(deltas), self._weights[1:], strict=True):
            above.dot(weight.T, out=below)


def _filled(contest: Contest, batch: int) -> list[Floats]:
    # Neither zeros nor numbers so small that a processor slows down.
    return [np.full((batch, units), 0.1, np.float32) for units in contest.sizes[1:]]


if __name__ == "__main__":
    serve(prepare, f"NumPy {np.__version__}")
