"""The pipeline in a repository: what runs, what doesn't, and the same bytes every time."""

import json
import platform
import re
from pathlib import Path

import pytest
from dvc.repo import Repo
from pipeline_repository import SOURCES, STAGES, copy, outputs, pipeline_file, stages_run

TEXTS = [path for stage in pipeline_file()["stages"].values() for path in outputs(stage)]
TEXTS = [*(path for path in TEXTS if path.endswith((".json", ".csv"))), "dvc.lock"]


@pytest.fixture
def stale(monkeypatch):
    """Return a function that gives the stages with a changed input, parameter or source file."""

    def stages(repo):
        repo.output("dvc", "repro", SOURCES)
        for name, value in repo.environment.items():
            monkeypatch.setenv(name, value)
        monkeypatch.chdir(repo.root)
        with Repo() as dvc:
            return list(dvc.status())

    return stages


@pytest.fixture(scope="module")
def forced(base, once):
    """Return a copy of `base` in which all has run again."""
    return once("forced", lambda home: copy(base, home).record("dvc", "repro", "--force"))


def test_from_nothing_every_stage_runs(base):
    assert stages_run(base.recorded()) == [SOURCES, *STAGES]


@pytest.fixture(scope="module")
def again(base, once):
    """Return a copy of `base` after a second `dvc repro`."""
    return once("again", lambda home: copy(base, home).record("dvc", "repro"))


def test_a_second_repro_runs_nothing(again):
    assert stages_run(again.recorded()) == []


def test_a_second_repro_says_that_all_is_up_to_date(again):
    assert "Data and pipelines are up to date." in again.recorded()


def test_a_second_repro_changes_nothing_that_git_knows(again):
    assert again.output("git", "status", "--porcelain") == ""


def test_force_runs_every_stage(forced):
    assert stages_run(forced.recorded()) == [SOURCES, *STAGES]


def test_all_over_again_the_lock_is_the_same(base, forced):
    assert forced.lock() == base.lock()


def test_all_over_again_the_reports_are_the_same(base, forced):
    assert forced.reports() == base.reports()


@pytest.mark.parametrize(
    ("key", "value", "stage"),
    [
        ("fetch.custom.class_names", list("abcdefghij"), "fetch"),
        ("fetch.dataset", "mnist-5k", "fetch"),
        ("preprocess.scaling", "standard", "preprocess"),
        ("preprocess.validation.seed", 2, "preprocess"),
        ("model.hidden", [9], "train"),
        ("model.weight_scale", 0.5, "train"),
        ("train.seed", 2, "train"),
        ("train.optimizer.momentum", 0.5, "train"),
        ("train.regularization.max_norm", 3.0, "train"),
    ],
)
def test_a_changed_parameter_makes_its_stage_stale_and_no_other(repo, stale, key, value, stage):
    """But the report, which shows every parameter."""
    repo.set_all({key: value})
    assert stale(repo) == [stage, "report"]


@pytest.mark.parametrize(
    ("path", "stages"),
    [
        ("README.md", []),
        ("tests/test_new.py", []),
        ("nncore/unused.py", []),
        ("nncore/__pycache__/idx.cpython-311.pyc", []),
        ("data/samples/few/t10k-labels-idx1-ubyte.gz", ["fetch"]),
        ("stages/fetch.py", ["fetch"]),
        ("nncore/data/idx.py", ["fetch", "preprocess"]),
        ("stages/preprocess.py", ["preprocess"]),
        ("nncore/training/optimizers.py", ["train"]),
        ("stages/train.py", ["train"]),
        ("stages/shared/params.py", list(STAGES)),
        ("nncore/training/evaluation.py", ["train", "evaluate", "report"]),
        ("stages/evaluate.py", ["evaluate"]),
        ("stages/plots/__init__.py", ["report"]),
        ("stages/page/styles/page.css", ["report"]),
        ("stages/report.py", ["report"]),
        ("nncore/network/propagation.py", ["train", "evaluate", "report"]),
        ("requirements.lock", []),
        ("stages/shared/command.py", list(STAGES)),
    ],
)
def test_a_changed_file_makes_the_stages_stale_that_use_it(repo, stale, path, stages):
    repo[path].parent.mkdir(exist_ok=True)
    with repo[path].open("a", encoding="utf-8") as file:
        file.write("\nchanged = True\n")
    assert stale(repo) == stages


