"""How many times faster two cores train a network whose batches have two shards, same bytes.

784-1024-1024-10, batches of 256, momentum, made-up images; one worker and two in turns.

    python -m benchmarks.speed.shards
"""

import os
import statistics
import time

# As in the pipeline's numerics: portable; read while NumPy is imported.
os.environ["OPENBLAS_NUM_THREADS"] = "1"
os.environ["OPENBLAS_CORETYPE"] = "Haswell"
os.environ["NPY_DISABLE_CPU_FEATURES"] = "X86_V4 AVX512_ICL AVX512_SPR"

import numpy as np

from nncore.config.architecture import Architecture
from nncore.config.training import TrainingSettings
from nncore.data.dataset import Data
from nncore.network.network import Network
from nncore.training.loop import Training

IMAGES, ROUNDS = 10_240, 7


def trained(data: Data, workers: int) -> tuple[float, bytes]:
    """Return the seconds of one epoch, and the parameters after it."""
    network = Network(Architecture(hidden=(1024, 1024)), inputs=784, outputs=10)
    settings = TrainingSettings(batch_size=256, shards=2, lr=0.05)
    training = Training(network, settings, data, workers=workers)
    begin = time.perf_counter()
    training.run_epoch()
    return time.perf_counter() - begin, network.parameters.tobytes()


def main() -> None:
    """Print the median ratio of the two times, and its range."""
    rng = np.random.default_rng(1)
    targets = np.eye(10, dtype=np.float32)[rng.integers(0, 10, IMAGES)]
    data = Data(rng.random((IMAGES, 784), dtype=np.float32), targets)
    ratios = []
    for _ in range(ROUNDS):
        (one, expected), (two, got) = (trained(data, workers) for workers in (1, 2))
        if got != expected:
            raise SystemExit("expected the same bytes with one worker and with two, got others")
        ratios.append(one / two)
    print(
        f"two workers against one: {statistics.median(ratios):.2f} times as fast "
        f"({ROUNDS} rounds: {min(ratios):.2f} to {max(ratios):.2f}), same bytes"
    )


if __name__ == "__main__":
    main()
