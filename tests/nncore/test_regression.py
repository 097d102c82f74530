"""Networks that predict numbers: what they learn, what they refuse, their files."""

import numpy as np
import pytest
from model_files import read_specification, rewrite_specification
from onnx_runtime import session

from nncore import Architecture, Data, Model, Network, TrainingSettings, fit, load, save
from nncore.config.training import RegularizationSettings, StoppingSettings
from nncore.errors import DataError, ModelFileError, NncoreError, SettingsError
from nncore.training.checkpoint import load_checkpoint, save_checkpoint
from nncore.training.loop import Training
from nncore.training.regression_metrics import r2_score

LINEAR = Architecture(hidden=(), output="identity", loss="mean_squared_error", weight_init="glorot")
CURVE = Architecture(hidden=(16,), activation="tanh", output="identity", loss="mean_squared_error")
RNG = np.random.default_rng(1)
X = RNG.uniform(-2, 2, (200, 2))
PLANE = X @ [[3.0, -1.0], [0.5, 2.0]] + [1.0, -4.0]
WAVE = np.sin(2 * X[:, 0]) + X[:, 1] ** 2


def settings(**changes):
    return TrainingSettings(
        **{"epochs": 60, "optimizer": "adam", "lr": 0.02, "monitor": "train_loss"} | changes
    )


def fitted(architecture=CURVE, y=WAVE, dtype=np.float32, **changes):
    network = Network(architecture, inputs=2, outputs=1 if y.ndim == 1 else y.shape[1], dtype=dtype)
    history = fit(network, settings(**changes), Data(X, y))
    return network, history


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_a_linear_network_finds_the_plane_that_the_targets_lie_on(dtype):
    network, history = fitted(LINEAR, PLANE, dtype, lr=0.1)
    assert network.weights[0] == pytest.approx(np.array([[3, -1], [0.5, 2]]), abs=0.01)
    assert network.biases[0] == pytest.approx([1, -4], abs=0.01)
    assert network.predict(X) == pytest.approx(PLANE, abs=0.02)
    assert history[-1].train_loss < 1e-4


@pytest.mark.parametrize(
    ("loss", "low", "high"),
    [
        ("half_squared_error", 5.24, 5.26),
        ("mean_squared_error", 5.24, 5.26),
        ("mean_absolute_error", 1, 2),
        # At a bias b from 1 to 2, the slopes are 1, b - 1, b - 2 and -1.
        ("huber", 1.49, 1.51),
    ],
)
def test_a_lone_bias_goes_to_what_its_loss_is_least_at(loss, low, high):
    """The mean of 0, 1, 2 and 18 is 5.25, a median anything from 1 to 2."""
    architecture = Architecture(hidden=(), output="identity", loss=loss, bias_scale=3.0)
    network = Network(architecture, inputs=1, outputs=1)
    shrinking = settings(epochs=400, lr=0.1, schedule="cosine")
    fit(network, shrinking, Data(np.zeros((4, 1)), [0.0, 1, 2, 18]))
    assert low <= network.biases[0][0] <= high


def test_a_hidden_layer_learns_a_curve():
    network, _ = fitted(epochs=200)
    assert r2_score(WAVE, network.predict(X)) > 0.98


@pytest.mark.parametrize(
    "y",
    [WAVE.tolist(), WAVE[:, np.newaxis], WAVE.astype("f4").astype("f8"), WAVE.astype(object)],
    ids=["list", "column", "float32", "objects"],
)
def test_targets_may_have_many_forms(y):
    network = Network(CURVE, inputs=2, outputs=1)
    if isinstance(y, np.ndarray) and y.dtype == object:
        y = y[:, np.newaxis]
    fit(network, settings(), Data(X, y))
    assert network.parameters.tobytes() == fitted()[0].parameters.tobytes()


def test_integers_are_numbers_and_no_classes():
    steps = np.rint(WAVE).astype(int)
    network, history = fitted(y=steps)
    assert network.labels is None
    assert network.predict(X).dtype == np.float32
    assert history[-1].train_loss < 0.2


def test_one_output_predicts_a_vector_and_more_a_matrix():
    assert fitted()[0].predict(X[:3]).shape == (3,)
    assert fitted(LINEAR, PLANE)[0].predict(X[:3]).shape == (3, 2)


def test_a_regression_has_no_accuracy():
    network, history = fitted()
    fit(network, settings(epochs=2), Data(X, WAVE), Data(X, WAVE))
    assert {(r.train_accuracy, r.validation_accuracy) for r in history} == {(None, None)}


def test_early_stopping_follows_the_validation_loss():
    network = Network(CURVE, inputs=2, outputs=1)
    stopping = StoppingSettings(rule="patience", epochs=3)
    rules = {"stopping": stopping, "monitor": "validation_loss", "keep": "best", "epochs": 500}
    history = fit(network, settings(lr=0.1, **rules), Data(X[:50], WAVE[:50]), Data(X, WAVE))
    losses = [record.validation_loss for record in history]
    assert len(losses) < 501
    error = network.predict(X) - WAVE.astype(np.float32)
    assert np.square(error).mean() == pytest.approx(min(losses), rel=1e-5)


def test_a_training_goes_on_from_its_checkpoint(tmp_path):
    data, steps = Data(X, WAVE), settings(epochs=4)
    network, history = fitted(epochs=4)
    first = Training(Network(CURVE, inputs=2, outputs=1), steps, data)
    for _ in range(2):
        first.run_epoch()
    save_checkpoint(tmp_path / "checkpoint", first)
    second = Training(Network(CURVE, inputs=2, outputs=1), steps, data)
    load_checkpoint(tmp_path / "checkpoint", second)
    while not second.finished:
        second.run_epoch()
    assert second.history == history
    assert second.network.parameters.tobytes() == network.parameters.tobytes()


