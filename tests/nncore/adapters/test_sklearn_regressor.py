"""`MLPRegressor`: its losses, its files, and no other arithmetic than `fit`'s."""

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.datasets import load_diabetes
from sklearn.linear_model import LinearRegression
from sklearn.metrics import r2_score
from sklearn.neural_network import MLPRegressor as Theirs

from nncore import Architecture, Data, Network, TrainingSettings, fit, load, save
from nncore.adapters.sklearn import MLPRegressor
from nncore.config.training import RegularizationSettings
from nncore.errors import DivergenceError

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
PATIENTS, PROGRESS = load_diabetes(return_X_y=True)
PATIENTS = (PATIENTS / PATIENTS.std(axis=0)).astype(np.float32)
PROGRESS = (PROGRESS - PROGRESS.mean()) / PROGRESS.std()
BOTH = np.stack([PROGRESS, -PROGRESS], axis=1)


def quick(**changes):
    return MLPRegressor(**{"hidden_layer_sizes": 8, "max_iter": 5, "random_state": 1} | changes)


@pytest.mark.parametrize(
    ("loss", "name"),
    [
        ("squared_error", "half_squared_error"),
        ("absolute_error", "mean_absolute_error"),
        ("huber", "huber"),
    ],
)
@pytest.mark.parametrize("y", [PROGRESS, BOTH], ids=["one target", "two targets"])
def test_a_fit_is_nncores_bit_by_bit(loss, name, y):
    architecture = Architecture(
        hidden=(8,),
        output="identity",
        loss=name,
        weight_init="glorot",
        bias_init="glorot",
        bias_scale=1.0,
    )
    network = Network(architecture, inputs=10, outputs=1 if y.ndim == 1 else 2)
    settings = TrainingSettings(
        seed=1,
        epochs=5,
        batch_size=50,
        lr=0.001,
        optimizer="adam",
        regularization=RegularizationSettings(l2=0.01),
        monitor="train_loss",
    )
    fit(network, settings, Data(PATIENTS, y))
    model = quick(loss=loss, batch_size=50, alpha=0.5).fit(PATIENTS, y)
    assert model.parameters_.tobytes() == network.parameters.tobytes()
    assert np.array_equal(model.predict(PATIENTS), network.predict(PATIENTS))


@pytest.mark.parametrize("solver", ["adam", "sgd"])
@pytest.mark.parametrize("shuffle", [True, False])
def test_partial_fits_on_all_the_data_are_a_fit(solver, shuffle):
    options = {"solver": solver, "dropout": 0.2, "batch_size": 32, "shuffle": shuffle}
    whole = quick(**options).fit(PATIENTS, PROGRESS)
    parts = quick(**options)
    for _ in range(5):
        parts.partial_fit(PATIENTS, PROGRESS)
    assert parts.parameters_.tobytes() == whole.parameters_.tobytes()
    assert parts.loss_curve_ == whole.loss_curve_


def test_lbfgs_with_units_of_the_identity_is_the_method_of_least_squares():
    options = {"solver": "lbfgs", "activation": "identity", "alpha": 0, "max_iter": 2000}
    model = quick(**options, tol=1e-7).fit(PATIENTS.astype(float), PROGRESS)
    line = LinearRegression().fit(PATIENTS.astype(float), PROGRESS)
    assert model.predict(PATIENTS) == pytest.approx(line.predict(PATIENTS), abs=1e-3)
    assert model.loss_ == pytest.approx(np.square(line.predict(PATIENTS) - PROGRESS).mean() / 2)


def test_lbfgs_reaches_the_loss_that_scikit_learns_reaches():
    """From other weights; the penalty is strong enough for one minimum."""
    options = {"solver": "lbfgs", "alpha": 10, "max_iter": 60, "random_state": 1}
    losses = [
        kind(**options).fit(PATIENTS.astype(float), PROGRESS).loss_
        for kind in (MLPRegressor, Theirs)
    ]
    assert losses[0] == pytest.approx(losses[1], rel=3e-3)


def test_it_is_as_good_as_scikit_learns():
    """Over ten splits and seeds: no further below than a standard error of the mean difference."""
    scores = []
    for seed in range(10):
        order = np.random.default_rng(seed).permutation(len(PROGRESS))
        train, test = order[:300], order[300:]
        for kind in (MLPRegressor, Theirs):
            model = kind(random_state=seed, alpha=10, max_iter=60)
            model.fit(PATIENTS[train].astype(float), PROGRESS[train])
            scores.append(model.score(PATIENTS[test].astype(float), PROGRESS[test]))
    difference = np.subtract(scores[::2], scores[1::2])
    assert difference.mean() >= -difference.std(ddof=1) / np.sqrt(10)


@pytest.mark.parametrize("weights", [None, np.linspace(1, 2, 442)], ids=["equal", "weighted"])
def test_early_stopping_keeps_the_epoch_of_the_highest_r2(weights):
    options = {"early_stopping": True, "n_iter_no_change": 40, "learning_rate_init": 0.02}
    model = quick(max_iter=40, **options).fit(PATIENTS, PROGRESS, weights)
    scores = model.validation_scores_
    assert len(scores) == 40
    assert model.best_validation_score_ == max(scores) > 0.2
    best = quick(max_iter=scores.index(max(scores)) + 1, **options)
    best.fit(PATIENTS, PROGRESS, weights)
    assert best.parameters_.tobytes() == model.parameters_.tobytes()


def test_the_loss_of_several_targets_is_scikit_learns_mean():
    """At a rate that moves nothing."""
    model = quick(learning_rate_init=1e-30, max_iter=1).fit(PATIENTS, BOTH)
    error = np.square(model.predict(PATIENTS) - BOTH).mean() / 2
    assert model.loss_ == pytest.approx(error, rel=1e-5)


def test_its_score_is_r2():
    model = quick(max_iter=50).fit(PATIENTS, PROGRESS)
    assert model.score(PATIENTS, PROGRESS) == r2_score(PROGRESS, model.predict(PATIENTS))


def test_its_model_predicts_the_same_numbers(tmp_path):
    model = quick().fit(PATIENTS, BOTH)
    save(tmp_path / "model.npz", model.to_model())
    loaded = load(tmp_path / "model.npz")
    assert loaded.is_regression
    assert np.array_equal(loaded.predict(PATIENTS), model.predict(PATIENTS))


def test_a_warm_start_goes_on_from_the_weights():
    model = quick(warm_start=True, max_iter=60).fit(PATIENTS, PROGRESS)
    first = model.loss_
    assert model.fit(PATIENTS, PROGRESS).loss_curve_[60] < 1.2 * first
    assert len(model.loss_curve_) == 120
    assert clone(model).set_params(warm_start=False).fit(PATIENTS, PROGRESS).loss_ == first


def test_a_divergence_keeps_the_best_epoch_only_with_early_stopping():
    options = {"solver": "sgd", "learning_rate_init": 1.0, "activation": "identity"}
    with pytest.raises(DivergenceError, match=r"^Solver produced non-finite parameter weights\. "):
        quick(**options, max_iter=200).fit(PATIENTS, PROGRESS)
    model = quick(**options, early_stopping=True, max_iter=200).fit(PATIENTS, PROGRESS)
    assert np.isnan(model.validation_scores_[-1])
    assert np.isfinite(model.parameters_).all()


def test_an_unknown_loss_is_refused():
    with pytest.raises(ValueError, match=r"^loss must be one of absolute_error, huber, squared_er"):
        quick(loss="poisson").fit(PATIENTS, PROGRESS)
