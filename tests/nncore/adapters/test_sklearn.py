"""`MLPClassifier`: what scikit-learn asks of a classifier, and no other arithmetic than `fit`'s."""

import copy
import pickle
import re
import subprocess
import sys
from warnings import catch_warnings, simplefilter

import numpy as np
import pandas as pd
import pytest
from pipeline_repository import ROOT
from scipy.sparse import csr_array
from sklearn.base import clone
from sklearn.datasets import load_iris, load_wine
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import log_loss
from sklearn.model_selection import GridSearchCV, cross_val_score, train_test_split
from sklearn.neural_network import MLPClassifier as Theirs
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils.class_weight import compute_sample_weight
from sklearn.utils.estimator_checks import check_estimator

from nncore import load, save
from nncore.adapters.estimators.epochs import inverse_scaling
from nncore.adapters.sklearn import MLPClassifier, MLPRegressor
from nncore.config.architecture import Architecture
from nncore.config.average import AverageSettings
from nncore.config.optimizer import OptimizerSettings
from nncore.config.training import RegularizationSettings, StoppingSettings, TrainingSettings
from nncore.data.dataset import Data
from nncore.errors import DivergenceError
from nncore.network.network import Network
from nncore.training.fit import fit

LIBRARY = (ROOT / "docs/library.md").read_text(encoding="utf-8")
IRIS, SPECIES = load_iris(return_X_y=True)
FLOWERS = StandardScaler().fit_transform(IRIS).astype(np.float32)
NAMES = np.array(["setosa", "versicolor", "virginica"])[SPECIES]
# Scikit-learn skips them for its own perceptrons too.
UNMET = {
    "check_array_api_input",
    "check_classifiers_multilabel_output_format_decision_function",
}
pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")


def quick(**changes):
    return MLPClassifier(**{"hidden_layer_sizes": 8, "max_iter": 5, "random_state": 1} | changes)


@pytest.fixture(scope="module")
def fitted():
    return quick().fit(FLOWERS, NAMES)


@pytest.mark.parametrize(
    "model",
    [
        MLPClassifier(),
        MLPClassifier((6, 4), "tanh", solver="sgd", batch_size=100, learning_rate_init=0.1),
        MLPRegressor(),
        MLPRegressor(solver="lbfgs"),
        MLPRegressor("huber", (6, 4), "tanh", solver="sgd", batch_size=100),
    ],
    ids=str,
)
def test_scikit_learns_own_checks_pass(model):
    """Among them those of weights: in batches of all samples, one of 2 repeats a sample."""
    results = check_estimator(model, on_skip=None, on_fail=None)
    faults = {
        result["check_name"]: result["exception"]
        for result in results
        if result["status"] != "passed" and result["check_name"] not in UNMET
    }
    assert len(results) > 40
    assert faults == {}


def test_a_fit_is_nncores_bit_by_bit():
    model = quick(solver="sgd", alpha=0.32, batch_size=16, dropout=0.25, learning_rate_init=0.05)
    architecture = Architecture(
        hidden=(8,), weight_init="glorot", bias_init="glorot", bias_scale=1.0
    )
    network = Network(architecture, inputs=4, outputs=3)
    settings = TrainingSettings(
        seed=1,
        epochs=5,
        batch_size=16,
        lr=0.05,
        optimizer=OptimizerSettings(name="nesterov", momentum=0.9),
        regularization=RegularizationSettings(l2=0.02, dropout=0.25),
        stopping=StoppingSettings(rule="patience", epochs=11, threshold=1e-4),
        monitor="train_loss",
    )
    history = fit(network, settings, Data(FLOWERS, np.eye(3, dtype=np.float32)[SPECIES]))
    model.fit(FLOWERS, NAMES)
    assert model.parameters_.tobytes() == network.parameters.tobytes()
    assert model.loss_curve_ == [record.train_loss for record in history[1:]]


@pytest.mark.parametrize("solver", ["adam", "sgd"])
def test_partial_fits_on_all_the_data_are_a_fit(solver):
    """Weights, optimizer and random streams go on as within one training."""
    options = {"solver": solver, "dropout": 0.2, "batch_size": 32}
    whole = quick(**options).fit(FLOWERS, NAMES)
    parts = quick(**options)
    for _ in range(5):
        parts.partial_fit(FLOWERS, NAMES, classes=np.unique(NAMES))
    assert parts.parameters_.tobytes() == whole.parameters_.tobytes()
    assert (parts.loss_curve_, parts.n_iter_, parts.t_) == (whole.loss_curve_, 1, 5 * len(FLOWERS))


