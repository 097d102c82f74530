"""The evaluate stage, and what it refuses."""

import json

import numpy as np
import pytest

from nncore.config.architecture import Architecture
from nncore.data.preprocessing import Normalization
from nncore.errors import DataError
from nncore.model import Model
from nncore.model_file import save
from nncore.network.network import Network
from stages.evaluate import evaluate

ARCHITECTURE = Architecture(hidden=(), output="identity", loss="half_squared_error")


@pytest.fixture
def evaluated(tmp_path):
    """Return a function that evaluates, in float32, a network whose outputs are all one number."""
    params = tmp_path / "params.yaml"
    params.write_text("numerics: fast", encoding="utf-8")
    np.save(tmp_path / "test_images.npy", np.ones((4, 6), np.float32))
    np.save(tmp_path / "test_labels.npy", np.eye(4, 3, dtype=np.float32))

    def evaluate_outputs(value):
        network = Network(ARCHITECTURE, inputs=6, outputs=3)
        network.biases[0][:] = value
        names = ("one", "two", "three")
        model = Model(network, names, (2, 3), Normalization())
        save(tmp_path / "model.npz", model)
        evaluate(params, model=tmp_path / "model.npz", processed=tmp_path, reports=tmp_path)
        return tmp_path / "test.json"

    return evaluate_outputs


def test_metrics_are_written(evaluated):
    assert '"loss": 0.375' in evaluated(0.5).read_text(encoding="utf-8")


def test_a_class_that_the_test_set_lacks_has_no_recall(evaluated, tmp_path):
    """Of equal outputs the first class is predicted: right for two of four images."""
    np.save(tmp_path / "test_labels.npy", np.eye(3, dtype=np.float32)[[0, 0, 2, 2]])
    metrics = json.loads(evaluated(0.5).read_text(encoding="utf-8"))
    assert metrics["per_class"] == {
        "one": {"precision": 0.5, "recall": 1.0},
        "two": {"precision": None, "recall": None},
        "three": {"precision": 0.0, "recall": 0.0},
    }
    assert metrics["balanced_accuracy"] == 0.5


def test_a_loss_that_is_infinite_is_refused(evaluated):
    message = r"^the test loss must be finite, got inf; train with a smaller learning rate$"
    with pytest.raises(DataError, match=message):
        evaluated(1e25)
