"""`python -m stages.compare`: runs that differ in their seeds alone are one row."""

import json
from pathlib import Path

import experiment_repository
import pytest
from pipeline_repository import ROOT, Repository, copy

import stages.compare
from stages.compare import compare
from stages.shared import dvc_runs
from stages.shared.dvc_runs import Run
from stages.shared.run_groups import (
    Summary,
    group_runs,
    lower_is_better,
    varying_keys,
    with_metrics,
)


@pytest.fixture(scope="module")
def sweep(once) -> Repository:
    """Return a repository after a sweep, with failures and one experiment that is yet to run."""

    def make(home):
        repo = experiment_repository.create(home)
        experiment_repository.queue(repo, "train.lr=1", "train.seed=1,2,3")
        experiment_repository.queue(repo, "train.lr=0.25,4,5,-1")
        # One of them fails.
        repo.run("dvc", "exp", "run", "--run-all", "--quiet")
        experiment_repository.queue(repo, "train.lr=7")

    return _placed(once("sweep", make))


def _placed(repo):
    repo.environment["PYTHONPATH"] = str(ROOT)
    return repo


@pytest.fixture
def copied(sweep, tmp_path):
    """Return a copy of `sweep`, to be changed."""
    return _placed(copy(sweep, tmp_path / "copy"))


@pytest.fixture(scope="module")
def comparison(sweep):
    return experiment_repository.compare(sweep)


def test_runs_of_other_seeds_are_one_group(comparison):
    found = [(group["settings"], group["n"]) for group in comparison["groups"]]
    assert found == [({"train.lr": 1}, 3), ({"train.lr": 0.5}, 1), ({"train.lr": 0.25}, 1)]


def test_a_group_has_mean_spread_and_best(comparison):
    """Of 1 + 1/16, 1 + 2/16 and 1 + 3/16."""
    summary = comparison["groups"][0]["metrics"]["test.accuracy"]
    assert (summary["mean"], summary["std"], summary["best"]) == (1.125, 0.0625, 1.1875)


def test_the_best_run_is_named(comparison, sweep):
    best = comparison["groups"][0]["metrics"]["test.accuracy"]["best_run"]
    *_, last = json.loads(sweep.output("dvc", "exp", "show", "--json"))
    trained = {
        experiment["name"]: experiment["revs"][0]["data"]["params"]["params.yaml"]["data"]["train"]
        for experiment in last["experiments"]
    }
    assert trained[best] == {"seed": 3, "lr": 1}


def test_the_workspace_that_is_as_committed_counts_once(comparison):
    assert comparison["groups"][1]["runs"] == ["main"]


def test_what_has_no_result_is_left_out_and_says_why(comparison):
    reasons = sorted(entry["why"] for entry in comparison["left_out"])
    assert reasons == [
        "Experiment run failed",
        "no test.accuracy",
        "queued",
        "test.accuracy is nan",
    ]


def test_of_a_loss_less_is_better(sweep):
    groups = experiment_repository.compare(sweep, "--metric", "test.loss")["groups"]
    assert [group["settings"]["train.lr"] for group in groups[:2]] == [0.25, 0.5]
    assert groups[0]["metrics"]["test.loss"]["best"] == 0.1875


def test_the_mean_can_be_over_another_parameter(sweep):
    groups = experiment_repository.compare(sweep, "--over", "train.lr")["groups"]
    assert [(group["settings"], group["n"]) for group in groups] == [
        ({"train.seed": 3}, 1),
        ({"train.seed": 2}, 1),
        ({"train.seed": 1}, 3),
    ]


def test_the_table_shows_what_differs_and_nothing_else(sweep):
    done = sweep.run("python", "-m", "stages.compare")
    head, *rows = done.stdout.splitlines()
    assert head.split() == ["train.lr", "n", "test.accuracy", "best", "run"]
    assert [row.split()[:-1] for row in rows] == [
        ["1", "3", "1.125", "±", "0.062", "1.188"],
        ["0.5", "1", "0.562", "0.562"],
        ["0.25", "1", "0.312", "0.312"],
    ]
    assert len([line for line in done.stderr.splitlines() if line.startswith("left out: ")]) == 4


def test_markdown_has_a_line_of_dashes(sweep):
    output = sweep.output("python", "-m", "stages.compare", "--md", "--metric", "test.loss")
    head, dashes, *rows = output.splitlines()
    assert head.startswith("| train.lr | n | test.loss ")
    assert set(dashes) == set("|- ")
    # lr 5 has a loss, lr 4 too.
    assert len(rows) == 5


@pytest.mark.parametrize(
    ("options", "line"),
    [
        (
            ["--metric", "accuracy"],
            "metric must be one of test.accuracy, test.loss, got 'accuracy'",
        ),
        (["--over", "seed"], "over must be a parameter such as train.seed, got 'seed'"),
        (["--reports", "none"], "expected runs with metrics in none, got none; run dvc repro"),
    ],
)
def test_what_is_not_there_is_refused_in_one_line(sweep, options, line):
    done = sweep.run("python", "-m", "stages.compare", *options)
    assert (done.returncode, done.stderr.splitlines()) == (1, [f"compare: {line}"])