def test_partial_fit_goes_on_after_a_fit():
    model = quick().fit(FLOWERS, NAMES).partial_fit(FLOWERS, NAMES)
    assert (
        model.parameters_.tobytes() == quick(max_iter=6).fit(FLOWERS, NAMES).parameters_.tobytes()
    )


def test_partial_fit_goes_on_after_a_pickle(fitted):
    other = pickle.loads(pickle.dumps(fitted)).partial_fit(FLOWERS, NAMES)  # noqa: S301  our own
    expected = quick(max_iter=6).fit(FLOWERS, NAMES)
    assert other.parameters_.tobytes() == expected.parameters_.tobytes()


def test_partial_fit_goes_on_with_another_solver():
    model = quick().fit(FLOWERS, NAMES)
    before = model.parameters_.copy()
    model.set_params(solver="sgd").partial_fit(FLOWERS, NAMES)
    assert np.isfinite(model.parameters_).all()
    assert not np.array_equal(model.parameters_, before)


def test_a_part_need_not_have_every_class():
    model = quick().partial_fit(FLOWERS[:50], NAMES[:50], classes=NAMES)
    assert model.predict_proba(FLOWERS[:1]).shape == (1, 3)


def test_labels_may_be_strings(fitted):
    assert fitted.classes_.tolist() == ["setosa", "versicolor", "virginica"]
    assert set(fitted.predict(FLOWERS)) <= set(NAMES)


def test_flowers_are_told_apart_behind_a_scaler():
    model = make_pipeline(StandardScaler(), MLPClassifier(random_state=1))
    scores = cross_val_score(model, IRIS, NAMES, cv=3)
    assert scores.mean() > 0.93


# From 3.12 on Python warns of what the backend multiprocessing does, beside pytest-xdist's threads.
@pytest.mark.filterwarnings("ignore:.*multi-threaded.*fork:DeprecationWarning")
@pytest.mark.parametrize("backend", ["loky", "multiprocessing", "threading"])
def test_a_grid_search_finds_the_same_with_two_workers(backend):
    from joblib import parallel_backend  # noqa: PLC0415  beside its one use

    grid = {"learning_rate_init": np.logspace(-4, -2, 2), "hidden_layer_sizes": [(4,), (8, 8)]}
    alone = GridSearchCV(quick(), grid, cv=2).fit(FLOWERS, NAMES)
    with parallel_backend(backend, n_jobs=2):
        together = GridSearchCV(quick(), grid, cv=2).fit(FLOWERS, NAMES)
    actual, expected = (
        search.cv_results_["mean_test_score"].tolist() for search in (together, alone)
    )
    assert actual == expected


def test_the_pages_example_runs_alone_and_prints_what_it_says(capsys):
    blocks = re.findall(r"```python\n(.*?)```", LIBRARY, re.DOTALL)
    (code,) = (block for block in blocks if "GridSearchCV" in block)
    exec(code, {})  # noqa: S102  this project's own
    best, score = capsys.readouterr().out.split()
    assert f"# {best} {score}\n" in code
    assert (best, float(score) > 0.9) == ("0.03", True)


def test_data_frames_leave_their_names():
    frame = pd.DataFrame(FLOWERS, columns=list("abcd"))
    assert quick().fit(frame, NAMES).feature_names_in_.tolist() == list("abcd")


def test_probabilities_are_float32_and_sum_to_1(fitted):
    probabilities = fitted.predict_proba(FLOWERS)
    assert probabilities.dtype == np.float32
    assert probabilities.sum(axis=1) == pytest.approx(1, abs=1e-6)


def test_weights_stand_layer_by_layer(fitted):
    assert [weight.shape for weight in fitted.coefs_] == [(4, 8), (8, 3)]
    assert [bias.shape for bias in fitted.intercepts_] == [(8,), (3,)]
    (w1, w2), (b1, b2) = fitted.coefs_, fitted.intercepts_
    logits = np.maximum(FLOWERS @ w1 + b1, 0) @ w2 + b2
    assert (fitted.classes_[logits.argmax(axis=1)] == fitted.predict(FLOWERS)).all()


def test_a_clone_has_the_settings_and_no_weights(fitted):
    other = clone(fitted)
    assert other.get_params() == fitted.get_params()
    assert not hasattr(other, "parameters_")


