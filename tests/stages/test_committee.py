"""The stage committee: several models that predict the mean of their probabilities."""

import csv
import json

import numpy as np
import pytest

from nncore.config.architecture import Architecture
from nncore.data.preprocessing import Normalization
from nncore.model import Model
from nncore.model_file import save
from nncore.network.network import Network
from stages.committee import CommitteeError, committee
from stages.shared.prepared import ProcessedError

# Three images, of which the members are wrong about one each, and none about two.
LOGITS = np.log(
    [
        [[0.9, 0.1], [0.2, 0.8], [0.45, 0.55]],
        [[0.4, 0.6], [0.3, 0.7], [0.8, 0.2]],
        [[0.7, 0.3], [0.6, 0.4], [0.9, 0.1]],
    ]
)
ACTUAL = [0, 1, 0]


def save_model(path, logits, names=("no", "yes"), inputs=3):
    """Save a model that gives image k, a unit vector, the logits of row k."""
    network = Network(Architecture(hidden=()), inputs=inputs, outputs=len(names))
    network.weights[0][:] = logits
    save(path, Model(network, names, (1, inputs), Normalization()))


@pytest.fixture
def folder(tmp_path):
    np.save(tmp_path / "test_images.npy", np.eye(3, dtype=np.float32))
    np.save(tmp_path / "test_labels.npy", np.eye(2, dtype=np.float32)[ACTUAL])
    for number, logits in enumerate(LOGITS, 1):
        save_model(tmp_path / f"{number}.npz", logits)
    return tmp_path


def run(folder, *numbers):
    committee([folder / f"{n}.npz" for n in numbers], processed=folder, reports=folder)
    with (folder / "predictions.csv").open(newline="", encoding="utf-8") as file:
        return json.loads((folder / "test.json").read_bytes()), list(csv.DictReader(file))


def test_the_mean_of_the_probabilities_decides(folder):
    metrics, rows = run(folder, 1, 2, 3)
    means = np.exp(LOGITS).mean(axis=0)
    assert [row["predicted"] for row in rows] == ["no", "yes", "no"]
    assert [float(row["confidence"]) for row in rows] == pytest.approx(means.max(axis=1), rel=1e-5)
    assert metrics == {
        "accuracy": 1.0,
        "correct": 3,
        "error_percent": 0.0,
        "models": 3,
        "parameters": 24,
        "total": 3,
    }


def test_one_model_predicts_as_alone(folder):
    metrics, rows = run(folder, 2)
    assert [row["predicted"] for row in rows] == ["yes", "yes", "no"]
    assert metrics["error_percent"] == pytest.approx(100 / 3, abs=1e-4)


def test_a_model_of_other_classes_is_refused(folder):
    save_model(folder / "4.npz", np.zeros((3, 2)), names=("no", "maybe"))
    message = r"4\.npz: expected the classes of .*1\.npz, got others"
    with pytest.raises(CommitteeError, match=message):
        run(folder, 1, 4)
    assert not (folder / "test.json").exists()


def test_a_model_of_other_images_is_refused(folder):
    save_model(folder / "4.npz", np.zeros((4, 2)), inputs=4)
    message = r"4\.npz expects 4 inputs and 2 classes, got 3 and 2"
    with pytest.raises(ProcessedError, match=message):
        run(folder, 1, 4)
    assert not (folder / "test.json").exists()


def test_images_of_more_classes_are_refused(folder):
    np.save(folder / "test_labels.npy", np.eye(3, dtype=np.float32))
    with pytest.raises(ProcessedError, match=r"1\.npz expects 3 inputs and 2 classes, got 3 and 3"):
        run(folder, 1, 2)
    assert not (folder / "test.json").exists()
