"""The peer nncore, in exact arithmetic or, with the option fast, in plain floating point."""

import numpy as np

from benchmarks.accuracy.race import GRID
from benchmarks.peers.distorted.protocol import Trainer, serve
from benchmarks.peers.protocol import Task
from nncore.arrays import Floats
from nncore.data.augment import Augmenter
from nncore.training.loop import Training


def prepare(task: Task) -> Trainer:
    """Return nncore's own training loop, with all that it records."""
    settings = task.contest.settings
    network = task.contest.network("fast" if "fast" in task.options else "exact")
    training = Training(network, settings, task.data, grid=GRID, workers=task.threads)
    augmenter = Augmenter(settings.augment, GRID, np.random.SeedSequence(settings.seed))

    def distort(images: Floats) -> Floats:
        distorted = images.copy()
        augmenter.distort(distorted, epoch=1, gather=0)
        return distorted

    return Trainer(
        lambda: training.run_epoch().train_loss,
        lambda: (network.weights, network.biases),
        distort,
    )


if __name__ == "__main__":
    serve(prepare, f"NumPy {np.__version__}")
