"""The peer nncore; with the option shards, each batch in as many parts as there are threads."""

from dataclasses import replace

import numpy as np

from benchmarks.peers.protocol import Epoch, Task, serve
from nncore.training.loop import Training


def prepare(task: Task) -> Epoch:
    """Return an epoch of nncore's own training loop, with all that it records."""
    workers = task.threads if "shards" in task.options else 1
    settings = replace(task.contest.settings, shards=workers)
    training = Training(task.contest.network(), settings, task.data, workers=workers)
    return lambda: training.run_epoch().train_loss


if __name__ == "__main__":
    serve(prepare, f"NumPy {np.__version__}")
