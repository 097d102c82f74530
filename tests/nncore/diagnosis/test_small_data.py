"""Numbers to predict, classes of two dimensions, few samples; and the same numbers every time."""

from dataclasses import replace

import numpy as np
import pytest

from nncore.config.architecture import Architecture
from nncore.config.training import TrainingSettings
from nncore.data.dataset import Data
from nncore.diagnosis.diagnose import diagnose
from nncore.diagnosis.report import as_text, range_test_csv
from nncore.errors import DataError, SettingsError
from nncore.network.network import Network

REGRESSION = Architecture(hidden=(32,), output="identity", loss="mean_squared_error")
SETTINGS = TrainingSettings(lr=0.003)


@pytest.fixture
def numbers():
    """Return 400 samples and numbers that depend on them, of unit size."""
    rng = np.random.default_rng(0)
    X = rng.standard_normal((400, 5))  # noqa: N806  the field's name
    return X, X @ [0.4, 0.8, 0, -0.4, 0.2] + 0.05 * rng.standard_normal(400)


def run(architecture, settings, X, y, outputs=1, **options):  # noqa: N803
    network = Network(architecture, inputs=np.shape(X)[1], outputs=outputs, **options)
    return diagnose(network, settings, Data(X, y))


def names(diagnosis):
    return [finding.name for finding in diagnosis.findings]


def test_a_regression_that_learns_is_healthy(numbers):
    diagnosis = run(REGRESSION, SETTINGS, *numbers)
    assert names(diagnosis) == []
    # There are no classes.
    assert diagnosis.suspects[0].label is None
    assert "predicted" not in as_text(diagnosis).rsplit("\n\n", 1)[1]


@pytest.mark.parametrize("loss", ["huber", "mean_absolute_error", "half_squared_error"])
def test_other_losses_of_a_regression_are_healthy_too(numbers, loss):
    assert names(run(replace(REGRESSION, loss=loss), SETTINGS, *numbers)) == []


def test_numbers_of_other_samples_are_shuffled(numbers):
    X, y = numbers  # noqa: N806
    y = np.random.default_rng(1).permutation(y)
    assert names(run(REGRESSION, SETTINGS, X, y)) == ["labels"]


def test_large_numbers_to_predict_are_to_be_scaled(numbers):
    X, y = numbers  # noqa: N806
    diagnosis = run(REGRESSION, SETTINGS, X, 1000 * y + 30_000)
    assert names(diagnosis) == ["targets"]
    assert "scale them" in diagnosis.findings[0].remedy


def test_a_rate_with_which_a_regression_diverges(numbers):
    diagnosis = run(REGRESSION, replace(SETTINGS, lr=50.0), *numbers)
    assert names(diagnosis) == ["learning rate"]
    assert "grows without bound by step" in diagnosis.findings[0].seen


def test_a_rate_with_which_a_regression_diverges_on_one_half_of_the_samples():
    X = np.random.default_rng(1).standard_normal((500, 3))  # noqa: N806
    y = 2 * X[:, 0] + 1
    network = replace(REGRESSION, hidden=(128,))
    diagnosis = run(network, replace(SETTINGS, lr=0.04), X, y)
    assert names(diagnosis) == ["learning rate"]
    assert "the other half the loss grows without bound by step" in diagnosis.findings[0].seen
    assert "learning rate" not in [check.name for check in diagnosis.checks]
    suggestion = diagnosis.range_test.suggestion
    assert diagnosis.findings[0].remedy == f"set `lr` to about {suggestion:g}"
    assert names(run(network, replace(SETTINGS, lr=suggestion), X, y)) == []


def test_targets_of_one_value_teach_nothing(numbers):
    X, y = numbers  # noqa: N806
    assert names(run(REGRESSION, SETTINGS, X, np.full_like(y, 2))) == ["targets"]
    one_class = run(Architecture(), SETTINGS, X, np.zeros(len(y), int), outputs=2)
    assert names(one_class) == ["targets"]


