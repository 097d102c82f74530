"""Checkpoints: what goes on from one ends as if it had never stopped."""

import time

import pytest
from trainings import SETTINGS, load_training, make_training, result, run, state

from nncore.training.checkpoint import load_checkpoint, save_checkpoint


@pytest.mark.parametrize("epochs", [1, 3])
@pytest.mark.parametrize("settings", SETTINGS.values(), ids=SETTINGS)
def test_a_restored_training_ends_as_an_uninterrupted_one(tmp_path, settings, epochs):
    save_checkpoint(tmp_path / "epoch.npz", run(make_training(**settings), epochs))
    whole = result(run(make_training(**settings)))
    assert result(run(load_training(tmp_path / "epoch.npz", **settings))) == whole


@pytest.mark.parametrize("name", ["patience", "change"])
def test_the_stopping_rules_above_do_stop(name):
    assert len(run(make_training(**SETTINGS[name])).history) < 7


def test_the_plateau_above_does_cut():
    rates = {record.lr for record in run(make_training(**SETTINGS["plateau"])).history[1:]}
    assert len(rates) > 1


def test_the_best_epoch_above_is_not_the_last():
    assert run(make_training(**SETTINGS["best"])).restore_kept_weights() < 6


@pytest.mark.parametrize("name", ["all at once", "dropout"])
def test_a_training_restored_after_every_epoch_ends_as_an_uninterrupted_one(tmp_path, name):
    settings, path = SETTINGS[name], tmp_path / "epoch.npz"
    training = make_training(**settings)
    while not training.finished:
        save_checkpoint(path, run(training, 1))
        training = load_training(path, **settings)
    assert result(training) == result(run(make_training(**settings)))


def test_a_restored_training_has_the_state_that_was_left(path):
    assert state(load_training(path)) == state(run(make_training(), 2))


def test_a_training_that_is_over_is_over_when_restored(tmp_path):
    save_checkpoint(tmp_path / "epoch.npz", run(make_training()))
    assert load_training(tmp_path / "epoch.npz").finished


def test_a_training_goes_back_to_a_checkpoint_of_its_own(path):
    training = run(make_training(), 5)
    load_checkpoint(path, training)
    assert state(training) == state(run(make_training(), 2))


def test_a_restored_training_has_the_same_checkpoint(path, tmp_path):
    save_checkpoint(tmp_path / "again.npz", load_training(path))
    assert (tmp_path / "again.npz").read_bytes() == path.read_bytes()


def test_a_checkpoint_does_not_depend_on_the_time(path, tmp_path, monkeypatch):
    monkeypatch.setattr(time, "time", lambda: 2e9)
    save_checkpoint(tmp_path / "later.npz", run(make_training(), 2))
    assert (tmp_path / "later.npz").read_bytes() == path.read_bytes()


def test_each_epoch_has_another_checkpoint(path, tmp_path):
    save_checkpoint(tmp_path / "next.npz", run(make_training(), 3))
    assert (tmp_path / "next.npz").read_bytes() != path.read_bytes()
