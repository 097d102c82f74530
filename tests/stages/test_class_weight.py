"""train.class_weight in the stages: classes by their names, alike in train and in a sweep."""

import hashlib
import json

import numpy as np
import pytest

from nncore.errors import DataError
from nncore.model_file import load
from stages.shared.params import load_params
from stages.sweeps.trial import run_trial
from stages.train import train

NAMES = ["T-shirt/top", "Ж", "7"]


@pytest.fixture
def trained(tmp_path, monkeypatch):
    """Return a function that trains with class weights, and gives the digest of the parameters."""
    monkeypatch.chdir(tmp_path)
    rng = np.random.default_rng(1)
    for split, count in (("train", 40), ("validation", 10)):
        labels = np.minimum(rng.integers(9, size=count), 2)
        np.save(tmp_path / f"{split}_images.npy", rng.random((count, 6), dtype=np.float32))
        np.save(tmp_path / f"{split}_labels.npy", np.eye(3, dtype=np.float32)[labels])
    description = {"class_names": NAMES, "image_shape": [2, 3], "pictures": "as-is"}
    description |= {"pixel_mean": 0.0, "pixel_std": 255.0, "format": "nncore preprocessing 1"}
    (tmp_path / "preprocessing.json").write_text(json.dumps(description))

    def run(class_weight):
        params = tmp_path / "params.yaml"
        settings = {"epochs": 2, "batch_size": 16, "class_weight": class_weight}
        params.write_text(json.dumps({"model": {"hidden": [4]}, "train": settings}))
        path = tmp_path / "model.npz"
        train(params=params, processed=tmp_path, model=path, reports=tmp_path / "reports")
        digest = hashlib.sha256(load(path).network.parameters.tobytes()).hexdigest()
        assert run_trial(load_params(params), tmp_path).weights == digest
        return digest

    return run


def test_classes_have_weights_by_their_names(trained):
    """A sweep trains with them too."""
    balanced, named, none = map(trained, ("balanced", {"T-shirt/top": 4, "7": 0.5}, None))
    assert len({balanced, named, none}) == 3
    assert trained({"T-shirt/top": 8, "Ж": 2, "7": 1}) == named


def test_equal_weights_are_none(trained):
    assert trained(dict.fromkeys(NAMES, 3)) == trained(None)


def test_an_unknown_class_is_named(trained):
    expected = "class_weight must hold weights of the classes 'T-shirt/top', 'Ж', '7', got '8'"
    with pytest.raises(DataError) as refused:
        trained({"8": 2})
    assert str(refused.value) == expected