def test_outside_a_repository_dvcs_own_words_are_passed_on(tmp_path):
    elsewhere = Repository(tmp_path)
    elsewhere.root.mkdir()
    done = _placed(elsewhere).run("python", "-m", "stages.compare")
    (line,) = done.stderr.splitlines()
    assert line.startswith(
        "compare: expected a repository that `dvc exp` can read, got: you are not"
    )


def test_a_workspace_that_was_edited_and_not_run_is_left_out(copied):
    copied.set(train__lr=2)
    found = experiment_repository.compare(copied)
    assert {"name": "workspace", "why": "not up to date: dvc repro"} in found["left_out"]
    assert [group["n"] for group in found["groups"]] == [3, 1, 1]


def test_a_workspace_that_was_run_counts(copied):
    copied.set(train__lr=2)
    copied.output("dvc", "repro", "--quiet", "dvc.yaml:train")
    assert experiment_repository.compare(copied)["groups"][0]["runs"] == ["workspace"]


def test_runs_of_another_source_are_another_group(copied):
    copied["train.py"].write_text(experiment_repository.TRAIN.replace("16", "8"), encoding="utf-8")
    copied.output("dvc", "repro", "--quiet", "dvc.yaml:train")
    copied.commit()
    found = experiment_repository.compare(copied, "--commits", "2")["groups"]
    same_rate = [group["settings"] for group in found if group["settings"]["train.lr"] == 0.5]
    assert len(same_rate) == 2
    assert {settings["source"] for settings in same_rate} > {"main"}


def test_experiments_of_the_last_commit_alone_are_shown_unless_asked_for_more(copied):
    copied["README.md"].write_text("# A second commit\n", encoding="utf-8")
    copied.commit()
    assert [group["n"] for group in experiment_repository.compare(copied)["groups"]] == [1]
    assert [
        group["n"] for group in experiment_repository.compare(copied, "--all-commits")["groups"]
    ] == [3, 1, 1]


def test_the_second_pipeline_can_be_asked_for(sweep):
    found = experiment_repository.compare(
        sweep, "--params", "other/params.yaml", "--reports", "other/reports"
    )
    (group,) = found["groups"]
    assert group["metrics"]["test.accuracy"]["best"] == 99


def run_of(name, source="a", accuracy=0.5, **params):
    return Run(name, params, {"test.accuracy": accuracy, "test.loss": -accuracy}, source)


def test_lists_and_missing_parameters_separate_groups():
    runs = [
        run_of("a", hidden=[1, 2]),
        run_of("b", hidden=[1]),
        run_of("c"),
        run_of("d", hidden=None),
    ]
    groups = group_runs(runs, (), "test.accuracy")
    assert len(groups) == 4
    assert varying_keys(groups) == ["hidden"]


def test_a_number_and_its_text_are_not_the_same():
    groups = group_runs([run_of("a", lr=1), run_of("b", lr="1")], (), "test.accuracy")
    assert len(groups) == 2


def test_a_source_that_differs_is_the_last_column():
    groups = group_runs([run_of("a", "x", lr=1), run_of("b", "y", lr=2)], (), "test.accuracy")
    assert varying_keys(groups) == ["lr", "source"]


def test_a_single_run_has_no_spread():
    (group,) = group_runs([run_of("a")], (), "test.accuracy")
    assert group.summary("test.accuracy") == Summary(0.5, None, 0.5, "a")


@pytest.mark.parametrize("value", [float("inf"), float("nan"), "0.5", None, True, [1]])
def test_a_metric_that_is_no_finite_number_leaves_its_run_out(value):
    compared, left_out = with_metrics([run_of("a", accuracy=1), run_of("b")], ["test.accuracy"])
    assert (len(compared), left_out) == (2, [])
    odd = Run("odd", {}, {"test.accuracy": value}, "a")
    compared, left_out = with_metrics([odd], ["test.accuracy"])
    assert (compared, [entry.name for entry in left_out]) == ([], ["odd"])


def test_neither_a_null_metric_nor_the_sections_report_and_sweep_set_runs_apart(monkeypatch):
    """A class that the test set lacks has no recall; commits of old lack the sections."""

    def commit(rev, accuracy, **sections):
        metrics = {"accuracy": accuracy, "per_class": {"a": {"precision": 1.0, "recall": None}}}
        params = {"train": {"lr": 0.5}, **sections}
        data = {
            "params": {"params.yaml": {"data": params}},
            "metrics": {"reports/test.json": {"data": metrics}},
            "deps": {},
            "outs": {},
        }
        return {"rev": rev, "name": rev, "error": None, "data": data, "experiments": None}

    found = [
        commit("new", 0.75, report={"embed_images": False}, sweep={"seeds": [1]}),
        commit("old", 0.5),
    ]
    monkeypatch.setattr(dvc_runs, "_dvc", lambda *_: found)
    runs, skipped = dvc_runs.load_runs(Path("params.yaml"), Path("reports"), [])
    complete, incomplete = with_metrics(runs, ["test.accuracy"])
    (group,) = group_runs(complete, (), "test.accuracy")
    assert ([run.name for run in group.runs], skipped, incomplete) == (["new", "old"], [], [])


