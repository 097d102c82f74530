"""While DVC runs a training, DVC's own tools show it; a killed one is not taken for finished."""

import json
import os
import shutil
import signal
import subprocess

import psutil
import pytest
from journal_lines import read
from pipeline_repository import copy
from stage_runs import lose_outputs, stop_at

REPORTS = [f"reports/{name}" for name in ("history.csv", "train.json", "weights.csv")]
# A moment after the first epoch, of 150.
MOMENT = 60_000


def stopped_child(process):
    """Return the training below a process, once it has stopped itself."""
    while process.poll() is None:
        for child in psutil.Process(process.pid).children(recursive=True):
            try:
                if child.status() == psutil.STATUS_STOPPED:
                    return child
            except psutil.NoSuchProcess:
                continue
    return None


@pytest.fixture(scope="module")
def changing(base, finished, tmp_path_factory):
    """Return a repository whose training has another rate, and stops itself as STOP says."""
    repo = copy(base, tmp_path_factory.mktemp("live") / "copy")
    repo.set(train__lr=0.1)
    repo.environment["PYTHONPATH"] = str(finished.home / "python")
    repo.environment["STOP"] = stop_at("train", MOMENT, signal.SIGSTOP)
    return repo


@pytest.fixture(scope="module")
def shown(changing):
    """Return what DVC shows during a training, then let this end."""
    process = subprocess.Popen(
        ["dvc", "repro"],
        cwd=changing.root,
        env=changing.environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    training = stopped_child(process)
    assert training, process.stdout.read()
    commands = {
        "history": ("plots", "show", "reports/history.csv", "--json"),
        "metrics": ("metrics", "show", "--json"),
        "experiments": ("exp", "show", "--json"),
    }
    try:
        results = {
            name: json.loads(changing.output("dvc", *arguments))
            for name, arguments in commands.items()
        }
        results["files"] = {path: changing[path].read_bytes() for path in REPORTS}
    finally:
        os.kill(training.pid, signal.SIGCONT)
        output, _ = process.communicate()
    assert process.returncode == 0, output
    return results


def test_the_plots_show_the_epochs_so_far(shown):
    (plot, *_) = shown["history"]["data"]["reports/history.csv"]
    rows = plot["content"]["data"]["values"]
    epochs = [int(row["epoch"]) for row in rows if row["rev"] == "workspace"]
    assert epochs == list(range(len(epochs)))
    assert 2 <= len(epochs) < 151


def test_the_metrics_are_those_so_far(shown):
    metrics = shown["metrics"][""]["data"]["reports/train.json"]["data"]
    assert 1 <= metrics["epochs"] < 150
    assert metrics["kept_epoch"] == metrics["epochs"]


def test_the_table_of_experiments_shows_the_metrics_so_far(shown):
    workspace = next(entry for entry in shown["experiments"] if entry["rev"] == "workspace")
    metrics = workspace["data"]["metrics"]["reports/train.json"]["data"]
    assert 1 <= metrics["epochs"] < 150


def test_the_growing_files_begin_like_the_final_ones(shown, changed):
    for path in ("reports/history.csv", "reports/weights.csv"):
        assert changed[path].read_bytes().startswith(shown["files"][path])
        assert shown["files"][path].endswith(b"\n")


@pytest.mark.usefixtures("shown")
def test_the_finished_stage_has_the_bytes_of_any_other(changing, changed):
    assert (changing.lock(), changing.reports()) == (changed.lock(), changed.reports())


@pytest.fixture(scope="module")
def killed(base, finished, tmp_path_factory):
    """Kill a training during `dvc repro`."""
    repo = copy(base, tmp_path_factory.mktemp("killed") / "copy")
    repo.set(train__lr=0.1)
    python = repo.environment["PYTHONPATH"]
    repo.environment["PYTHONPATH"] = str(finished.home / "python")
    repo.environment["STOP"] = stop_at("train", MOMENT)
    assert repo.run("dvc", "repro").returncode
    del repo.environment["STOP"]
    repo.environment["PYTHONPATH"] = python
    return repo


def test_a_killed_training_leaves_no_model_and_is_not_taken_for_finished(killed):
    """DVC accepts no outputs of a stage that are not all there."""
    assert killed["reports/history.csv"].exists()
    assert not killed["models/model.npz"].exists()
    status = json.loads(killed.output("dvc", "status", "train", "--json"))
    assert "train" in status
    assert killed.run("dvc", "commit", "--force", "train").returncode


def test_a_killed_training_goes_on_to_the_same_bytes(killed, changed):
    assert "resuming after epoch" in killed.output("dvc", "repro")
    assert (killed.lock(), killed.reports()) == (changed.lock(), changed.reports())


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_an_interrupted_training_of_dvc_leaves_no_reports(stages, number):
    lose_outputs(stages, "train")
    stop = stop_at("train", 20_000, number)
    done = stages.run("train", STOP=stop, DVC_STAGE="train", NNCORE_JOURNAL="")
    assert done.code == 128 + number
    assert [path for path in REPORTS if stages[path].exists()] == []


def test_outside_of_dvc_an_interrupted_training_leaves_the_reports_before_it(stages, finished):
    params = stages["params.yaml"].read_text(encoding="utf-8")
    stages["params.yaml"].write_text(params.replace("0.05", "0.06"), encoding="utf-8")
    assert stages.stop("train", 20_000, signal.SIGTERM).code == 143
    assert stages.outputs() == finished.outputs()


@pytest.fixture(scope="module")
def experiment(base, tmp_path_factory):
    """Return a repository after an experiment in a copy of it."""
    repo = copy(base, tmp_path_factory.mktemp("experiment") / "copy")
    shutil.rmtree(repo[".journal"], ignore_errors=True)
    options = ("--temp", "--name", "tried", "-S", "train.epochs=2")
    repo.output("dvc", "exp", "run", *options, "train")
    return repo


def test_an_experiment_in_a_copy_writes_its_journal_into_the_original(experiment):
    (path,) = experiment[".journal"].iterdir()
    first, *_, last = read(path)
    assert (first["name"], last["state"]) == ("tried", "finished")


def test_git_and_dvc_do_not_see_a_journal(experiment):
    assert experiment.output("git", "status", "--porcelain") == ""
    assert experiment.output("dvc", "status") == "Data and pipelines are up to date.\n"
