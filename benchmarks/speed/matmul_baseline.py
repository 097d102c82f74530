"""The floor: the matrix products of a network's steps in NumPy, and nothing else.

Each product is in the faster of two layouts, found by timing both while the floor is made ready:
weights in C or in Fortran order, a gradient as (fan_in, fan_out) or transposed. A network has to
settle on one order of a weight for all its products; the floor need not. With the option exact, the
products are in float64, as those of exact arithmetic.
"""

import time
from collections.abc import Callable
from functools import partial
from itertools import pairwise
from typing import NamedTuple

import numpy as np

from benchmarks.peers.protocol import Epoch, Task, serve
from benchmarks.speed.networks import Contest
from nncore.arrays import Floats
from nncore.data.batches import SAMPLES_PER_GATHER

# Of the timing of each layout, in turns with the other; the least time counts.
REPEATS = 5

Dot = Callable[[], object]


class _Layer(NamedTuple):
    """Buffers for the products of one layer.

    Attributes
    ----------
    weights : in C order and in Fortran order
    gradients : (fan_in, fan_out) and (fan_out, fan_in)
    values, deltas : (batch, fan_out)
    """

    weights: tuple[Floats, Floats]
    gradients: tuple[Floats, Floats]
    values: Floats
    deltas: Floats


def prepare(task: Task) -> Epoch:
    """Return an epoch of products with the shapes and number of nncore's."""
    dtype = np.dtype(np.float64 if "exact" in task.options else np.float32)
    images, batch = task.data.inputs, task.contest.settings.batch_size
    # Batches come from memory that a gather would just have filled.
    gathered = images[: max(SAMPLES_PER_GATHER // batch, 1) * batch].astype(dtype)
    full, short = divmod(len(images), batch)
    layers = _layers(task.contest, batch, dtype)
    both = [
        _products(layers, gathered[start : start + batch])
        for start in range(0, len(gathered) - batch + 1, batch)
    ]
    last = _products(layers, gathered[:short])
    faster = _faster(both or [last])
    steps = [_chosen(products, faster) for products in both]
    short_step = _chosen(last, faster) if short else []

    def epoch() -> None:
        for number in range(full):
            for dot in steps[number % len(steps)]:
                dot()
        for dot in short_step:
            dot()

    return epoch


def _layers(contest: Contest, batch: int, dtype: np.dtype) -> list[_Layer]:
    layers = []
    for weight in contest.start()[0]:
        weights = weight.astype(dtype, order="C"), weight.astype(dtype, order="F")
        gradients = np.empty_like(weights[0]), np.empty_like(weights[1].T)
        # Neither zeros nor numbers so small that a processor slows down.
        values, deltas = (np.full((batch, weight.shape[1]), 0.1, dtype) for _ in range(2))
        layers.append(_Layer(weights, gradients, values, deltas))
    return layers


def _products(layers: list[_Layer], images: Floats) -> list[tuple[Dot, Dot]]:
    """Return the products of a step with these images, each in both layouts."""
    rows = len(images)
    products: list[tuple[Dot, Dot]] = []
    entering = images
    for (ordered, by_unit), (upright, transposed), values, deltas in layers:
        value, delta = values[:rows], deltas[:rows]
        products += [
            (partial(entering.dot, ordered, value), partial(entering.dot, by_unit, value)),
            (partial(entering.T.dot, delta, upright), partial(delta.T.dot, entering, transposed)),
        ]
        entering = value
    for below, layer in pairwise(layers):
        above, to = layer.deltas[:rows], below.deltas[:rows]
        ordered, by_unit = layer.weights
        products.append((partial(above.dot, ordered.T, to), partial(above.dot, by_unit.T, to)))
    return products


def _faster(steps: list[list[tuple[Dot, Dot]]]) -> list[int]:
    """Return for each product the number of the layout that takes less time."""
    faster = []
    for number in range(len(steps[0])):
        layouts = list(zip(*(products[number] for products in steps), strict=True))
        rounds = [[_seconds(dots) for dots in layouts] for _ in range(REPEATS)]
        least = [min(times) for times in zip(*rounds, strict=True)]
        faster.append(least.index(min(least)))
    return faster


def _chosen(products: list[tuple[Dot, Dot]], faster: list[int]) -> list[Dot]:
    return [layouts[number] for layouts, number in zip(products, faster, strict=True)]


def _seconds(dots: tuple[Dot, ...]) -> float:
    begin = time.perf_counter()
    for dot in dots:
        dot()
    return time.perf_counter() - begin


if __name__ == "__main__":
    serve(prepare, f"NumPy {np.__version__}")
