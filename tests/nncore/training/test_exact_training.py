"""Exact trainings reach what plain float32 reaches, on inputs of very different sizes too."""

import os
import subprocess
import sys
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from thread_pools import KERNELS_OF_LIBRARIES
from trainings import make_training, noise, run

from nncore.config.architecture import Architecture
from nncore.config.optimizer import OptimizerSettings
from nncore.config.training import TrainingSettings
from nncore.data.dataset import Data
from nncore.errors import DivergenceError
from nncore.network.network import Network
from nncore.training.fit import fit

ROOT = Path(__file__).parents[3]
# A digest of a training with the most settings, of sums that are long enough for every kernel.
TRAIN = """\
import hashlib
import sys
from trainings import SETTINGS, make_training, noise, result, run
given = SETTINGS["all at once"] | {"hidden": (130, 70), "batch_size": 64, "epochs": 2}
made = make_training(noise(300, inputs=784), numerics=sys.argv[1], **given)
print(hashlib.sha256(str(result(run(made))).encode()).hexdigest())
"""
INPUTS = 20


def planted(*, rows=0.0, features=0.0):
    """Return three classes apart; rows and features differ by so many powers of ten."""
    rng = np.random.default_rng(1)
    centres, labels = 1.5 * rng.standard_normal((3, INPUTS)), rng.integers(3, size=600)
    inputs = centres[labels] + rng.standard_normal((600, INPUTS))
    inputs *= 10 ** rng.uniform(-rows / 2, rows / 2, (600, 1))
    inputs *= 10 ** np.linspace(-features / 2, features / 2, INPUTS)
    return Data(inputs.astype(np.float32), np.eye(3, dtype=np.float32)[labels])


def accuracy(data, numerics, hidden=(), lr=0.01, optimizer="adam"):
    """Return the training accuracy of the last of 15 epochs."""
    architecture = Architecture(hidden=hidden, activation="tanh")
    network = Network(architecture, inputs=INPUTS, outputs=3, numerics=numerics)
    settings = TrainingSettings(
        epochs=15,
        batch_size=32,
        lr=lr,
        optimizer=OptimizerSettings(name=optimizer),
        monitor="train_loss",
    )
    return fit(network, settings, data)[-1].train_accuracy


@pytest.mark.parametrize(
    ("sizes", "settings", "least"),
    [
        ({"rows": 6}, {"optimizer": "adam"}, 0.8),
        ({"rows": 6}, {"optimizer": "adam", "hidden": (16,)}, 0.95),
        ({"rows": 6}, {"optimizer": "sgd", "lr": 0.1}, 0.95),
        ({"rows": 6}, {"optimizer": "sgd", "lr": 0.1, "hidden": (16,)}, 0.9),
        ({"features": 6}, {"optimizer": "adam"}, 0.95),
        ({"features": 6}, {"optimizer": "adam", "hidden": (16,)}, 0.8),
        ({"features": 6}, {"optimizer": "sgd", "lr": 1e-3}, 0.8),
        ({"rows": 6, "features": 6}, {"optimizer": "adam"}, 0.8),
        ({"rows": 6, "features": 6}, {"optimizer": "adam", "hidden": (16,)}, 0.8),
    ],
    ids=str,
)
def test_inputs_that_differ_by_a_million_are_learnt_as_in_plain_float32(sizes, settings, least):
    data = planted(**sizes)
    fast, exact = (accuracy(data, numerics, **settings) for numerics in ("fast", "exact"))
    assert fast > least
    assert exact > max(least, fast - 0.03)


@pytest.mark.parametrize("name", ["adam", "adamw", "momentum", "nesterov", "rmsprop", "sgd"])
def test_a_short_training_is_close_to_that_of_plain_float32_but_not_the_same(name):
    settings = {"optimizer": {"name": name}, "lr": 0.01, "epochs": 2}
    settings["regularization"] = {"weight_decay": 0.01}
    made = [run(make_training(numerics=numerics, **settings)) for numerics in ("exact", "fast")]
    exact, fast = (training.state().arrays["parameters"] for training in made)
    assert exact == pytest.approx(fast, rel=1e-3, abs=1e-5)
    assert exact.tobytes() != fast.tobytes()
    exact, fast = (training.history[-1].train_loss for training in made)
    assert exact == pytest.approx(fast, rel=1e-5)


def test_an_exact_training_is_close_to_that_of_float64():
    singles = noise()
    doubles = Data(singles.inputs.astype(float), singles.targets.astype(float))
    made = [run(make_training(data, epochs=2)) for data in (singles, doubles)]
    single, double = (training.state().arrays["parameters"] for training in made)
    assert single == pytest.approx(double, rel=1e-3, abs=1e-5)


@pytest.mark.parametrize("hidden", [(), (5,), (5, 5)])
@pytest.mark.parametrize("activation", ["relu", "tanh", "identity"])
def test_a_training_that_diverges_says_so(hidden, activation):
    architecture = Architecture(
        hidden=hidden, activation=activation, output="identity", loss="half_squared_error"
    )
    network = Network(architecture, inputs=INPUTS, outputs=3)
    settings = TrainingSettings(epochs=40, lr=1e30, optimizer="sgd", monitor="train_loss")
    with pytest.raises(DivergenceError, match="training diverged in epoch"):
        fit(network, settings, planted())


@cache
def computed(numerics="exact", **environment):
    """Return what `TRAIN` prints in a new process."""
    paths = os.pathsep.join([str(ROOT), str(ROOT / "tests/support")])
    return subprocess.run(
        [sys.executable, "-c", TRAIN, numerics],
        env=os.environ | {"PYTHONPATH": paths} | environment,
        check=True,
        capture_output=True,
        text=True,
    ).stdout


@pytest.mark.parametrize("kernels", KERNELS_OF_LIBRARIES, ids=str)
def test_a_training_has_the_same_bits_with_all_kernels_of_the_libraries(kernels):
    assert computed(**kernels) == computed()


@pytest.mark.skipif(
    {"OPENBLAS_CORETYPE": "Haswell"} not in KERNELS_OF_LIBRARIES, reason="needs a second kernel"
)
def test_in_plain_float32_other_kernels_give_other_bits():
    """Or the fact above could not fail."""
    cores = ("Haswell", "Nehalem")
    assert len({computed("fast", OPENBLAS_CORETYPE=core) for core in cores}) == 2