@pytest.mark.parametrize("load", [load_iris, load_wine])
def test_with_early_stopping_it_is_as_good_as_scikit_learns(load):
    """Over 30 splits and seeds: no further below than a standard error of the mean difference."""
    samples, labels = load(return_X_y=True)
    scores = []
    for seed in range(30):
        train, test, y_train, y_test = train_test_split(
            samples, labels, test_size=0.3, random_state=seed, stratify=labels
        )
        for kind in (MLPClassifier, Theirs):
            with catch_warnings():
                simplefilter("ignore")
                pipeline = make_pipeline(
                    StandardScaler(), kind(early_stopping=True, random_state=seed)
                )
                scores.append(pipeline.fit(train, y_train).score(test, y_test))
    difference = np.subtract(scores[::2], scores[1::2])
    assert difference.mean() >= -difference.std(ddof=1) / np.sqrt(30)


def test_early_stopping_never_keeps_the_weights_that_were_drawn():
    """With a rate too small to learn anything, epoch 0 is as good as any other."""
    model = quick(early_stopping=True, learning_rate_init=1e-6).fit(FLOWERS, NAMES)
    assert model.validation_scores_[0] == max(model.validation_scores_)
    drawn = quick(max_iter=1, learning_rate_init=1e-30).fit(FLOWERS, NAMES)
    assert not np.array_equal(model.parameters_, drawn.parameters_)


@pytest.mark.parametrize(
    ("labels", "line"),
    [
        (
            NAMES[[0, 50, 100]],
            "The validation set is too small. Increase 'validation_fraction' or ",
        ),
        (np.repeat([0, 1], [1, 99]), "The least populated classes in y have only 1 member"),
    ],
)
def test_early_stopping_refuses_too_few_samples_in_scikit_learns_words(labels, line):
    samples = FLOWERS[: len(labels)]
    assert refusal(lambda: quick(early_stopping=True).fit(samples, labels)).startswith(line)
    with pytest.raises(ValueError, match=line[:40]):
        Theirs(early_stopping=True).fit(samples, labels)


def test_early_stopping_fits_one_sample_of_many_classes():
    """Only two classes are stratified."""
    labels = np.array([0, 1] + [2] * 98)
    assert quick(early_stopping=True).fit(FLOWERS[:100], labels).n_iter_ >= 1


def test_early_stopping_keeps_the_best_epoch_on_a_tenth_held_out():
    model = quick(early_stopping=True, max_iter=40, n_iter_no_change=40).fit(FLOWERS, NAMES)
    scores = model.validation_scores_
    assert len(scores) == 40
    # 15 of 150 samples.
    assert {round(15 * score, 9) % 1 for score in scores} == {0}
    best = quick(early_stopping=True, max_iter=scores.index(max(scores)) + 1)
    assert best.fit(FLOWERS, NAMES).parameters_.tobytes() == model.parameters_.tobytes()


def test_training_stops_when_its_loss_no_longer_improves():
    options = {"tol": 10, "n_iter_no_change": 3, "max_iter": 100}
    theirs = Theirs(8, random_state=1, **options).fit(FLOWERS, NAMES)
    assert quick(**options).fit(FLOWERS, NAMES).n_iter_ == theirs.n_iter_ == 5


WEIGHTS = np.random.default_rng(1).integers(4, size=150)


@pytest.mark.parametrize("solver", ["adam", "sgd"])
@pytest.mark.parametrize("alpha", [1e-4, 3.0])
def test_in_one_batch_a_weight_is_a_number_of_repetitions(solver, alpha):
    """The penalty too is that of the repeated samples."""
    options = {"solver": solver, "batch_size": 1000, "alpha": alpha, "learning_rate_init": 0.1}
    weighted = quick(**options).fit(FLOWERS, NAMES, WEIGHTS)
    repeated = quick(**options).fit(FLOWERS.repeat(WEIGHTS, axis=0), NAMES.repeat(WEIGHTS))
    probabilities = weighted.predict_proba(FLOWERS)
    assert probabilities == pytest.approx(repeated.predict_proba(FLOWERS), abs=1e-5)
    assert weighted.loss_curve_ == pytest.approx(repeated.loss_curve_, rel=1e-5)
    unweighted = quick(**options).fit(FLOWERS, NAMES).predict_proba(FLOWERS)
    assert probabilities != pytest.approx(unweighted, abs=1e-3)


