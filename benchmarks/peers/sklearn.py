"""The peer scikit-learn: MLPClassifier, where the loss is cross-entropy.

It is given the images already in their order, in a buffer that stays, and doesn't look for NaN.
"""

import numpy as np
import sklearn
from sklearn.neural_network import MLPClassifier

from benchmarks.peers.protocol import Epoch, Task, serve
from benchmarks.speed.networks import Contest
from nncore.arrays import Indices
from nncore.data.dataset import Images


def prepare(task: Task) -> Epoch:
    """Return an epoch of `partial_fit` on the images in nncore's order."""
    images, labels = task.data.inputs, task.data.targets.argmax(axis=1)
    model = make_model(task.contest, images, labels)
    orders = task.contest.orders(len(images))
    shuffled, shuffled_labels = np.empty_like(images), np.empty_like(labels)

    def epoch() -> float:
        rows = next(orders)
        # As nncore gathers: mode="clip" spares NumPy a second buffer.
        images.take(rows, axis=0, out=shuffled, mode="clip")
        labels.take(rows, axis=0, out=shuffled_labels, mode="clip")
        with sklearn.config_context(assume_finite=True):
            model.partial_fit(shuffled, shuffled_labels)
        return float(model.loss_)

    return epoch


def make_model(contest: Contest, images: Images, labels: Indices) -> MLPClassifier:
    """Return the classifier with nncore's first weights, ready for an epoch of `partial_fit`."""
    settings, optimizer = contest.settings, contest.settings.optimizer
    model = MLPClassifier(
        contest.architecture.hidden,
        activation="relu",
        solver="adam" if optimizer.name == "adam" else "sgd",
        alpha=0,
        batch_size=settings.batch_size,
        learning_rate_init=settings.lr,
        momentum=contest.momentum,
        nesterovs_momentum=False,
        beta_1=optimizer.beta1,
        beta_2=optimizer.beta2,
        epsilon=optimizer.epsilon,
        shuffle=False,
        random_state=settings.seed,
    )
    # Its arrays come with a first step, which is undone: weights, biases and moments.
    few = slice(settings.batch_size)
    model.partial_fit(images[few], labels[few], classes=np.unique(labels))
    for arrays, starts in zip((model.coefs_, model.intercepts_), contest.start(), strict=True):
        for array, start in zip(arrays, starts, strict=True):
            array[:] = start
    state = model._optimizer  # noqa: SLF001  its moments have no public name
    if optimizer.name == "adam":
        state.t, moments = 0, [*state.ms, *state.vs]
    else:
        moments = state.velocities
    for moment in moments:
        moment[:] = 0
    return model


if __name__ == "__main__":
    serve(prepare, f"scikit-learn {sklearn.__version__}")
