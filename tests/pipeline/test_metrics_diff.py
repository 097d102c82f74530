"""Comparisons across commits, in a fresh clone whose cache is empty."""

import json

import pytest
from pipeline_repository import clone


@pytest.fixture(scope="module")
def cloned(changed, tmp_path_factory):
    return clone(changed, tmp_path_factory.mktemp("clone"))


@pytest.fixture(scope="module")
def metrics(cloned):
    return json.loads(cloned.output("dvc", "metrics", "diff", "--json", "HEAD~1"))


@pytest.fixture(scope="module")
def plots(cloned):
    return json.loads(cloned.output("dvc", "plots", "diff", "--json", "HEAD~1"))


def test_the_clone_has_no_cache(cloned):
    assert not cloned[".dvc/cache"].exists()


def test_metrics_diff_shows_the_old_and_the_new_test_accuracy(metrics, base, changed):
    difference = metrics["reports/test.json"]["accuracy"]
    old, new = (repo.metrics()["test"]["accuracy"] for repo in (base, changed))
    assert (difference["old"], difference["new"]) == (old, new)


def test_metrics_diff_shows_the_old_and_the_new_training_loss(metrics, base, changed):
    difference = metrics["reports/train.json"]["train.loss"]
    old, new = (repo.metrics()["train"]["train"]["loss"] for repo in (base, changed))
    assert (difference["old"], difference["new"]) == (old, new)


def test_metrics_diff_leaves_out_what_is_the_same(metrics):
    assert "total" not in metrics["reports/test.json"]


def test_params_diff_shows_the_one_parameter(cloned):
    shown = json.loads(cloned.output("dvc", "params", "diff", "--json", "HEAD~1"))
    assert {path: list(keys) for path, keys in shown.items()} == {"params.yaml": ["train.lr"]}
    assert shown["params.yaml"]["train.lr"]["new"] == 0.1


@pytest.mark.parametrize("plot", ["loss", "accuracy", "reports/history.csv", "reports/weights.csv"])
def test_plots_diff_holds_the_curves_of_both_revisions(plots, plot):
    revisions = [set(shown["revisions"]) for shown in plots["data"][plot]]
    assert revisions == [{"workspace", "HEAD~1"}]


def test_plots_diff_lacks_pictures_only(plots):
    lacking = {name for name, shown in plots["data"].items() if not shown}
    assert lacking == {name for name in plots["data"] if name.endswith(".png")}


def test_plots_diff_writes_a_page(cloned):
    page = cloned.home / "plots" / "index.html"
    cloned.output("dvc", "plots", "diff", "HEAD~1", "--out", str(page.parent))
    assert "train_loss" in page.read_text(encoding="utf-8")
