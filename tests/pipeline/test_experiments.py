"""`dvc exp run`: the same numbers whichever way it runs, and wrong settings refused."""

import json

import pytest
from pipeline_repository import copy, stages_run

# The parameter by which `changed` differs from `base`, as a person would type it.
SETTING = "train.lr=1e-1"


def experiment(repo):
    """Return the one experiment in `dvc exp show`."""
    revisions = json.loads(repo.output("dvc", "exp", "show", "--json"))
    (experiment,) = (each for revision in revisions for each in revision["experiments"] or [])
    return experiment["revs"][0]["data"]


def metrics_of(shown):
    return {name: shown["metrics"][f"reports/{name}.json"]["data"] for name in ("train", "test")}


@pytest.fixture(scope="module")
def workspace(base, once):
    """Return a copy of `base` after an experiment."""
    command = ["dvc", "exp", "run", "--set-param", SETTING]
    return once("workspace", lambda home: copy(base, home).record(*command))


@pytest.fixture(scope="module")
def shown(workspace):
    return experiment(workspace)


def test_an_experiment_runs_only_what_depends_on_the_parameter(workspace):
    assert stages_run(workspace.recorded()) == ["train", "evaluate", "report"]


def test_an_experiment_leaves_its_results_in_the_workspace(workspace, changed):
    assert workspace.reports() == changed.reports()


def test_an_experiment_locks_what_an_edited_file_would(workspace, changed):
    assert workspace.lock() == changed.lock()


def test_an_experiment_shows_its_parameter(shown):
    assert shown["params"]["params.yaml"]["data"]["train"]["lr"] == 0.1


def test_an_experiment_shows_its_metrics(shown, changed):
    assert metrics_of(shown) == changed.metrics()


def test_an_experiment_changes_one_line_of_params_yaml(workspace):
    changes = workspace.output("git", "diff", "--unified=0", "params.yaml").splitlines()
    assert [line for line in changes if line.startswith("+ ")] == ["+  lr: 0.1"]


def test_an_experiment_in_a_temporary_folder_gives_the_same_metrics(repo, changed):
    repo.output("dvc", "exp", "run", "--temp", "--set-param", SETTING, "evaluate")
    assert metrics_of(experiment(repo)) == changed.metrics()


def test_an_experiment_in_the_queue_gives_the_same_metrics(repo, changed):
    repo.output("dvc", "exp", "run", "--queue", "--set-param", SETTING, "evaluate")
    repo.output("dvc", "exp", "run", "--run-all")
    assert metrics_of(experiment(repo)) == changed.metrics()


def test_a_list_of_values_is_queued_as_an_experiment_each(repo):
    output = repo.output("dvc", "exp", "run", "--queue", "--set-param", "train.seed=1,2,3")
    assert output.count("Queued experiment") == 3


@pytest.mark.parametrize(
    ("setting", "refusal"),
    [
        ("train.epochs=3.5", "train.epochs must be an integer, got 3.5"),
        ("train.lr=abc", "train.lr must be a number, got 'abc'"),
        ("train.lr=nan", "train.lr must be a finite number, got nan"),
        ("+train.lrr=1", "train.lrr is unknown; did you mean lr?"),
        ("train.batch_size=0", "train.batch_size must be at least 1, got 0"),
        ("train.seed=x", "train.seed must be an integer, got 'x'"),
        ("model.hidden=-5", "model.hidden must be a list, got -5; write [-5]"),
    ],
)
def test_a_wrong_setting_is_refused_in_one_line(repo, setting, refusal):
    done = repo.run("dvc", "exp", "run", "--set-param", setting)
    lines = [line for line in done.stderr.splitlines() if line and not line.startswith("ERROR: ")]
    assert (done.returncode != 0, lines) == (True, [f"train: params.yaml: {refusal}"])
