"""Small models, and what makes two of them the same to the last bit."""

import numpy as np

from nncore.config.architecture import Architecture
from nncore.data.preprocessing import Normalization
from nncore.model import Model
from nncore.network.network import Network

SETTINGS = (
    *("labels", "image_shape", "normalization", "provenance", "pictures"),
    *("columns", "target"),
)


def make(architecture=None, seed=1):
    network = Network(architecture or Architecture(hidden=(3,)), inputs=4, outputs=2)
    network.initialize(np.random.default_rng(seed))
    provenance = {"params": {"lr": 0.1}, "note": "Zürich"}
    return Model(network, ("zero", "eins"), (2, 2), Normalization(33.5, 78.25), provenance, "digit")


def same(one, other):
    """Tell whether two models are the same to the last bit."""
    return one.network.parameters.tobytes() == other.network.parameters.tobytes() and all(
        getattr(one, name) == getattr(other, name) for name in SETTINGS
    )
