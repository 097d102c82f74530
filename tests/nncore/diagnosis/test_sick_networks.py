"""Networks with a planted fault are named for what they have, healthy ones are called healthy."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from nncore.config.architecture import Architecture
from nncore.config.optimizer import OptimizerSettings
from nncore.config.training import RegularizationSettings, TrainingSettings
from nncore.data.dataset import Data
from nncore.data.idx import read_images, read_labels
from nncore.diagnosis.diagnose import CHECKS, NAMES, diagnose
from nncore.diagnosis.report import as_text
from nncore.network.network import Network
from stages.shared.params import load_params

ROOT = Path(__file__).parents[3]
SAMPLES = ROOT / "data" / "samples" / "mnist-5k"
PARAMS = load_params(ROOT / "params.yaml")
MODEL, TRAIN = PARAMS.model, PARAMS.train
CLASSES = 10
# M. Nielsen, Neural Networks and Deep Learning (2015), chapter 1: recipe nielsen-1a.
NIELSEN = Architecture(
    hidden=(30,),
    activation="sigmoid",
    output="sigmoid",
    loss="half_squared_error",
    weight_init="normal",
    bias_init="normal",
    bias_scale=1.0,
)


@pytest.fixture(scope="module")
def digits():
    """Return 4,000 training images from 0 to 1, and their labels."""
    images = read_images(SAMPLES / "train-images-idx3-ubyte.gz").reshape(-1, 784)
    labels = read_labels(SAMPLES / "train-labels-idx1-ubyte.gz").astype(np.int64)
    return (images / np.float32(255)).astype(np.float32), labels


def run(architecture, settings, images, labels):
    network = Network(architecture, inputs=images.shape[1], outputs=CLASSES)
    return diagnose(network, settings, Data(images, labels))


def names(diagnosis):
    return [finding.name for finding in diagnosis.findings]


def with_momentum(settings, momentum):
    return replace(settings, optimizer=OptimizerSettings(name="momentum", momentum=momentum))


@pytest.mark.parametrize(
    ("architecture", "settings"),
    [
        (MODEL, TRAIN),
        (NIELSEN, TrainingSettings(batch_size=10, lr=3.0, optimizer="sgd")),
        (
            Architecture(hidden=(100,), activation="tanh", weight_init="glorot"),
            TrainingSettings(batch_size=64, lr=0.001, optimizer="adam"),
        ),
        # A network without hidden layers learns from weights of 0 too.
        (
            Architecture(hidden=(), weight_scale=0.0),
            TrainingSettings(batch_size=64, lr=0.1, optimizer="sgd"),
        ),
    ],
    ids=["default", "nielsen-1a", "tanh and adam", "softmax from 0"],
)
def test_a_healthy_network_has_no_finding(digits, architecture, settings):
    diagnosis = run(architecture, settings, *digits)
    assert names(diagnosis) == []
    assert diagnosis.healthy
    assert "\nhealthy: no finding in\n" in as_text(diagnosis)


# The fault, and words of what was seen and of what to change.
SICK_SETTINGS = {
    "rate of 5": (MODEL, replace(TRAIN, lr=5.0), "learning rate", "too long", "`lr` to about 0.0"),
    "rate of 1e-7": (
        *(MODEL, replace(TRAIN, lr=1e-7)),
        *("learning rate", "too short", "`lr` to about 0.0"),
    ),
    "weights of 0": (
        *(replace(MODEL, weight_scale=0.0), TRAIN),
        *("initial weights", "layers 1, 2 have all weights 0", "`weight_scale` to 1"),
    ),
    "large weights": (
        *(replace(MODEL, weight_init="normal"), TRAIN),
        *("initial weights", "the weights are too large", "`weight_init` to he"),
    ),
    "dead units": (
        *(replace(MODEL, bias_scale=-5.0), TRAIN),
        *("initial weights", "256 of 256 units are dead", "`bias_scale` to 0"),
    ),
    "five sigmoid layers": (
        *(replace(MODEL, hidden=(64,) * 5, activation="sigmoid"), TRAIN),
        *("vanishing gradients", "5 hidden layers of sigmoid", "`activation` to relu"),
    ),
    "batch of 1 and momentum of 0.99": (
        *(MODEL, with_momentum(replace(TRAIN, batch_size=1), 0.99)),
        *("batch and momentum", "/ batch is 4,", "`batch_size` to 32"),
    ),
    "a penalty of 5": (
        *(MODEL, replace(TRAIN, regularization=RegularizationSettings(l2=5.0))),
        *("regularization", "at chance", "`regularization`"),
    ),
}


@pytest.mark.parametrize("fault", SICK_SETTINGS)
def test_a_fault_in_the_settings_is_the_only_finding(digits, fault):
    architecture, settings, name, text, remedy = SICK_SETTINGS[fault]
    diagnosis = run(architecture, settings, *digits)
    assert names(diagnosis) == [name]
    (finding,) = diagnosis.findings
    assert text in f"{finding.seen} {finding.meaning}"
    assert remedy in finding.remedy


def test_constant_inputs_are_the_only_finding(digits):
    images, labels = digits
    diagnosis = run(MODEL, TRAIN, np.full_like(images, 0.5), labels)
    assert names(diagnosis) == ["inputs"]
    assert diagnosis.findings[0].seen.startswith("all 4,000 samples are equal")
    assert diagnosis.range_test is None
    assert "\n1 finding\n  inputs\n    seen    all 4,000" in as_text(diagnosis)


def test_images_of_0_and_1_that_were_divided_by_255_are_the_only_finding(digits):
    images, labels = digits
    binary = (images > 0.5).astype(np.float32) / np.float32(255)
    diagnosis = run(MODEL, TRAIN, binary, labels)
    assert names(diagnosis) == ["inputs"]
    assert "from 0 to 0.00392" in diagnosis.findings[0].seen
    assert "by about 255" in diagnosis.findings[0].remedy


def test_pixels_that_were_not_divided_are_the_only_finding(digits):
    images, labels = digits
    diagnosis = run(MODEL, TRAIN, images * np.float32(255), labels)
    assert names(diagnosis) == ["inputs"]
    assert "divide pixels by 255" in diagnosis.findings[0].remedy


def test_shuffled_labels_are_the_only_finding(digits):
    images, labels = digits
    diagnosis = run(MODEL, TRAIN, images, np.random.default_rng(0).permutation(labels))
    assert names(diagnosis) == ["labels"]
    assert "after a shuffle" in diagnosis.findings[0].meaning
    assert diagnosis.suspects == []


def test_wrong_labels_are_the_only_finding_and_samples_with_them_are_listed(digits):
    """A fifth of the labels is moved to another class."""
    images, labels = digits
    rng = np.random.default_rng(0)
    wrong = rng.permutation(len(labels))[: len(labels) // 5]
    flipped = labels.copy()
    flipped[wrong] = (labels[wrong] + rng.integers(1, CLASSES, len(wrong))) % CLASSES
    diagnosis = run(MODEL, TRAIN, images, flipped)
    assert names(diagnosis) == ["labels"]
    estimate = float(diagnosis.findings[0].seen.split("about ")[1].split("%")[0])
    assert estimate == pytest.approx(20, abs=3)
    listed = [suspect.sample for suspect in diagnosis.suspects]
    assert len(listed) == 10
    assert set(listed) <= set(wrong.tolist())
    for suspect in diagnosis.suspects:
        assert suspect.label == flipped[suspect.sample]
        assert suspect.predicted == labels[suspect.sample]


def test_three_faults_are_three_findings(digits):
    """Each one is corrected for the checks that follow."""
    images, labels = digits
    architecture, settings = replace(MODEL, weight_scale=0.0), replace(TRAIN, lr=5.0)
    shuffled = np.random.default_rng(0).permutation(labels)
    diagnosis = run(architecture, settings, images, shuffled)
    assert names(diagnosis) == ["initial weights", "learning rate", "labels"]


def test_the_names_are_those_that_are_documented(digits):
    """Of the findings above, and of the checks that a person sees the progress of."""
    images, labels = digits
    assert {fault[2] for fault in SICK_SETTINGS.values()} <= set(NAMES)
    begun = []
    network = Network(NIELSEN, inputs=784, outputs=CLASSES)
    data = Data(images[:400], labels[:400])
    diagnose(network, TrainingSettings(lr=3.0), data, on_check=begun.append)
    assert tuple(begun) == CHECKS
    assert not network.parameters.any()
