"""nncore diagnose: samples in an .npz file, a network from options or from a model file."""

import subprocess
import sys

import numpy as np
import pytest

from nncore.config.architecture import Architecture
from nncore.data.preprocessing import Normalization
from nncore.model import Model
from nncore.model_file import save
from nncore.network.network import Network


@pytest.fixture
def diagnose(run_nncore):
    return lambda *arguments: run_nncore("diagnose", *arguments)


@pytest.fixture
def blobs(tmp_path):
    """Write samples of three classes with names."""
    rng = np.random.default_rng(0)
    classes = rng.integers(0, 3, 300)
    X = 2 * np.eye(3, 4)[classes] + rng.standard_normal((300, 4))  # noqa: N806
    np.savez(tmp_path / "blobs.npz", X=X, y=np.array(["blue", "green", "red"])[classes])
    return "blobs.npz"


def test_a_healthy_training_has_exit_code_0_and_names_its_classes(diagnose, blobs):
    code, text, errors = diagnose(blobs, "--hidden", "16", "--lr", "0.02")
    assert (code, errors) == (0, "")
    assert text.startswith("4-16-3, relu, softmax, cross_entropy; momentum, lr 0.02, batches of 32")
    assert "\nhealthy: no finding in\n" in text
    assert "  green" in text.rsplit("\n\n", 1)[1]


def test_a_finding_has_exit_code_3_and_names_the_setting(diagnose, blobs):
    code, text, _ = diagnose(blobs, "--hidden", "16,8", "--lr", "100", "--optimizer", "sgd")
    assert code == 3
    assert "\n1 finding\n  learning rate\n    seen    with lr 100 " in text
    assert "\n    change  set lr to about 0." in text


def test_the_range_test_is_written_as_csv(diagnose, blobs, tmp_path):
    assert diagnose(blobs, "--csv", "range.csv")[0] == 0
    header, *rows = (tmp_path / "range.csv").read_text(encoding="utf-8").splitlines()
    assert header == "lr,loss"
    assert len(rows) > 100
    assert float(rows[0].split(",")[0]) == 1e-6


def test_numbers_are_predicted_with_output_identity(diagnose, tmp_path):
    rng = np.random.default_rng(0)
    X = rng.standard_normal((200, 3))  # noqa: N806
    np.savez(tmp_path / "numbers.npz", x_train=X, y_train=X[:, 0] - X[:, 1])
    options = ["--output", "identity", "--loss", "mean_squared_error", "--lr", "0.003"]
    code, text, _ = diagnose("numbers.npz", *options)
    assert (code, text.splitlines()[0][:6]) == (0, "3-128-")


def test_a_model_file_gives_the_layers_and_scales_pixels(diagnose, tmp_path):
    rng = np.random.default_rng(0)
    labels = rng.integers(0, 2, 200)
    pixels = rng.integers(0, 100, (200, 2, 2), dtype=np.uint8)
    pixels[:, 0, 0] += (150 * labels).astype(np.uint8)
    np.savez(tmp_path / "pixels.npz", X=pixels, y=labels)
    network = Network(Architecture(hidden=(7,)), inputs=4, outputs=2)
    save(tmp_path / "model.npz", Model(network, (0, 1), (2, 2), Normalization()))
    code, text, _ = diagnose("pixels.npz", "--model", "model.npz", "--lr", "0.1")
    assert (code, text[:6]) == (0, "4-7-2,")
    assert "4 inputs from 0 to 0.97" in text
    # Without the model they are numbers up to 249.
    code, text, _ = diagnose("pixels.npz", "--hidden", "7")
    assert code == 3
    assert "divide pixels by 255" in text


@pytest.mark.parametrize(
    ("arrays", "message"),
    [
        ({"a": [1]}, "blobs.npz: expected a NumPy .npz file with the arrays X and y, got: a"),
        ({"X": [[1.0], [2]], "y": [0]}, "y must have 2 rows, one for each of X, got 1"),
        ({"X": [["a"]], "y": [0]}, "X must be numbers, got str32 values"),
    ],
)
def test_a_file_that_does_not_fit_is_one_line(diagnose, tmp_path, arrays, message):
    np.savez(tmp_path / "blobs.npz", **arrays)
    assert diagnose("blobs.npz") == (1, "", f"nncore: {message}\n")


def test_a_file_that_is_no_archive_is_one_line(diagnose, tmp_path):
    (tmp_path / "blobs.npz").write_bytes(b"text")
    code, text, errors = diagnose("blobs.npz")
    assert (code, text, errors.count("\n")) == (1, "", 1)
    assert errors.startswith(
        "nncore: blobs.npz: expected a NumPy .npz file with the arrays X and y"
    )


def test_a_wrong_setting_is_one_line(diagnose, blobs):
    code, _, errors = diagnose(blobs, "--lr", "-1")
    assert (code, errors) == (1, "nncore: lr must be a finite number above 0, got -1.0\n")


def test_wrong_units_are_named(diagnose, blobs):
    code, _, errors = diagnose(blobs, "--hidden", "16,many")
    expected = "argument --hidden: expected integers, separated by commas, got '16,many'\n"
    assert (code, errors[-len(expected) :]) == (2, expected)


def test_constant_inputs_leave_no_range_test_to_write(diagnose, tmp_path):
    np.savez(tmp_path / "same.npz", X=np.ones((9, 2)), y=np.arange(9) % 2)
    assert diagnose("same.npz")[0] == 3
    code, _, errors = diagnose("same.npz", "--csv", "range.csv")
    assert (code, errors.count("\n")) == (1, 1)
    assert not (tmp_path / "range.csv").exists()


def test_its_help_needs_no_optional_package():
    done = subprocess.run(
        [sys.executable, "-m", "nncore.cli", "diagnose", "--help"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert "Find out why a network does not learn." in done.stdout
    assert "--batch-size NUMBER" in done.stdout
