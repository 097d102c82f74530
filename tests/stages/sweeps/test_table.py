"""A sweep's tables: order, means, spreads, digits."""

import json

import pytest

from stages.sweeps.table import (
    Candidate,
    ranked,
    summary,
    varying_keys,
    write_settings,
    write_trials,
)
from stages.sweeps.trial import TrialResult

ACCURACY, LOSS = "validation_accuracy", "validation_loss"


def finished(accuracy, loss=0.5):
    return TrialResult(status="finished", validation_accuracy=accuracy, validation_loss=loss)


DIVERGED = TrialResult(status="diverged", note="it went up, and up")


def setting(number, *accuracies, loss=0.5, **values):
    results = [DIVERGED if a is None else finished(a, loss) for a in accuracies]
    return Candidate(number, values, dict(enumerate(results, start=1)))


def numbers(settings, objective=ACCURACY):
    return [each.number for each in ranked(settings, objective)]


def test_the_best_mean_accuracy_is_first():
    assert numbers([setting(1, 0.9, 0.7), setting(2, 0.85, 0.85), setting(3, 1.0, 0.0)]) == [
        2,
        1,
        3,
    ]


def test_the_least_mean_loss_is_first():
    assert numbers([setting(1, 0.9, loss=0.3), setting(2, 0.9, loss=0.2)], LOSS) == [2, 1]


def test_of_equal_means_the_setting_that_was_tried_first_is_first():
    assert numbers([setting(2, 0.5), setting(1, 0.5)]) == [1, 2]


def test_a_setting_that_diverged_with_any_seed_is_last():
    assert numbers([setting(1, 0.9, None), setting(2, 0.1, 0.1)]) == [2, 1]


def test_the_spread_is_the_samples_standard_deviation():
    # Of 1, 2, 3 and 4: sqrt(5/3).
    assert setting(1, 1.0, 2.0, 3.0, 4.0).std(ACCURACY) == pytest.approx(1.2909944487358056)


def test_a_single_seed_has_no_spread():
    assert setting(1, 0.5).std(ACCURACY) is None


def test_only_parameters_in_which_settings_differ_are_shown():
    assert varying_keys([setting(1, 0.5, lr=0.1, epochs=3), setting(2, 0.5, lr=0.2, epochs=3)]) == [
        "lr"
    ]


def test_each_trial_is_a_row(tmp_path):
    table = [setting(2, 0.123456789, hidden=[8, 4]), setting(1, None, hidden=[])]
    write_trials(tmp_path / "trials.csv", table)
    assert (tmp_path / "trials.csv").read_text().splitlines() == [
        (
            "setting,hidden,train.seed,status,epochs,kept_epoch,parameters,train_loss,train_accuracy,"
            "validation_loss,validation_accuracy,note"
        ),
        '2,"[8, 4]",1,finished,,,,,,0.5,0.123457,',
        '1,[],1,diverged,,,,,,,,"it went up, and up"',
    ]


def test_no_digit_of_a_parameter_is_lost(tmp_path):
    write_settings(tmp_path / "s.json", [setting(1, 0.5, lr=0.123456789012)], ACCURACY)
    (only,) = json.loads((tmp_path / "s.json").read_bytes())["settings"]
    assert only["parameters"] == {"lr": 0.123456789012}


def test_measures_have_six_digits(tmp_path):
    write_settings(tmp_path / "s.json", [setting(1, 1 / 3, 2 / 3)], ACCURACY)
    (only,) = json.loads((tmp_path / "s.json").read_bytes())["settings"]
    assert (only["mean"], only["std"]) == (0.5, 0.235702)
    assert [trial[ACCURACY] for trial in only["trials"]] == [0.333333, 0.666667]


def test_means_that_are_written_alike_are_equal():
    """0.958 + 0.94 and 0.966 + 0.932 differ in the last bit of their means."""
    pair = [setting(1, 0.958, 0.94, lr=1), setting(2, 0.966, 0.932, lr=2)]
    means = {each.mean(ACCURACY) for each in pair}
    assert len(means) == 2
    for given in (pair, pair[::-1]):
        assert [each.number for each in ranked(given, ACCURACY)] == [1, 2]


def test_the_summary_ends_with_the_command_that_trains_the_best():
    best = Candidate(1, {"model.hidden": [8, 4], "train.lr": 0.1}, {3: finished(0.5)})
    last = summary([best], ACCURACY).splitlines()[-1]
    assert last == "dvc exp run -S 'model.hidden=[8,4]' -S train.lr=0.1 -S train.seed=3"


def test_the_summary_of_what_all_diverged_names_no_best():
    assert "dvc exp run" not in summary([setting(1, None, lr=0.1)], ACCURACY)


def test_the_summary_says_how_many_settings_it_leaves_out():
    table = [setting(number, 0.5, lr=number) for number in range(23)]
    assert "\nand 3 more\n" in summary(table, ACCURACY)
