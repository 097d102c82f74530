"""How many times faster nncore is than a loop that takes one image at a time.

784-30-10, ReLU and softmax, cross-entropy, SGD with batches of 16, made-up images. Both do the same
steps from the same weights in turns, and must end with the same weights up to rounding.

    python -m benchmarks.speed.per_sample_loop
"""

import os
import statistics
import time
from typing import get_args

# Both on one thread; read while NumPy is imported.
os.environ["OPENBLAS_NUM_THREADS"] = "1"

import numpy as np

from nncore.config.architecture import Architecture
from nncore.config.numerics import Numerics
from nncore.config.optimizer import OptimizerSettings
from nncore.config.training import TrainingSettings
from nncore.data.batches import Batch
from nncore.network.network import Network
from nncore.training.step import TrainStep

IMAGES, BATCH, LR, ROUNDS = 16_000, 16, 0.05, 5


def loop(network: Network, images: np.ndarray, targets: np.ndarray) -> None:
    """Train for one epoch, forward and backward for one image at a time."""
    # Copies in C order, which this loop is faster with; nncore's own are in Fortran order.
    w1, w2 = (weight.copy(order="C") for weight in network.weights)
    b1, b2 = network.biases
    for start in range(0, len(images), BATCH):
        g_w1, g_w2, g_b1, g_b2 = (np.zeros_like(p) for p in (w1, w2, b1, b2))
        for x, y in zip(images[start : start + BATCH], targets[start : start + BATCH], strict=True):
            a1 = np.maximum(x @ w1 + b1, 0)
            exps = np.exp(a1 @ w2 + b2)
            delta2 = exps / exps.sum() - y
            delta1 = (w2 @ delta2) * (a1 > 0)
            g_w2 += np.outer(a1, delta2)
            g_b2 += delta2
            g_w1 += np.outer(x, delta1)
            g_b1 += delta1
        for p, g in ((w1, g_w1), (w2, g_w2), (b1, g_b1), (b2, g_b2)):
            np.subtract(p, LR / BATCH * g, out=p)
    for weight, trained in zip(network.weights, (w1, w2), strict=True):
        weight[:] = trained


def main() -> None:
    """Print a line for each arithmetic of nncore."""
    for numerics in get_args(Numerics):
        print(compare(numerics), flush=True)


def compare(numerics: Numerics) -> str:
    """Return the median ratio of the two times, and its range."""
    rng = np.random.default_rng(1)
    labels = rng.integers(0, 10, IMAGES)
    images = rng.random((IMAGES, 784), dtype=np.float32) + np.float32(0.1) * labels[:, np.newaxis]
    images = images.astype(np.float32)
    targets = np.eye(10, dtype=np.float32)[labels]
    plain = Network(Architecture(hidden=(30,)), inputs=784, outputs=10)
    plain.initialize(np.random.default_rng(2))
    ours = Network(Architecture(hidden=(30,)), inputs=784, outputs=10, numerics=numerics)
    ours.parameters[:] = plain.parameters
    settings = TrainingSettings(lr=LR, batch_size=BATCH, optimizer=OptimizerSettings(name="sgd"))
    train_step = TrainStep(ours, settings, rng)
    logits, outputs = (np.empty((BATCH, 10), np.float32) for _ in range(2))
    ratios = []
    for _ in range(ROUNDS):
        begin = time.perf_counter()
        loop(plain, images, targets)
        middle = time.perf_counter()
        for start in range(0, IMAGES, BATCH):
            rows = slice(start, start + BATCH)
            train_step.step(Batch(images[rows], targets[rows], logits, outputs), LR)
        ratios.append((middle - begin) / (time.perf_counter() - middle))
    apart = float(np.abs(plain.parameters - ours.parameters).max())
    if apart > 1e-4:
        raise SystemExit(f"expected the same weights up to rounding, got {apart:.1e} apart")
    return (
        f"{numerics}: nncore takes {statistics.median(ratios):.1f} times as many images in the "
        f"same time as the loop (of {ROUNDS} rounds: {min(ratios):.1f} to {max(ratios):.1f}); "
        f"largest difference between the weights {apart:.1e}"
    )


if __name__ == "__main__":
    main()
