"""The peer scikit-learn: MLPClassifier, which has no distortions, on the images as they are."""

import statistics

import numpy as np
import sklearn

from benchmarks.accuracy.race import rates
from benchmarks.peers.distorted.protocol import Trainer, serve
from benchmarks.peers.protocol import Task
from benchmarks.peers.sklearn import make_model
from nncore.data.dataset import Uint8Images


def prepare(task: Task) -> Trainer:
    """Return an epoch of `partial_fit` on the images in nncore's order.

    The rate is that of the epoch's steps on average.
    """
    contest, images, labels = task.contest, task.data.inputs, task.data.targets.argmax(axis=1)
    assert not isinstance(images, Uint8Images)  # noqa: S101  the benchmark's data are floats
    model = make_model(contest, images, labels)
    orders = enumerate(contest.orders(len(images)), start=1)
    shuffled_images, shuffled_labels = np.empty_like(images), np.empty_like(labels)

    def epoch() -> float:
        number, rows = next(orders)
        rate = statistics.fmean(rates(contest, number, len(images)))
        model._optimizer.learning_rate = rate  # noqa: SLF001  partial_fit takes no rate
        images.take(rows, axis=0, out=shuffled_images, mode="clip")
        labels.take(rows, axis=0, out=shuffled_labels, mode="clip")
        with sklearn.config_context(assume_finite=True):
            model.partial_fit(shuffled_images, shuffled_labels)
        return float(model.loss_)

    return Trainer(epoch, lambda: (model.coefs_, model.intercepts_), None)


if __name__ == "__main__":
    serve(prepare, f"scikit-learn {sklearn.__version__}")