@pytest.mark.parametrize("options", [{}, {"early_stopping": True}, {"batch_size": 16}])
def test_a_weight_of_zero_removes_a_sample_in_batches_of_any_size(options):
    some = WEIGHTS > 0
    weighted = quick(**options).fit(FLOWERS, NAMES, some)
    removed = quick(**options).fit(FLOWERS[some], NAMES[some])
    assert weighted.parameters_.tobytes() == removed.parameters_.tobytes()


def test_a_class_of_weight_zero_is_no_class():
    assert quick().fit(FLOWERS, NAMES, SPECIES > 0).classes_.tolist() == ["versicolor", "virginica"]


@pytest.mark.parametrize(
    "class_weight", ["balanced", {"setosa": 3, "versicolor": 1, "virginica": 0.5}]
)
def test_weights_of_classes_are_scikit_learns(class_weight):
    samples, labels = FLOWERS[30:130], NAMES[30:130]
    by_class = quick(class_weight=class_weight).fit(samples, labels)
    weights = compute_sample_weight(class_weight, labels)
    # Of a mapping too the mean becomes 1, so that it leaves the penalty as it is.
    by_sample = quick().fit(samples, labels, weights / weights.mean())
    assert by_class.parameters_ == pytest.approx(by_sample.parameters_, rel=1e-4, abs=1e-6)
    unweighted = quick().fit(samples, labels).parameters_
    assert by_class.parameters_ != pytest.approx(unweighted, rel=1e-2, abs=1e-4)


def test_weights_of_classes_may_name_numbers():
    by_number = quick(class_weight={1: 3}).fit(FLOWERS, SPECIES)
    by_name = quick(class_weight={"versicolor": 3}).fit(FLOWERS, NAMES)
    assert by_number.parameters_.tobytes() == by_name.parameters_.tobytes()


def test_partial_fits_with_weights_are_a_fit():
    whole = quick().fit(FLOWERS, NAMES, WEIGHTS)
    parts = quick()
    for _ in range(5):
        parts.partial_fit(FLOWERS, NAMES, classes=np.unique(NAMES), sample_weight=WEIGHTS)
    assert parts.parameters_.tobytes() == whole.parameters_.tobytes()


def test_without_a_random_state_two_fits_differ():
    one, other = (quick(random_state=None).fit(FLOWERS, NAMES) for _ in range(2))
    assert not np.array_equal(one.parameters_, other.parameters_)


def test_a_generator_of_numpy_is_a_random_state():
    one, other = (
        quick(random_state=np.random.RandomState(3)).fit(FLOWERS, NAMES) for _ in range(2)
    )
    assert np.array_equal(one.parameters_, other.parameters_)


def test_a_failed_fit_leaves_nothing_to_predict_with():
    model = quick().fit(FLOWERS, NAMES)
    with pytest.raises(ValueError, match="NaN"):
        model.fit(FLOWERS * np.float32("nan"), NAMES)
    assert not hasattr(model, "parameters_")


def test_a_failed_partial_fit_leaves_the_weights_as_they_were():
    model = quick(batch_size=10).fit(FLOWERS, NAMES)
    before = model.parameters_.tobytes()
    with pytest.raises(DivergenceError):
        model.set_params(solver="sgd", learning_rate_init=1e30).partial_fit(FLOWERS, NAMES)
    assert model.parameters_.tobytes() == before


def refusal(act):
    """Return the line with which something is refused."""
    with pytest.raises(ValueError) as refused:  # noqa: PT011  the line is asserted
        act()
    return str(refused.value)


@pytest.mark.parametrize(
    ("setting", "line"),
    [
        ({"hidden_layer_sizes": (3, 0)}, "a number of at least 1, or a tuple of them, got [3, 0]"),
        ({"hidden_layer_sizes": 2.5}, "a number of at least 1, or a tuple of them, got 2.5"),
        ({"activation": "sigmoid"}, "one of identity, logistic, relu, tanh, got 'sigmoid'"),
        ({"solver": "newton"}, "one of adam, lbfgs, sgd, got 'newton'"),
        ({"alpha": -1}, "at least 0, got -1"),
        ({"batch_size": 0}, "auto or a number of at least 1, got 0"),
        ({"learning_rate_init": 0.0}, "a finite number above 0, got 0.0"),
        ({"max_iter": 0}, "at least 1, got 0"),
        ({"n_iter_no_change": 1.5}, "an integer, got 1.5"),
        ({"tol": -1e-4}, "at least 0, got -0.0001"),
        ({"momentum": 1}, "at least 0 and below 1, got 1"),
        ({"dropout": 1.0}, "at least 0 and below 1, got 1.0"),
        ({"average_decay": -0.1}, "at least 0 and below 1, got -0.1"),
        ({"early_stopping": "yes"}, "True or False, got 'yes'"),
        ({"class_weight": "even"}, "balanced, or numbers by the names of classes, got 'even'"),
    ],
    ids=str,
)
def test_a_wrong_setting_is_refused_by_its_own_name(setting, line):
    (name,) = setting
    assert refusal(lambda: quick(**setting).fit(FLOWERS, NAMES)) == f"{name} must be {line}"


