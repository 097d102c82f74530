"""Averaged weights against averages of the weights of a training without them."""

import numpy as np
import pytest
from trainings import make_settings, make_training, noise, run

from nncore.config.average import AverageSettings
from nncore.config.training import StoppingSettings, TrainingSettings
from nncore.errors import SettingsError
from nncore.training.averaging import make_average
from nncore.training.evaluation import evaluate
from nncore.training.fit import fit

EPOCHS = 7


def weights_by_epoch(**settings):
    """Return the weights after each epoch of a training without an average, float64."""
    training = make_training(epochs=EPOCHS, **settings)
    weights = [training.network.parameters.astype(np.float64)]
    while not training.finished:
        training.run_epoch()
        weights.append(training.network.parameters.astype(np.float64))
    return weights


def averaged(average, **settings):
    training = run(make_training(epochs=EPOCHS, average=average, **settings))
    training.restore_kept_weights()
    return training


@pytest.mark.parametrize("epochs", [1, 3, EPOCHS])
def test_the_mean_of_the_last_epochs(epochs):
    training = averaged({"name": "epochs", "epochs": epochs})
    mean = np.mean(weights_by_epoch()[-epochs:], axis=0)
    np.testing.assert_allclose(training.network.parameters, mean, rtol=1e-7, atol=1e-9)


def test_the_mean_of_one_epoch_is_that_epoch():
    training = averaged({"name": "epochs", "epochs": 1})
    assert np.array_equal(training.network.parameters, weights_by_epoch()[-1])


def test_the_moving_average_of_the_steps():
    # One step in an epoch, so that the weights after each step are known.
    training = averaged({"name": "exponential", "decay": 0.4}, batch_size=50)
    steps = weights_by_epoch(batch_size=50)[1:]
    average = steps[0]
    for step, weights in enumerate(steps[1:], start=1):
        decay = min(0.4, step / (9 + step))
        average = decay * average + (1 - decay) * weights
    assert step / (9 + step) == 0.4  # Both branches of the minimum occur.
    np.testing.assert_allclose(training.network.parameters, average, rtol=1e-6, atol=1e-7)


@pytest.mark.parametrize("name", ["epochs", "exponential"])
def test_steps_do_not_see_the_average(name):
    training = run(make_training(epochs=EPOCHS, average={"name": name, "epochs": 3}))
    assert np.array_equal(training.network.parameters, weights_by_epoch()[-1])
    plain = run(make_training(epochs=EPOCHS))
    for with_average, without in zip(training.history, plain.history, strict=True):
        assert with_average.train_loss == without.train_loss
        assert with_average.layers == without.layers


@pytest.mark.parametrize("keep", ["best", "last"])
@pytest.mark.parametrize("name", ["epochs", "exponential"])
def test_validation_is_that_of_the_weights_that_are_kept(name, keep):
    average = {"name": name, "epochs": 3}
    training = run(make_training(epochs=EPOCHS, lr=0.5, average=average, keep=keep))
    record = training.history[training.restore_kept_weights()]
    scores = evaluate(training.network, noise(20, seed=4))
    assert scores == (record.validation_loss, record.validation_accuracy)


def test_before_the_first_epoch_to_average_validation_is_that_of_the_weights():
    with_average = run(make_training(average={"name": "epochs", "epochs": 2}))
    without = run(make_training())
    losses = [
        [record.validation_loss for record in training.history]
        for training in (with_average, without)
    ]
    assert losses[0][:-1] == losses[1][:-1]
    assert losses[0][-1] != losses[1][-1]


@pytest.mark.parametrize("name", ["epochs", "exponential"])
def test_without_an_epoch_the_weights_are_the_initial_ones(name):
    training = make_training(epochs=0, average={"name": name})
    training.restore_kept_weights()
    assert np.array_equal(training.network.parameters, make_training().network.parameters)


@pytest.mark.parametrize("name", ["epochs", "exponential"])
def test_frozen_layers_keep_their_weights_to_the_last_bit(name):
    network = run(make_training()).network
    before = network.weights[0].copy()
    settings = make_settings(epochs=9, average={"name": name, "epochs": 5})
    fit(network, settings, noise(), noise(20), initialize=False, frozen_layers=1)
    assert np.array_equal(network.weights[0], before)


def test_an_average_lies_nearer_to_the_minimum_than_the_last_step():
    """Measure it where theory has it: noisy steps of constant size around a minimum."""
    rng = np.random.default_rng(5)
    settings = TrainingSettings(average=AverageSettings(name="exponential", decay=0.99))
    parameters = np.full(400, 3.0)
    average = make_average(settings, parameters.size, parameters.dtype)
    for _ in range(2000):
        parameters -= 0.1 * (parameters + rng.standard_normal(parameters.size))
        average.add_step(parameters)
    mean = np.empty_like(parameters)
    average.write(mean, 1)
    # Stationary variances: 0.1 / 1.9, and about a tenth of it for the average over 100 steps.
    assert np.square(mean).mean() < 0.2 * np.square(parameters).mean()


@pytest.mark.parametrize(
    ("settings", "line"),
    [
        (
            {"average": "epochs", "stopping": StoppingSettings(rule="patience")},
            "average.name must be none or exponential with patience, got 'epochs'",
        ),
        (
            {"average": "epochs", "epochs": 9},
            "average.epochs must be at most epochs (9), got 10",
        ),
        ({"average": "ema"}, "average must be one of epochs, exponential, none, got 'ema'"),
        ({"average": 0.9}, "average must be of type AverageSettings, got 0.9"),
    ],
)
def test_settings_that_contradict_each_other_are_refused(settings, line):
    with pytest.raises(SettingsError) as caught:
        TrainingSettings(**settings)
    assert str(caught.value) == line


@pytest.mark.parametrize("decay", [1, -0.1, float("nan"), "0.9"])
def test_decays_out_of_range_are_refused(decay):
    with pytest.raises(SettingsError, match="decay must be"):
        AverageSettings(decay=decay)
