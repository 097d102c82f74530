"""Models of digits, trained for one epoch: enough to tell most digits apart."""

from functools import cache
from pathlib import Path

import numpy as np

from nncore.config.architecture import Architecture
from nncore.config.training import TrainingSettings
from nncore.data.dataset import Data
from nncore.data.idx import read_images, read_labels
from nncore.data.labels import one_hot
from nncore.data.preprocessing import Normalization, apply_lookup
from nncore.model import Model
from nncore.network.network import Network
from nncore.training.fit import fit

SAMPLES = Path(__file__).parents[2] / "data" / "samples" / "mnist-5k"
TEST_IMAGES = SAMPLES / "t10k-images-idx3-ubyte.gz"
TEST_LABELS = SAMPLES / "t10k-labels-idx1-ubyte.gz"
NAMES = ("0", "1", "2", "3", "4", "5", "6", "7", "8", "nueve")


@cache
def digit_model(output="softmax", loss="cross_entropy", activation="relu", normalization=None):
    """Return a model trained on the 4,000 training images of mnist-5k."""
    normalization = normalization or Normalization()
    pixels = read_images(SAMPLES / "train-images-idx3-ubyte.gz").reshape(4000, 784)
    images = np.empty(pixels.shape, np.float32)
    apply_lookup(pixels, normalization.table(), out=images)
    targets = one_hot(read_labels(SAMPLES / "train-labels-idx1-ubyte.gz"), 10)
    architecture = Architecture(hidden=(32,), activation=activation, output=output, loss=loss)
    network = Network(architecture, inputs=784, outputs=10)
    fit(network, TrainingSettings(epochs=1, lr=0.1, monitor="train_loss"), Data(images, targets))
    origin = {"from": "Zürich", "epochs": 1}
    return Model(network, NAMES, (28, 28), normalization, origin, "digit")