@pytest.mark.parametrize(
    ("metric", "lower"),
    [
        ("test.accuracy", False),
        ("test.macro_f1", False),
        ("test.per_class.error.recall", False),
        ("test.loss", True),
        ("test.error_percent", True),
        ("test.expected_calibration_error", True),
        ("test.rmse", True),
        ("test.mae", True),
        ("test.r2", False),
    ],
)
def test_what_is_called_a_loss_or_an_error_is_better_the_lower(metric, lower):
    assert lower_is_better(metric) is lower


@pytest.fixture
def printed(monkeypatch, capsys):
    """Return a function that compares runs and returns what it prints."""

    def print_comparison(runs, **options):
        monkeypatch.setattr(stages.compare, "load_runs", lambda *_: (list(runs), []))
        compare(**options)
        return capsys.readouterr().out

    return print_comparison


def runs_of_many_parameters(runs, parameters=14):
    return [
        run_of(
            f"run-{number}",
            accuracy=-number,
            **{f"model.parameter{k}": [number] * 3 for k in range(parameters)},
        )
        for number in range(runs)
    ]


def test_many_parameters_that_differ_are_rows_of_their_own_table(printed):
    results, parameters = printed(runs_of_many_parameters(2)).split("\n\n")
    assert results.splitlines() == [
        "n  test.accuracy  best     run",
        "1  0.0000         0.0000   run-0",
        "1  -1.0000        -1.0000  run-1",
    ]
    head, *rows = parameters.splitlines()
    assert head.split() == ["parameter", "run-0", "run-1"]
    assert [row.split()[0] for row in rows] == [f"model.parameter{k}" for k in range(14)]
    assert {row.partition("  ")[2].strip() for row in rows} == {"[0, 0, 0]  [1, 1, 1]"}


def test_many_runs_of_many_parameters_fit_into_a_terminal(printed):
    _, *tables = printed(runs_of_many_parameters(20)).split("\n\n")
    assert len(tables) == 4
    assert max(len(line) for table in tables for line in table.splitlines()) <= 100
    heads = [table.splitlines()[0].split() for table in tables]
    assert [name for head in heads for name in head[1:]] == [f"run-{n}" for n in range(20)]


def test_a_table_that_fits_has_a_column_for_each_parameter_and_markdown_always(printed):
    assert printed(runs_of_many_parameters(2, 2)).splitlines()[0].split()[:3] == [
        *("model.parameter0", "model.parameter1", "n"),
    ]
    head, _, *rows = printed(runs_of_many_parameters(2), md=True).splitlines()
    assert (head.count("model.parameter"), len(rows)) == (14, 2)


def regression(name, rmse, **params):
    return Run(name, params, {"test.r2": -rmse, "test.rmse": rmse}, "a")


def test_regressions_are_a_table_of_their_own_the_lowest_error_first(printed):
    runs = [run_of("digits", lr=1), regression("far", 9, lr=1), regression("near", 3, lr=2)]
    classes, numbers = printed(runs).split("\n\n")
    # Two kinds of runs differ in nearly every parameter.
    assert [line.split() for line in classes.splitlines()] == [
        ["n", "test.accuracy", "best", "run"],
        ["1", "0.5000", "0.5000", "digits"],
    ]
    assert [line.split() for line in numbers.splitlines()] == [
        ["lr", "n", "test.rmse", "best", "run"],
        ["2", "1", "3.0000", "3.0000", "near"],
        ["1", "1", "9.0000", "9.0000", "far"],
    ]
    found = json.loads(printed(runs, as_json=True))
    assert [(group["runs"], [*group["metrics"]]) for group in found["groups"]] == [
        (["digits"], ["test.accuracy"]),
        (["near"], ["test.rmse"]),
        (["far"], ["test.rmse"]),
    ]


def test_a_metric_that_both_have_puts_them_into_one_table(printed):
    runs = [run_of("digits", accuracy=-7, lr=1), regression("numbers", 9, lr=2)]
    runs[1].metrics["test.loss"] = 5
    assert [line.split()[-1] for line in printed(runs, metric=["test.loss"]).splitlines()] == [
        *("run", "numbers", "digits"),
    ]


def test_regressions_alone_are_compared_and_a_run_without_a_test_is_left_out(printed):
    runs = [regression("near", 3), Run("half", {}, {"train.epochs": 1}, "a")]
    found = json.loads(printed(runs, as_json=True))
    assert [group["runs"] for group in found["groups"]] == [["near"]]
    assert found["left_out"] == [{"name": "half", "why": "no test.rmse"}]
