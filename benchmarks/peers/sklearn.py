"""The peer scikit-learn: MLPClassifier, where the loss is cross-entropy.

It is given the images already in their order, in a buffer that stays, and doesn't look for NaN.
"""

import numpy as np
import sklearn
from sklearn.neural_network import MLPClassifier

from benchmarks.peers.protocol import Epoch, Task, serve


def prepare(task: Task) -> Epoch:
    """Return an epoch of `partial_fit` on the images in nncore's order."""
    settings = task.contest.settings
    images, labels = task.data.inputs, task.data.targets.argmax(axis=1)
    model = MLPClassifier(
        task.contest.architecture.hidden,
        activation="relu",
        solver="sgd",
        alpha=0,
        batch_size=settings.batch_size,
        learning_rate_init=settings.lr,
        momentum=task.contest.momentum,
        nesterovs_momentum=False,
        shuffle=False,
        random_state=settings.seed,
    )
    # Its arrays come with a first step, which is undone: weights, biases and velocities.
    few = slice(settings.batch_size)
    model.partial_fit(images[few], labels[few], classes=np.unique(labels))
    for arrays, starts in zip((model.coefs_, model.intercepts_), task.contest.start(), strict=True):
        for array, start in zip(arrays, starts, strict=True):
            array[:] = start
    for velocity in model._optimizer.velocities:  # noqa: SLF001  they have no other door
        velocity[:] = 0

    orders = task.contest.orders(len(images))
    shuffled, wanted = np.empty_like(images), np.empty_like(labels)

    def epoch() -> float:
        rows = next(orders)
        # As nncore gathers: mode="clip" spares NumPy a second buffer.
        images.take(rows, axis=0, out=shuffled, mode="clip")
        labels.take(rows, axis=0, out=wanted, mode="clip")
        with sklearn.config_context(assume_finite=True):
            model.partial_fit(shuffled, wanted)
        return float(model.loss_)

    return epoch


if __name__ == "__main__":
    serve(prepare, f"scikit-learn {sklearn.__version__}")
