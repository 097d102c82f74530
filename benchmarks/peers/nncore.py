"""The peer nncore, in exact arithmetic or, with the option fast, in plain floating point."""

import numpy as np

from benchmarks.peers.protocol import Epoch, Task, serve
from nncore.training.loop import Training


def prepare(task: Task) -> Epoch:
    """Return an epoch of nncore's own training loop, with all that it records."""
    network = task.contest.network("fast" if "fast" in task.options else "exact")
    training = Training(network, task.contest.settings, task.data, workers=task.threads)
    return lambda: training.run_epoch().train_loss


if __name__ == "__main__":
    serve(prepare, f"NumPy {np.__version__}")
