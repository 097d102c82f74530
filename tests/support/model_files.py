"""Small models, and what makes two of them the same to the last bit."""

import json
import zipfile

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
    """Return whether two models are the same to the last bit."""
    return one.network.parameters.tobytes() == other.network.parameters.tobytes() and all(
        getattr(one, name) == getattr(other, name) for name in SETTINGS
    )


def rewrite(path, changes, compression=zipfile.ZIP_STORED):
    """Write a model file with some other entries, which are left out where they are None."""
    with zipfile.ZipFile(path) as archive:
        entries = {name: archive.read(name) for name in archive.namelist()} | changes
    with zipfile.ZipFile(path, "w", compression) as archive:
        for name, content in entries.items():
            if content is not None:
                archive.writestr(name, content)


def read_specification(path):
    with zipfile.ZipFile(path) as archive:
        return json.loads(archive.read("specification.json"))


def rewrite_specification(path, change):
    """Write a model file whose specification is changed by `change`."""
    specification = read_specification(path)
    change(specification)
    rewrite(path, {"specification.json": json.dumps(specification)})