def test_a_comment_a_docstring_and_formatting_run_nothing(repo):
    path = repo["nncore/network/propagation.py"]
    text = path.read_text(encoding="utf-8")
    changed = re.sub(r'"""(?=\w)', '"""Changed. ', text).replace("\n\n\n", "\n\n# New.\n\n\n\n")
    assert changed != text
    path.write_text(changed, encoding="utf-8")
    assert stages_run(repo.output("dvc", "repro")) == [SOURCES]


def test_two_commits_that_differ_in_a_comment_are_one_run_to_compare(repo):
    with repo["nncore/network/propagation.py"].open("a", encoding="utf-8") as file:
        file.write("\n# changed\n")
    repo.output("dvc", "repro")
    repo.commit()
    compared = repo.output("python", "-m", "stages.compare", "--commits", "2", "--json")
    assert [group["n"] for group in json.loads(compared)["groups"]] == [1]


@pytest.mark.parametrize(
    ("path", "change", "stages"),
    [
        # A constant, the default of an option, the type of a parameter.
        (
            "nncore/data/batches.py",
            ("SAMPLES_PER_GATHER = ", "SAMPLES_PER_GATHER = 1 + "),
            ["train"],
        ),
        ("stages/evaluate.py", ('"reports"', '"./reports"'), ["evaluate"]),
        ("stages/shared/data_params.py", ("Annotated[int, Field(ge=1)]", "int"), list(STAGES)),
    ],
)
def test_changed_code_makes_its_stages_stale(repo, stale, path, change, stages):
    text = repo[path].read_text(encoding="utf-8")
    assert change[0] in text
    repo[path].write_text(text.replace(*change), encoding="utf-8")
    assert stale(repo) == stages


def test_a_change_of_source_that_changes_no_output_runs_nothing_further(repo):
    with repo["nncore/data/idx.py"].open("a", encoding="utf-8") as file:
        file.write("\nchanged = True\n")
    assert stages_run(repo.output("dvc", "repro")) == [SOURCES, "fetch", "preprocess"]


def test_a_change_of_the_data_runs_all_that_follows(repo):
    repo.set(preprocess__validation__seed=2)
    expected = ["preprocess", "train", "evaluate"]
    assert stages_run(repo.output("dvc", "repro", "evaluate")) == expected


@pytest.fixture(scope="module")
def returned(base, changed, once):
    """Return a copy of `changed` after its parameter's way back."""

    def make(home):
        repo = copy(changed, home)
        repo["params.yaml"].write_bytes(base["params.yaml"].read_bytes())
        repo.record("dvc", "repro")

    return once("returned", make)


def test_a_parameter_changed_back_runs_nothing(returned):
    output = returned.recorded()
    restored = re.findall(r"Stage '(\w+)' is cached - skipping run", output)
    assert (stages_run(output), restored) == ([], ["train", "evaluate", "report"])


def test_a_parameter_changed_back_brings_the_lock_back(base, returned):
    assert returned.lock() == base.lock()


def test_a_parameter_changed_back_brings_the_reports_back(base, changed, returned):
    assert returned.reports() == base.reports() != changed.reports()


@pytest.mark.parametrize("name", ["train", "test"])
def test_metrics_are_json_with_sorted_keys_and_no_list(base, name):
    text = base[f"reports/{name}.json"].read_text(encoding="utf-8")
    assert text == json.dumps(json.loads(text), indent=2, sort_keys=True) + "\n"
    # DVC drops lists without a word.
    assert "[" not in text


@pytest.mark.parametrize("path", TEXTS)
def test_no_artefact_names_this_machine_its_folders_or_a_date(base, path):
    here = [
        re.escape(name) for name in (platform.node(), f"{Path.home()}/", str(base.home)) if name
    ]
    pattern = "|".join([*here, r"\b(?:19|20)\d\d-\d\d-\d\d", r"\d\d:\d\d:\d\d"])
    assert re.findall(pattern, base[path].read_text(encoding="utf-8")) == []


def test_a_stage_that_connects_to_a_network_would_be_stopped(repo):
    program = "import socket; socket.create_connection(('127.0.0.1', 9))"
    assert "no network in tests" in repo.run("python", "-c", program).stderr