def test_labels_that_are_set_before_make_classes_of_the_outputs():
    network = Network(LINEAR, inputs=2, outputs=2)
    network.labels = ["low", "high"]
    history = fit(network, settings(), Data(X, (X[:, 0] > 0).astype(int)))
    assert history[-1].train_accuracy > 0.9
    assert set(network.predict(X)) == {"low", "high"}


@pytest.mark.parametrize(
    ("y", "message"),
    [
        (["a", "b"] * 100, "train y must be numbers with output identity, got 'a'"),
        (PLANE, "train y must have shape (n, 1), got (200, 2)"),
    ],
)
def test_other_targets_are_refused(y, message):
    network = Network(CURVE, inputs=2, outputs=1)
    with pytest.raises(DataError) as refused:
        fit(network, settings(), Data(X, y))
    assert str(refused.value) == message


def test_a_vector_for_several_outputs_is_refused():
    network = Network(CURVE, inputs=2, outputs=3)
    with pytest.raises(DataError, match=r"^train y must have shape \(n, 3\), got \(200,\)$"):
        fit(network, settings(), Data(X, WAVE))


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        (
            {"regularization": RegularizationSettings(label_smoothing=0.1)},
            "label_smoothing must be 0 with output identity, got 0.1",
        ),
        (
            {"class_weight": "balanced"},
            "class_weight must be None with output identity, got 'balanced'",
        ),
        (
            {"monitor": "train_accuracy", "keep": "best"},
            (
                "monitor must be train_loss or validation_loss with output identity, "
                "because of keep, got 'train_accuracy'"
            ),
        ),
    ],
)
def test_settings_of_classes_are_refused(changes, message):
    with pytest.raises(SettingsError) as refused:
        fitted(**changes)
    assert str(refused.value) == message


def test_an_accuracy_that_nothing_uses_may_be_the_monitor():
    assert fitted(epochs=1, monitor="train_accuracy")[1][-1].train_accuracy is None


@pytest.mark.parametrize("y", [WAVE, PLANE], ids=["one output", "two outputs"])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_a_regression_comes_back_from_its_file(tmp_path, y, dtype):
    network, _ = fitted(y=y, dtype=dtype, epochs=3)
    save(tmp_path / "model.npz", network)
    model = load(tmp_path / "model.npz")
    assert (model.labels, model.class_names, model.is_regression) == ((), (), True)
    assert model.network.is_regression
    expected = network.predict(X)
    assert model.predict(X).dtype == expected.dtype == dtype
    assert np.array_equal(model.predict(X), expected)


def test_the_file_of_a_regression_has_no_labels(tmp_path):
    save(tmp_path / "model.npz", fitted(epochs=1)[0])
    assert read_specification(tmp_path / "model.npz")["labels"] is None


def test_an_older_file_with_output_identity_still_has_classes(tmp_path):
    """Such files always had labels."""
    save(tmp_path / "model.npz", fitted(LINEAR, PLANE)[0])
    rewrite_specification(tmp_path / "model.npz", lambda values: values.update(labels=[0, 1]))
    model = load(tmp_path / "model.npz")
    expected = (PLANE[:, 1] > PLANE[:, 0]).astype(int)
    assert (model.labels, model.is_regression) == ((0, 1), False)
    assert (model.predict(X) == expected).mean() > 0.98
    assert (model.network.predict(X) == model.predict(X)).all()


def test_a_classifier_without_labels_is_no_model_file(tmp_path):
    save(tmp_path / "model.npz", Network(Architecture(), inputs=2, outputs=2))
    rewrite_specification(tmp_path / "model.npz", lambda values: values.update(labels=None))
    with pytest.raises(ModelFileError, match="no labels, and the output softmax"):
        load(tmp_path / "model.npz")


@pytest.mark.parametrize("ask", ["predict_proba", "classify"])
def test_a_regression_has_no_classes(ask):
    network, _ = fitted(epochs=1)
    with pytest.raises(DataError, match=r"^the model must have classes, got a regression, which "):
        getattr(Model(network), ask)(X)
    with pytest.raises(NncoreError, match=r"^output must be softmax or sigmoid, to predict"):
        network.predict_proba(X)


@pytest.mark.parametrize("y", [WAVE, PLANE], ids=["one output", "two outputs"])
def test_an_onnx_file_computes_the_same_numbers(y):
    model = Model(fitted(y=y)[0])
    made = session(model)
    (numbers,) = made.run(None, {"samples": X.astype(np.float32)})
    assert [output.name for output in made.get_outputs()] == ["numbers"]
    expected = model.predict(X).reshape(len(X), -1)
    assert numbers == pytest.approx(expected, rel=1e-5, abs=1e-5)


def test_sample_weights_move_the_mean():
    """1, 2 and 9 with the weights 3, 2 and 1 have the mean 16/6."""
    network = Network(LINEAR, inputs=1, outputs=1)
    steps = settings(epochs=400, lr=0.1, schedule="cosine")
    fit(network, steps, Data(np.zeros((3, 1)), [1.0, 2, 9]), sample_weight=[3, 2, 1])
    assert network.biases[0] == pytest.approx([16 / 6], abs=1e-3)