def test_one_large_input_among_others_is_named(numbers):
    X, y = numbers  # noqa: N806
    diagnosis = run(REGRESSION, SETTINGS, X * [1, 1, 1, 5000, 1], y)
    assert names(diagnosis) == ["inputs"]
    assert diagnosis.findings[0].seen.startswith("1 of 5 inputs are large: that of number 3")


def test_four_samples_are_enough_for_a_diagnosis():
    corners = [[0, 0], [0, 1], [1, 0], [1, 1]]
    architecture = Architecture(hidden=(8,), activation="tanh")
    diagnosis = run(architecture, TrainingSettings(lr=0.3), corners, [0, 1, 1, 0], outputs=2)
    assert names(diagnosis) == []


def test_a_single_sample_is_a_finding_of_the_inputs():
    diagnosis = run(Architecture(), SETTINGS, [[0.5, 1.0]], [1], outputs=2)
    assert names(diagnosis) == ["inputs"]
    assert "; 1 sample\n\n1 finding\n  inputs\n    seen    there is 1 sample\n" in as_text(
        diagnosis
    )


def test_two_spirals_that_take_long_to_learn_have_no_wrong_labels():
    t, labels = np.linspace(0, 1, 400), np.arange(400) % 2
    angle = 9 * t + np.pi * labels
    points = np.column_stack([t * np.cos(angle), t * np.sin(angle)])
    architecture = Architecture(hidden=(64, 64), activation="tanh", weight_init="glorot")
    assert names(run(architecture, TrainingSettings(), points, labels, outputs=2)) == []


def test_classes_that_overlap_have_no_wrong_labels():
    """A fifth of the samples lies nearer to another class."""
    rng = np.random.default_rng(0)
    labels = rng.integers(0, 2, 2000)
    points = rng.standard_normal((2000, 2)) + 1.7 * labels[:, np.newaxis] * [1, 0]
    diagnosis = run(Architecture(hidden=(16,)), SETTINGS, points, labels, outputs=2)
    assert names(diagnosis) == []


def test_single_output_and_several_labels_to_a_sample():
    rng = np.random.default_rng(0)
    X = rng.standard_normal((300, 4))  # noqa: N806
    binary = Architecture(hidden=(16,), output="sigmoid", loss="binary_cross_entropy")
    assert names(run(binary, TrainingSettings(), X, (X[:, 0] > 0).astype(int))) == []
    several = (X[:, :3] > 0).astype(float)
    assert names(run(binary, TrainingSettings(), X, several, outputs=3)) == []


def test_the_numbers_are_the_same_every_time_and_for_any_number_of_threads(numbers):
    network = Network(REGRESSION, inputs=5, outputs=1)
    first, second = (
        diagnose(network, SETTINGS, Data(*numbers), workers=workers) for workers in (1, 2)
    )
    assert as_text(first) == as_text(second)
    assert range_test_csv(first.range_test) == range_test_csv(second.range_test)


def test_of_many_samples_some_are_used():
    rng = np.random.default_rng(0)
    X = rng.standard_normal((5000, 3))  # noqa: N806
    diagnosis = run(Architecture(hidden=(4,)), TrainingSettings(), X, (X[:, 0] > 0) * 1, outputs=2)
    assert diagnosis.subject.endswith("; 5,000 samples, 4,000 of them used")
    # Their numbers are those in the whole data.
    assert max(suspect.sample for suspect in diagnosis.suspects) < 5000
    assert all(suspect.label == (X[suspect.sample, 0] > 0) for suspect in diagnosis.suspects)


def test_float64_networks_are_diagnosed_too(numbers):
    assert names(run(REGRESSION, SETTINGS, *numbers, dtype=np.float64)) == []


def test_wrong_arguments_are_refused(numbers):
    network = Network(REGRESSION, inputs=4, outputs=1)
    with pytest.raises(DataError, match=r"train X must have shape \(n, 4\)"):
        diagnose(network, SETTINGS, Data(*numbers))
    with pytest.raises(SettingsError, match="network must be of type Network, got 1"):
        diagnose(1, SETTINGS, Data(*numbers))
