"""What a sweep tries: grids, draws, lists, and what it refuses to try."""

import pytest

from stages.shared.params import ParamsError
from stages.sweeps.plan import read_plan, trial_params
from stages.sweeps.samplers import grid, random
from stages.sweeps.settings import Range, SearchSettings

RATE = "train.lr"
ONE = "{train: {lr: [0.1]}}"


@pytest.fixture
def plan(tmp_path):
    """Return a function from the text of a params.yaml to the plan in it, or to the refusal."""
    path = tmp_path / "params.yaml"

    def read(text):
        path.write_text(text, encoding="utf-8")
        try:
            return read_plan(path)
        except ParamsError as error:
            return str(error).replace(f"{path}: ", "")

    return read


def drawn(domain, count=200, **settings):
    search = SearchSettings(trials=count, **settings)
    return [values[RATE] for values in random({RATE: domain}, search)]


def test_a_grid_has_every_combination_and_the_last_parameter_changes_fastest():
    assert grid({"a": (1, 2), "b": ("x", "y")}) == [
        {"a": 1, "b": "x"},
        {"a": 1, "b": "y"},
        {"a": 2, "b": "x"},
        {"a": 2, "b": "y"},
    ]


def test_more_random_trials_begin_with_those_of_fewer():
    domain = Range(low=0.001, high=1.0, log=True)
    assert drawn(domain, 9)[:4] == drawn(domain, 4)


def test_another_seed_draws_others():
    domain = Range(low=0.0, high=1.0)
    assert drawn(domain, 4, seed=1) != drawn(domain, 4, seed=2)


@pytest.mark.parametrize("log", [False, True])
def test_numbers_lie_in_their_range_and_have_four_digits(log):
    values = drawn(Range(low=0.012345, high=7.5, log=log))
    assert all(0.012345 <= value <= 7.5 for value in values)
    assert all(value in {float(f"{value:.4g}"), 0.012345} for value in values)


def test_half_of_a_logarithmic_range_lies_below_its_geometric_middle():
    values = drawn(Range(low=0.0001, high=1.0, log=True), 2000)
    assert sum(value < 0.01 for value in values) == pytest.approx(1000, abs=100)


@pytest.mark.parametrize("log", [False, True])
def test_whole_numbers_of_a_range_are_all_drawn(log):
    values = drawn(Range(low=1, high=5, log=log))
    assert {type(value) for value in values} == {int}
    assert set(values) == {1, 2, 3, 4, 5}


def test_values_of_a_list_are_drawn_as_they_are():
    assert {str(value) for value in drawn(([8], [8, 4], None))} == {"[8]", "[8, 4]", "None"}


def test_a_plan_names_parameters_by_dotted_keys_in_their_order(plan):
    text = (
        "sweep: {space: {train: {optimizer: {name: [sgd, adam]}, lr: [1]}, model: {hidden: [[]]}}}"
    )
    names = ["train.optimizer.name", "train.lr", "model.hidden"]
    assert list(plan(text).space) == names


def test_a_range_is_no_section_of_parameters(plan):
    result = plan("sweep: {method: random, space: {train: {lr: {low: 1e-3, high: 1, log: true}}}}")
    assert result.space == {RATE: Range(low=0.001, high=1, log=True)}


def test_a_trial_has_the_files_parameters_but_for_its_own(plan):
    result = plan(
        "{train: {lr: 0.5, optimizer: {name: adam, beta1: 0.8}}, "
        "sweep: {space: {train: {optimizer: {name: [sgd]}}}}}"
    )
    train = trial_params(result, {"train.optimizer.name": "sgd"}, 7).train
    assert (train.optimizer.name, train.optimizer.beta1, train.lr) == ("sgd", 0.8, 0.5)
    assert train.seed == 7


def test_a_trial_that_can_not_be_is_refused_with_its_parameters(plan):
    result = plan(f"sweep: {{space: {ONE}}}")
    fault = r"params.yaml, sweep, train.lr=-1: train.lr must be a finite number above 0, got -1.0$"
    with pytest.raises(ParamsError, match=fault):
        trial_params(result, {RATE: -1}, 1)


WHAT = "space must list what the method grid tries, and settings must be empty, got"


@pytest.mark.parametrize(
    ("section", "message"),
    [
        ("{}", f"sweep.{WHAT} neither"),
        (f"{{space: {ONE}, settings: [{{train: {{lr: 1}}}}]}}", f"sweep.{WHAT} space and settings"),
        ("{method: all}", "sweep.method must be one of grid, list, optuna, random, got 'all'"),
        ("{methods: grid}", "sweep.methods is unknown; did you mean method?"),
        (f"{{space: {ONE}, seeds: [1, 1]}}", "sweep.seeds must be different, got [1, 1]"),
        (f"{{space: {ONE}, seeds: 3}}", "sweep.seeds must be a list, got 3; write [3]"),
        (
            f"{{space: {ONE}, search: {{trials: 0}}}}",
            "sweep.search.trials must be at least 1, got 0",
        ),
        (
            f"{{space: {ONE}, objective: test_accuracy}}",
            (
                "sweep.objective must be one of validation_accuracy, validation_loss, "
                "got 'test_accuracy'"
            ),
        ),
        (
            "{space: {train: {lr: 0.1}}}",
            "sweep.space.train.lr must be a list of values, or a range with low and high, got 0.1",
        ),
        (
            "{space: {train: {lr: {low: 0.1}}}}",
            (
                "sweep.space.train.lr must be a list of values, or a range with low and high, "
                "got {'low': 0.1}"
            ),
        ),
        (
            "{space: {train: {lr: {low: 2, high: 1}}}}",
            "sweep.space.train.lr: high must be above low (2), got 1",
        ),
        (
            "{space: {train: {lr: {low: 0, high: 1, log: true}}}}",
            "sweep.space.train.lr: low must be above 0 where log is true, got 0",
        ),
        (
            "{space: {train: {lr: {low: 1, high: 2}}}}",
            "sweep.space.train.lr must be a list of values for a grid, got a range",
        ),
        (
            "{space: {fetch: {dataset: [mnist]}}}",
            (
                "sweep.space.fetch.dataset must be a parameter of model or train, "
                "because a sweep has one data set"
            ),
        ),
        (
            "{space: {train: {seed: [1, 2]}}}",
            "sweep.space.train.seed must not be in a sweep; set the seeds in sweep.seeds",
        ),
        (
            "{method: list, settings: [{numerics: fast}]}",
            (
                "sweep.settings.0.numerics must be a parameter of model or train, "
                "because a sweep has one data set"
            ),
        ),
    ],
)
def test_a_wrong_sweep_is_refused_in_one_line(plan, section, message):
    assert plan(f"sweep: {section}") == message


def test_a_fault_elsewhere_in_the_file_is_named_first(plan):
    assert (
        plan("{train: {lr: 0}, sweep: {}}") == "train.lr must be a finite number above 0, got 0.0"
    )