def test_an_unknown_schedule_is_refused():
    line = refusal(lambda: quick(learning_rate="warm").fit(FLOWERS, NAMES))
    assert line.startswith("learning_rate must be one of adaptive, invscaling, constant, cosine, ")


@pytest.mark.parametrize(
    ("setting", "line"),
    [
        (
            {"early_stopping": True},
            (
                "partial_fit does not support early_stopping=True; early_stopping must be False, "
                "got True"
            ),
        ),
        ({"class_weight": "balanced"}, "class_weight must be None for partial_fit, got 'balanced'"),
        (
            {"learning_rate": "cosine"},
            "learning_rate must be constant, invscaling or adaptive for partial_fit, got 'cosine'",
        ),
    ],
)
def test_what_needs_a_last_epoch_is_refused_by_partial_fit(setting, line):
    act = quick(**setting).partial_fit
    assert refusal(lambda: act(FLOWERS, NAMES, classes=NAMES)) == line


def test_the_first_partial_fit_needs_all_classes():
    line = refusal(lambda: quick().partial_fit(FLOWERS, NAMES))
    assert line == "classes must be all labels in the first partial_fit, got None"


def test_the_classes_stay_as_they_were(fitted):
    assert len(copy.deepcopy(fitted).partial_fit(FLOWERS, NAMES, classes=NAMES).loss_curve_) == 6
    line = refusal(lambda: copy.deepcopy(fitted).partial_fit(FLOWERS, NAMES, classes=["setosa"]))
    assert line == "classes must stay ['setosa', 'versicolor', 'virginica'], got ['setosa']"


def test_a_label_that_is_no_class_is_refused():
    line = refusal(lambda: quick().partial_fit(FLOWERS, NAMES, classes=["setosa", "virginica"]))
    assert line == "y must hold labels of setosa, virginica, got versicolor"


def test_a_divergence_says_what_to_do_in_scikit_learns_words():
    model = quick(solver="sgd", batch_size=10, learning_rate_init=1e30)
    line = refusal(lambda: model.fit(FLOWERS, NAMES))
    assert line.endswith("; lower learning_rate_init (1e+30) or scale the samples")


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_weights_and_probabilities_have_the_dtype_of_the_samples(dtype):
    model = quick().fit(FLOWERS.astype(dtype), NAMES)
    assert {array.dtype for array in (*model.coefs_, *model.intercepts_)} == {np.dtype(dtype)}
    assert model.predict_proba(FLOWERS).dtype == dtype


def test_an_inverse_scaling_is_a_power_of_the_samples_seen():
    """A fit of nncore's with these rates gives the same bits."""
    options = {"solver": "sgd", "batch_size": 30, "power_t": 0.25, "momentum": 0}
    model = quick(learning_rate="invscaling", learning_rate_init=0.1, **options)
    rates = [inverse_scaling(0.1, 0.25, 150 * epoch) for epoch in range(5)]
    assert rates == pytest.approx([0.1 / (150 * epoch + 1) ** 0.25 for epoch in range(5)])
    network = Network(
        Architecture(hidden=(8,), weight_init="glorot", bias_init="glorot", bias_scale=1.0),
        inputs=4,
        outputs=3,
    )
    settings = TrainingSettings(
        seed=1,
        epochs=5,
        batch_size=30,
        optimizer="sgd",
        regularization=RegularizationSettings(l2=0.0001 / 30),
        monitor="train_loss",
    )
    data = Data(FLOWERS, np.eye(3, dtype=np.float32)[SPECIES])
    fit(network, settings, data, lr_schedule=lambda epoch: rates[epoch - 1])
    assert model.fit(FLOWERS, NAMES).parameters_.tobytes() == network.parameters.tobytes()
    parts = clone(model)
    for _ in range(5):
        parts.partial_fit(FLOWERS, NAMES, classes=NAMES)
    assert parts.parameters_.tobytes() == network.parameters.tobytes()


