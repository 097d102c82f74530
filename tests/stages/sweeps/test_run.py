"""A sweep from plan to settings, where a function stands for the cluster."""

import numpy as np
import pytest

from stages.sweeps.plan import read_plan
from stages.sweeps.run import count_trials, run_sweep
from stages.sweeps.trial import TrialResult

RANGE = "{method: random, space: {train: {lr: {low: 0.1, high: 1.0}}}, search: {trials: 5}}"


def trained(request):
    """Return what a trial would: its learning rate is its accuracy, and above 10 it diverges."""
    train = request.params.train
    if train.lr > 10:
        return TrialResult(status="diverged", note="up")
    return TrialResult(status="finished", validation_accuracy=train.lr, validation_loss=train.seed)


class Cluster:
    """A cluster that responds in another order, and records what it was asked."""

    def __init__(self, arrange=list):
        self.arrange, self.requested = arrange, []

    def __call__(self, requests):
        if requests:
            self.requested.append([request.params.train.lr for request in requests.values()])
        for key in self.arrange(requests):
            yield key, trained(requests[key])


def shuffled(requests):
    return np.random.default_rng(3).permutation(list(requests)).tolist()


def backwards(requests):
    return reversed(list(requests))


@pytest.fixture
def plan(tmp_path):
    """Return a function from the text of a section to the plan in it."""

    def read(section, file=""):
        path = tmp_path / "params.yaml"
        path.write_text(f"{file}sweep: {section}\n", encoding="utf-8")
        return read_plan(path)

    return read


@pytest.fixture
def run_section(plan, tmp_path):
    """Return a function from the text of a section to the settings that came of it."""

    def run(section, cluster=None, *, show=lambda *_: None, file=""):
        return run_sweep(
            plan(section, file),
            tmp_path,
            {},
            folder=tmp_path / "finished",
            run=cluster or Cluster(),
            show=show,
        )

    return run


def rates(settings):
    return [setting.values["train.lr"] for setting in settings]


@pytest.mark.parametrize("arrange", [backwards, shuffled])
@pytest.mark.parametrize(
    "section",
    [
        "{seeds: [1, 2, 3], space: {train: {lr: [0.3, 0.1, 20, 0.2]}}}",
        RANGE,
        # With fewer than ten results its sampler draws at random.
        RANGE.replace("random", "optuna").replace("5}", "20, batch: 4}"),
    ],
    ids=["grid", "random", "optuna"],
)
def test_the_order_of_the_responses_changes_nothing(plan, tmp_path, arrange, section):
    if "optuna" in section:
        pytest.importorskip("optuna", reason="the extra optuna")

    def settings(arrange, folder):
        return run_sweep(
            plan(section),
            tmp_path,
            {},
            folder=tmp_path / folder,
            run=Cluster(arrange),
            show=lambda *_: None,
        )

    assert settings(arrange, "a") == settings(list, "b")


def test_all_of_a_grid_is_asked_for_at_once(run_section):
    cluster = Cluster()
    run_section("{space: {train: {lr: [0.1, 0.2]}, model: {hidden: [[4], []]}}}", cluster)
    assert cluster.requested == [[0.1, 0.1, 0.2, 0.2]]


def test_optuna_is_asked_again_after_each_batch(run_section):
    pytest.importorskip("optuna", reason="the extra optuna")
    cluster = Cluster()
    run_section(RANGE.replace("random", "optuna").replace("5}", "5, batch: 2}"), cluster)
    assert [len(batch) for batch in cluster.requested] == [2, 2, 1]


def test_optuna_looks_at_what_came_of_its_suggestions(run_section):
    """Or the order of the responses could not matter to it anyway."""
    pytest.importorskip("optuna", reason="the extra optuna")
    section = RANGE.replace("random", "optuna").replace("5}", "20, batch: 4}")
    other = section.replace("{method", "{objective: validation_loss, method")
    first, second = rates(run_section(section)), rates(run_section(other))
    assert first[:10] == second[:10]
    assert first != second


def test_optuna_goes_on_after_a_setting_that_diverged(run_section):
    pytest.importorskip("optuna", reason="the extra optuna")
    found = run_section("{method: optuna, space: {train: {lr: [0.1, 20]}}, search: {trials: 12}}")
    assert {s.mean("validation_accuracy") for s in found} == {0.1, None}


def test_random_settings_are_as_many_as_its_trials(run_section):
    assert len(set(rates(run_section(RANGE)))) == 5


def test_a_setting_has_a_result_for_each_seed(run_section):
    (only,) = run_section("{seeds: [7, 5], space: {train: {lr: [0.1]}}}")
    assert {seed: result.validation_loss for seed, result in only.results.items()} == {7: 7, 5: 5}


def test_without_seeds_a_setting_is_trained_with_the_files_own(run_section):
    (only,) = run_section("{space: {train: {lr: [0.1]}}}", file="train: {seed: 9}\n")
    assert list(only.results) == [9]


def test_a_setting_that_is_given_twice_is_one_and_trained_once(run_section):
    cluster = Cluster()
    found = run_section(
        "{method: list, settings: [{train: {lr: 0.1}}, {train: {lr: 1e-1}}]}", cluster
    )
    assert (rates(found), cluster.requested) == ([0.1], [[0.1]])


def test_what_a_listed_setting_leaves_out_is_shown_as_the_file_has_it(run_section):
    section = "{method: list, settings: [{train: {lr: 0.5}}, {model: {activation: tanh}}]}"
    found = run_section(section, file="train: {lr: 0.25}\nmodel: {activation: relu}\n")
    assert [setting.values for setting in found] == [
        {"train.lr": 0.5, "model.activation": "relu"},
        {"train.lr": 0.25, "model.activation": "tanh"},
    ]


def test_what_was_finished_before_is_shown_as_such_and_not_asked_for(run_section):
    run_section("{space: {train: {lr: [0.1, 0.2]}}}")
    cluster, shown = Cluster(), []
    found = run_section(
        "{space: {train: {lr: [0.1, 0.3, 0.2]}}}",
        cluster,
        show=lambda result, before: shown.append((result.validation_accuracy, before)),
    )
    assert cluster.requested == [[0.3]]
    assert sorted(shown) == [(0.1, True), (0.2, True), (0.3, False)]
    assert rates(found) == [0.1, 0.3, 0.2]


@pytest.mark.parametrize(
    ("section", "trials"),
    [
        ("{seeds: [1, 2], space: {train: {lr: [1, 2, 3], batch_size: [8, 16]}}}", 12),
        ("{method: list, settings: [{train: {lr: 1}}, {train: {lr: 2}}]}", 2),
        (RANGE.replace("method", "seeds: [1, 2, 3], method"), 15),
    ],
    ids=["grid", "list", "random"],
)
def test_there_are_as_many_trials_as_settings_times_seeds(plan, section, trials):
    assert count_trials(plan(section)) == trials
