"""The sweep as a DVC project inside the main one: what runs it, and what it has in common."""

import json
from hashlib import sha256
from importlib.util import source_from_cache

import pytest
import yaml
from namespaces import missing_shared_memory
from pipeline_repository import ROOT, copy, stages_run

from nncore.model_file import load
from stages.shared.params import ParamsError
from stages.sweeps.plan import read_plan, trial_params
from stages.sweeps.run import count_trials

PIPELINE = "sweep/dvc.yaml"
REPRO = ("dvc", "--cd", "sweep", "repro")
# What keeps a test from the network lets it through to its own machine.
_CLOSED = "isinstance(args[1], tuple)"
_LOOPBACK = "isinstance(args[1], tuple) and args[1][0] != '127.0.0.1'"
_NAMES = 'event == "socket.getaddrinfo"'
_NUMBERS = 'event == "socket.getaddrinfo" and args[0] != "127.0.0.1"'


@pytest.fixture(scope="module")
def swept(base, once):
    """Return a repository after its first `dvc --cd sweep repro`, committed."""
    pytest.importorskip("distributed", reason="the extra dask")
    if missing := missing_shared_memory():
        pytest.skip(missing)

    def make(home):
        repo = copy(base, home)
        guard = home / "python" / "sitecustomize.py"
        text = guard.read_text().replace(_CLOSED, _LOOPBACK).replace(_NAMES, _NUMBERS)
        guard.write_text(text)
        repo["sweep/dvc.lock"].unlink()
        space = {"train": {"lr": [0.05, 0.1], "epochs": [3]}}
        repo.set(sweep={"seeds": [2], "space": space})
        repo.record(*REPRO)
        repo.commit()

    return once("sweep-pipeline", make)


@pytest.fixture
def repo(swept, tmp_path):
    return copy(swept, tmp_path / "copy")


def best(repo):
    return json.loads(repo["sweep/settings.json"].read_bytes())["settings"][0]


def test_the_sweep_takes_the_data_that_the_main_pipeline_has_made(swept):
    assert stages_run(swept.recorded()) == ["sweep"]


def test_the_best_trial_is_what_an_experiment_of_its_settings_gives(repo):
    result = best(repo)
    (trial,) = result["trials"]
    given = [f"{key}={value}" for key, value in result["parameters"].items()]
    given.append(f"train.seed={trial['seed']}")
    options = [word for setting in given for word in ("--set-param", setting)]
    repo.output("dvc", "exp", "run", *options, "train")
    parameters = load(repo["models/model.npz"]).network.parameters
    assert sha256(parameters.tobytes()).hexdigest() == trial["weights"]
    measured = repo.metrics()["train"]["validation"]
    assert measured == {key: trial[f"validation_{key}"] for key in ("accuracy", "loss")}


def opened(repo, *modules):
    """Return the repository's files that some programs opened, by their kinds."""
    lines = (repo.home / "opened").read_text(encoding="utf-8").splitlines()
    paths = {path for module, path in (line.split(" ", 1) for line in lines) if module in modules}
    compiled = {source_from_cache(path) for path in paths if path.endswith(".pyc")}
    sources = compiled | {path for path in paths if path.endswith(".py")}
    return sources, {path for path in paths if path.startswith("data/processed/")}


def test_the_sweep_depends_on_the_data_that_it_reads(swept):
    _, data = opened(swept, "stages.sweep", "stages.sweeps.trial")
    listed = yaml.safe_load(swept[PIPELINE].read_text())["stages"]["sweep"]["deps"]
    assert data == {path[3:] for path in listed if path.startswith("../data/")}


def test_the_sweep_depends_on_the_sources_that_it_and_its_trials_load(swept):
    sources, _ = opened(swept, "stages.sweep", "stages.sweeps.trial")
    lines = swept["reports/sources/sweep.txt"].read_text().splitlines()
    listed = {line.split("  ")[1] for line in lines if line.endswith(".py")}
    # Optuna's search is loaded by its method alone, and what passes requests on by the workers.
    assert listed - sources == {"stages/sweeps/optuna_search.py", "stages/sweeps/worker.py"}
    assert sources <= listed


def test_a_second_repro_runs_nothing(repo):
    assert stages_run(repo.output(*REPRO)) == []


def test_a_plain_repro_leaves_the_sweep_alone(repo):
    repo.set(sweep={"seeds": [3], "space": {"train": {"epochs": [1]}}})
    assert stages_run(repo.output("dvc", "repro")) == []


def test_a_changed_sweep_runs_alone_and_keeps_its_trials(repo):
    space = {"train": {"lr": [0.05, 0.1, 0.2], "epochs": [3]}}
    repo.set(sweep={"seeds": [2], "space": space})
    output = repo.output(*REPRO)
    assert stages_run(output) == ["sweep"]
    assert "2 of 3 trials were finished before" in output


def test_all_over_again_the_lock_is_the_same_on_another_cluster(repo):
    before = repo["sweep/dvc.lock"].read_bytes()
    for path in repo[".checkpoints/trials"].iterdir():
        path.unlink()
    repo.environment["NNCORE_DASK_WORKERS"] = "1"
    repo.output(*REPRO, "--force")
    assert repo["sweep/dvc.lock"].read_bytes() == before


def test_git_has_the_tables_and_no_picture(swept):
    committed = swept.output("git", "ls-files", "sweep").split()
    assert {"sweep/dvc.lock", "sweep/settings.json", "sweep/trials.csv"} <= {*committed}
    assert not [path for path in committed if path.endswith(".png")]


# What is committed.


def test_the_sweep_never_reads_the_test_images():
    stages = yaml.safe_load((ROOT / PIPELINE).read_text(encoding="utf-8"))["stages"]
    assert not [path for path in stages["sweep"]["deps"] if "test" in path]


def test_the_projects_sweep_is_accepted():
    plan = read_plan(ROOT / "params.yaml")
    assert count_trials(plan) > 0
    assert trial_params(plan, {"train.lr": 0.5}, 3).train.seed == 3


def test_a_file_without_a_sweep_says_what_is_missing(tmp_path):
    path = tmp_path / "params.yaml"
    path.write_text("train: {lr: 1}")
    with pytest.raises(ParamsError, match=r"sweep\.space must list what the method"):
        read_plan(path)