def test_an_adaptive_rate_is_divided_as_often_as_scikit_learns(capsys):
    """With a tolerance that no epoch meets, from 0.001 to below 1e-6: five divisions."""
    options = {"solver": "sgd", "learning_rate": "adaptive", "tol": 1e9, "n_iter_no_change": 2}
    model = quick(**options, max_iter=100, verbose=True).fit(FLOWERS, NAMES)
    printed = capsys.readouterr().out
    assert model.n_iter_ == Theirs(8, **options, max_iter=100).fit(FLOWERS, NAMES).n_iter_ < 100
    assert printed.count("Setting learning rate to ") == 5
    assert printed.splitlines()[0] == f"Iteration 1, loss = {model.loss_curve_[0]:.8f}"
    assert printed.rstrip().endswith("for 2 consecutive epochs. Stopping.")


def test_without_nesterov_the_momentum_is_plain():
    model = quick(solver="sgd", nesterovs_momentum=False, alpha=0, batch_size=150)
    nesterov = quick(solver="sgd", alpha=0, batch_size=150).fit(FLOWERS, NAMES)
    assert not np.array_equal(model.fit(FLOWERS, NAMES).parameters_, nesterov.parameters_)


def test_weights_that_are_set_are_those_that_predict_and_train(fitted):
    model, other = copy.deepcopy(fitted), copy.deepcopy(fitted)
    for layer in range(2):
        model.coefs_[layer] = 0 * model.coefs_[layer]
        model.intercepts_[layer] = 0 * model.intercepts_[layer]
    assert model.predict_proba(FLOWERS) == pytest.approx(1 / 3)
    moved = model.partial_fit(FLOWERS, NAMES).parameters_ - other.parameters_
    assert np.abs(moved).max() > 0.1
    model.coefs_[0] = model.coefs_[0][:3]
    line = refusal(lambda: model.partial_fit(FLOWERS, NAMES))
    assert line.startswith("coefs_ and intercepts_ must have shapes [(4, 8), (8, 3), (8,), (3,)], ")


def test_two_classes_are_one_output_and_a_model_of_two(tmp_path):
    two = SPECIES < 2
    model = quick(max_iter=100).fit(FLOWERS[two], NAMES[two])
    assert (model.n_outputs_, model.out_activation_, model.coefs_[-1].shape) == (
        1,
        "logistic",
        (8, 1),
    )
    save(tmp_path / "model.npz", model.to_model())
    loaded = load(tmp_path / "model.npz")
    assert loaded.labels == ("setosa", "versicolor")
    assert (loaded.predict(FLOWERS[two]) == model.predict(FLOWERS[two])).all()
    assert loaded.predict_proba(FLOWERS) == pytest.approx(model.predict_proba(FLOWERS))


def test_several_labels_to_a_sample_are_no_model_and_have_no_weights():
    sets = np.stack([SPECIES == 0, SPECIES > 0], axis=1).astype(int)
    model = quick(max_iter=100, learning_rate_init=0.02).fit(FLOWERS, sets)
    assert model.score(FLOWERS, sets) > 0.9
    line = "needs one of several labels for a sample, got several labels to a sample"
    assert refusal(model.to_model) == f"to_model {line}"
    weighted = quick(class_weight="balanced")
    assert refusal(lambda: weighted.fit(FLOWERS, sets)) == f"class_weight {line}"


def test_sparse_samples_give_the_bits_of_dense_ones():
    samples = csr_array(np.where(FLOWERS > 0.5, FLOWERS, 0))
    model, other = quick().fit(samples, NAMES), quick().fit(samples.toarray(), NAMES)
    assert model.parameters_.tobytes() == other.parameters_.tobytes()
    assert (model.predict(samples) == other.predict(samples.toarray())).all()


def test_lbfgs_finds_the_minimum_that_scikit_learns_logistic_regression_finds():
    """Units of the identity make a linear model, and without a penalty both have one minimum."""
    options = {"solver": "lbfgs", "activation": "identity", "alpha": 0.0, "max_iter": 2000}
    noisy = NAMES.copy()
    noisy[::7] = "setosa"
    model = quick(**options, tol=1e-6).fit(FLOWERS.astype(float), noisy)
    expected = LogisticRegression(C=np.inf, tol=1e-8, max_iter=5000).fit(FLOWERS, noisy)
    assert model.loss_ == pytest.approx(log_loss(noisy, expected.predict_proba(FLOWERS)), rel=1e-3)


