"""A sweep of a regression: trials have losses and no accuracy, and the lowest loss is the best."""

import csv
import hashlib

import numpy as np
import pytest
import table_runs
import yaml

from nncore.model_file import load
from stages.plots.parallel_coordinates import parallel
from stages.shared.params import load_params
from stages.sweep import sweep
from stages.sweeps.plan import read_plan
from stages.sweeps.run import SweepError, run_sweep
from stages.sweeps.table import ranked, summary, write_settings, write_trials
from stages.sweeps.trial import run_trial
from stages.train import train

SETTINGS = {
    "fetch": {"dataset": "table", "table": {"target": "y"}},
    "preprocess": {"scaling": "standard"},
    "model": {"hidden": [4], "output": "identity", "loss": "half_squared_error"},
    "train": {
        "epochs": 4,
        "batch_size": 16,
        "augment": dict.fromkeys(("rotation", "scale", "shear", "shift", "alpha"), 0.0),
    },
    "sweep": {
        "objective": "validation_loss",
        "seeds": [1, 2],
        # The second rate hardly moves the weights.
        "space": {"train": {"lr": [0.03, 1e-7]}},
    },
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Return a folder with the inputs of a table whose last column is a number to predict."""
    folder = tmp_path_factory.mktemp("numbers")
    x = np.random.default_rng(2).normal(size=(120, 2))
    lines = [f"{a:.6f},{b:.6f},{1000 + 300 * a - 50 * b:.4f}" for a, b in x]
    table = table_runs.write(folder, "\n".join(["a,b,y", *lines, ""]))
    table_runs.preprocess(table_runs.fetch(table, "y", output="identity"))
    (folder / "params.yaml").write_text(yaml.safe_dump(SETTINGS), encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def candidates(folder, tmp_path_factory):
    plan, processed = read_plan(folder / "params.yaml"), folder / "processed"

    def run(requests):
        return ((key, run_trial(request.params, processed)) for key, request in requests.items())

    cache = tmp_path_factory.mktemp("cache")
    results = run_sweep(plan, processed, {}, folder=cache, run=run, show=lambda *_: None)
    return ranked(results, plan.settings.objective)


def test_a_trial_trains_the_weights_of_the_stage(folder):
    reports = folder / "reports"
    train(
        params=folder / "params.yaml",
        processed=folder / "processed",
        model=folder / "model.npz",
        reports=reports,
        checkpoints=folder / "checkpoints",
    )
    parameters = load(folder / "model.npz").network.parameters
    result = run_trial(load_params(folder / "params.yaml"), folder / "processed")
    assert result.weights == hashlib.sha256(parameters.tobytes()).hexdigest()
    with (reports / "history.csv").open(encoding="utf-8", newline="") as file:
        *_, last = csv.DictReader(file)
    assert f"{result.validation_loss:.6g}" == last["validation_loss"]
    assert (result.validation_accuracy, last["validation_accuracy"]) == (None, "")


def test_the_lowest_loss_is_the_best(candidates):
    assert [candidate.values["train.lr"] for candidate in candidates] == [0.03, 1e-7]
    best, other = (candidate.mean("validation_loss") for candidate in candidates)
    # Half the variance of a standardised target, about, is what the mean alone leaves.
    assert best < 0.25 < other


def test_tables_and_picture_need_no_accuracy(candidates, tmp_path):
    write_trials(tmp_path / "trials.csv", candidates)
    write_settings(tmp_path / "settings.json", candidates, "validation_loss")
    with (tmp_path / "trials.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [(row["setting"], row["status"], row["train_accuracy"]) for row in rows] == [
        *[("1", "finished", "")] * 2,
        *[("2", "finished", "")] * 2,
    ]
    losses = [float(row["validation_loss"]) for row in rows]
    means = [candidate.mean("validation_loss") for candidate in candidates]
    assert [np.mean(losses[:2]), np.mean(losses[2:])] == pytest.approx(means, rel=1e-5)
    assert summary(candidates, "validation_loss").endswith("-S train.lr=0.03 -S train.seed=1")
    rates = [[candidate.values["train.lr"]] for candidate in candidates]
    parallel(["train.lr"], rates, means, "validation_loss")


def test_numbers_have_no_accuracy_to_rank_by(folder, tmp_path):
    settings = SETTINGS | {"sweep": SETTINGS["sweep"] | {"objective": "validation_accuracy"}}
    params = tmp_path / "params.yaml"
    params.write_text(yaml.safe_dump(settings), encoding="utf-8")
    with pytest.raises(SweepError, match=r"sweep\.objective must be validation_loss for numbers"):
        sweep(params=params, processed=folder / "processed", output=tmp_path)