def test_lbfgs_drops_no_units():
    line = refusal(lambda: quick(solver="lbfgs", dropout=0.1).fit(FLOWERS, NAMES))
    assert line == "dropout must be 0 with lbfgs, got 0.1"


def test_lbfgs_averages_no_weights():
    line = refusal(lambda: quick(solver="lbfgs", average_decay=0.9).fit(FLOWERS, NAMES))
    assert line == "average_decay must be 0 with lbfgs, got 0.9"


def test_partial_fit_averages_no_weights():
    model = quick(average_decay=0.9)
    line = refusal(lambda: model.partial_fit(FLOWERS, NAMES, classes=np.unique(NAMES)))
    assert line == "average_decay must be 0 for partial_fit, got 0.9"


def test_averaged_weights_are_nncores_bit_by_bit():
    model = quick(alpha=0, batch_size=16, average_decay=0.8).fit(FLOWERS, NAMES)
    architecture = Architecture(
        hidden=(8,), weight_init="glorot", bias_init="glorot", bias_scale=1.0
    )
    network = Network(architecture, inputs=4, outputs=3)
    settings = TrainingSettings(
        seed=1,
        epochs=5,
        batch_size=16,
        lr=model.learning_rate_init,
        optimizer="adam",
        average=AverageSettings(name="exponential", decay=0.8),
        monitor="train_loss",
    )
    fit(network, settings, Data(FLOWERS, np.eye(3, dtype=np.float32)[SPECIES]))
    assert model.parameters_.tobytes() == network.parameters.tobytes()


def test_early_stopping_keeps_the_best_average():
    """The best score is that of the weights that the estimator has at the end."""
    options = {"early_stopping": True, "average_decay": 0.9, "learning_rate_init": 0.5}
    model = quick(**options, max_iter=12).fit(FLOWERS, NAMES)
    _, held_out = train_test_split(np.arange(len(NAMES)), test_size=0.1, random_state=1)
    assert model.score(FLOWERS[held_out], NAMES[held_out]) == model.best_validation_score_
    assert len(set(model.validation_scores_)) > 1


def test_lbfgs_prints_its_iterations(capsys):
    model = quick(solver="lbfgs", verbose=True).fit(FLOWERS, NAMES)
    printed = capsys.readouterr().out.splitlines()
    assert len(printed) == model.n_iter_ == 5
    assert float(printed[-1].partition("loss = ")[2]) == pytest.approx(model.loss_, abs=1e-8)


@pytest.mark.parametrize("changes", [{"solver": "adam"}, {"solver": "sgd", "early_stopping": True}])
def test_a_warm_start_may_go_on_with_another_solver(changes):
    model = quick(solver="lbfgs", warm_start=True, max_iter=20).fit(FLOWERS, NAMES)
    before = model.loss_
    model.set_params(**changes, max_iter=2).fit(FLOWERS, NAMES)
    assert model.loss_ < 2 * before + 0.1
    assert model.n_iter_ == 2


def test_a_warm_start_may_begin_with_weights_that_are_set(fitted):
    model = quick(warm_start=True, learning_rate_init=1e-30, max_iter=1)
    model.coefs_, model.intercepts_ = list(fitted.coefs_), list(fitted.intercepts_)
    model.n_features_in_ = 4
    assert np.array_equal(model.fit(FLOWERS, NAMES).parameters_, fitted.parameters_)


@pytest.mark.parametrize(
    ("module", "message"),
    [
        ("sklearn", "expected sklearn to be installed; run: python -m pip install scikit-learn"),
        ("nncore.adapters.estimators.epochs", "None"),
    ],
)
def test_without_scikit_learn_the_message_says_how_to_install_it(module, message):
    """A module of nncore that is missing is another fault, with its own message."""
    program = f"""
import sys

class WithoutModule:
    def find_spec(name, path=None, target=None):
        if name == "{module}":
            raise ModuleNotFoundError("None", name=name)

sys.meta_path.insert(0, WithoutModule)
import nncore.adapters.sklearn
"""
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.stderr.splitlines()[-1] == f"ModuleNotFoundError: {message}"
