"""A network from a person's own data: trained, asked, saved, trained on."""

import copy
import pickle
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from model_files import rewrite_specification
from onnx_runtime import session
from sklearn.datasets import load_iris

from nncore import Architecture, Data, Model, Network, TrainingSettings, fit, load, save
from nncore.adapters.onnx import to_onnx
from nncore.adapters.sklearn import MLPClassifier
from nncore.config.augment import AugmentSettings
from nncore.config.training import RegularizationSettings
from nncore.data.preprocessing import Normalization
from nncore.errors import DataError, DivergenceError, NncoreError, SettingsError
from nncore.functions.losses import smooth_labels

CORNERS = [[0, 0], [0, 1], [1, 0], [1, 1]]
ODD = [0, 1, 1, 0]
TANH = Architecture(hidden=(8,), activation="tanh")
SETTINGS = TrainingSettings(epochs=200, lr=0.3, monitor="train_loss")
IRIS, SPECIES = load_iris(return_X_y=True)


def exclusive_or(inputs=CORNERS, y=ODD, **options):
    network = Network(TANH, inputs=2, outputs=2, **options)
    fit(network, SETTINGS, Data(inputs, y))
    return network


@pytest.mark.parametrize(
    "dtype", ["f2", "f4", "f8", "u1", "i8", "bool", "<f4", ">f8", "longdouble"]
)
def test_inputs_of_any_type_train_the_same_network(dtype):
    expected = exclusive_or().parameters.tobytes()
    assert exclusive_or(np.array(CORNERS, dtype)).parameters.tobytes() == expected


def test_inputs_of_more_dimensions_are_flattened():
    images = np.reshape(CORNERS, (4, 1, 2))
    network = exclusive_or(images)
    assert network.parameters.tobytes() == exclusive_or().parameters.tobytes()
    assert network.predict(images).tolist() == ODD


def test_data_of_the_networks_dtype_are_not_copied():
    inputs, targets = np.ones((4, 2), np.float32), np.ones((4, 2), np.float32)
    data, _ = Data(inputs, targets).for_network("train", inputs=2, outputs=2, dtype=np.float32)
    assert np.shares_memory(data.inputs, inputs)
    assert np.shares_memory(data.targets, targets)


@pytest.mark.parametrize(
    ("labels", "predicted"),
    [
        (ODD, ODD),
        (np.array(ODD, np.uint8), ODD),
        ([0.0, 1.0, 1.0, 0.0], ODD),
        ([False, True, True, False], [False, True, True, False]),
        (["even", "odd", "odd", "even"], ["even", "odd", "odd", "even"]),
        (np.array(["even", "odd", "odd", "even"], object), ["even", "odd", "odd", "even"]),
        ([3, -7, -7, 3], [3, -7, -7, 3]),
        ([[1, 0], [0, 1], [0, 1], [1, 0]], ODD),
    ],
)
def test_the_labels_of_the_data_are_what_the_network_predicts(labels, predicted):
    network = exclusive_or(y=labels)
    assert network.predict(CORNERS).tolist() == predicted
    assert network.predict_proba(CORNERS).max(axis=1) == pytest.approx(1, abs=0.1)


@pytest.mark.parametrize("loss", ["binary_cross_entropy", "half_squared_error"])
def test_a_single_output_is_the_probability_of_the_second_class(loss):
    architecture = Architecture(hidden=(8,), activation="tanh", output="sigmoid", loss=loss)
    network = Network(architecture, inputs=2, outputs=1)
    history = fit(network, TrainingSettings(epochs=400, lr=0.5), Data(CORNERS, list("noon")))
    assert network.labels == ("n", "o")
    assert network.predict(CORNERS).tolist() == list("noon")
    probabilities = network.predict_proba(CORNERS)
    assert probabilities.shape == (4, 2)
    assert probabilities.sum(axis=1) == pytest.approx(1)
    assert (history[0].train_accuracy, history[-1].train_accuracy) == (
        pytest.approx(0.5, abs=0.25),
        1,
    )


def test_integer_labels_of_a_part_of_the_classes_are_numbers_of_outputs():
    network = Network(TANH, inputs=2, outputs=5)
    fit(network, SETTINGS, Data(CORNERS, [4, 2, 2, 4]))
    assert network.labels is None
    assert network.predict(CORNERS).tolist() == [4, 2, 2, 4]


def test_names_that_are_set_before_stand_for_the_numbers():
    network = Network(TANH, inputs=2, outputs=2)
    network.labels = ["even", "odd"]
    fit(network, SETTINGS, Data(CORNERS, ODD))
    assert network.predict(CORNERS).tolist() == ["even", "odd", "odd", "even"]


@pytest.mark.parametrize(
    ("inputs", "y", "message"),
    [
        (CORNERS, [0, 1, 1], "y must have 4 rows, one for each of X, got 3"),
        ([[0, 1], [0]], [0, 1], "X must be an array, got rows of different lengths"),
        ([["a", "b"]], [0], "X must be numbers, got str32 values"),
        (
            [0, 1],
            [0, 1],
            "X must have two dimensions or more, a row for each sample, got shape (2,)",
        ),
        ([[0, np.nan]], [0], "X must be finite in float64, got nan in row 0, column 1"),
        ([[0, 1]], [[np.inf, 0]], "y must be finite in float64, got inf in row 0, column 0"),
        ([[1, None]], [0], "X must be numbers, got None"),
        (np.ma.masked_equal([[1, 2]], 2), [0], "X must have no masked values, got 1"),
        ([[0, 1]] * 2, ["a", np.nan], "y must be all integers or all strings, got nan among them"),
        ([[0, 1]], [2**70], "y must be integers of 64 bits or strings, got a larger one"),
        (np.empty((0, 2)), np.empty(1, "U1"), "y must have 0 rows, one for each of X, got 1"),
        ([[0, 1]] * 2, ["a", 1], "y must be all integers or all strings, got 1 among them"),
        ([[0, 1]], [None], "y must be all integers or all strings, got None among them"),
        ([[0, 1]], 1, "y must be labels, one for each row of X, got shape ()"),
    ],
)
def test_what_is_no_data_is_refused(inputs, y, message):
    with pytest.raises(DataError) as refused:
        Data(inputs, y)
    assert str(refused.value) == message


@pytest.mark.parametrize(
    ("y", "message"),
    [
        (
            list("abca"),
            "train y must have 2 different labels, one for each class, got 3: 'a', 'b', 'c'",
        ),
        (
            [0, 1, 2, 3],
            "train y must have 2 different labels, one for each class, got 4: 0, 1, 2, 3",
        ),
        ([0, 0.5, 1, 1], "train y must be labels of classes, got 0.5"),
        ([[1], [0], [0], [1]], "train y must be labels or have shape (n, 2), got (4, 1)"),
        ([1e19, 2e19, 0, 0], "train y must be labels of classes, got 1e+19"),
    ],
)
def test_labels_of_other_classes_are_refused(y, message):
    with pytest.raises(DataError) as refused:
        exclusive_or(y=y)
    assert str(refused.value) == message


@pytest.mark.parametrize(
    ("train", "validation", "message"),
    [
        ("abba", list("abbc"), "validation y must hold labels of 'a', 'b', got 'c'"),
        (ODD, list("abba"), "validation y must hold labels of 0, 1, got 'a', 'b'"),
        (ODD, [1, 2, 2, 1], "validation y must hold labels of 0, 1, got 2"),
        ([3, 5, 5, 3], ODD, "validation y must hold labels of 3, 5, got 0, 1"),
    ],
)
def test_a_label_that_only_validation_has_is_refused(train, validation, message):
    network = Network(TANH, inputs=2, outputs=2)
    with pytest.raises(DataError, match=message):
        fit(network, SETTINGS, Data(CORNERS, list(train)), Data(CORNERS, validation))


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ([[0, 255]] * 4, "train y must be from 0 to 1 for cross-entropy, got 0 to 255"),
        ([[1, 1]] * 4, "train y must be labels or rows that sum to 1 for cross_entropy, got a sum"),
    ],
)
def test_rows_that_are_no_probabilities_are_refused(rows, message):
    with pytest.raises(DataError, match=message):
        exclusive_or(y=rows)


def test_a_network_trained_anew_forgets_the_labels_of_before():
    network = exclusive_or(y=list("abba"))
    fit(network, SETTINGS, Data(CORNERS, list("cddc")))
    assert network.labels == ("c", "d")
    fit(network, SETTINGS, Data(CORNERS, [1, 2, 2, 1]))
    assert network.predict(CORNERS).tolist() == [1, 2, 2, 1]
    with pytest.raises(DataError, match="train y must hold labels of 1, 2, got 3"):
        fit(network, SETTINGS, Data(CORNERS, [1, 2, 3, 1]), initialize=False)


@pytest.mark.parametrize(
    "refused",
    [
        {"train": Data(CORNERS, list("xyzx"))},
        {"validation": Data(CORNERS, list("xyyx"))},
        {"settings": TrainingSettings(augment=AugmentSettings(shift=1), monitor="train_loss")},
        {"frozen_layers": 1},
        {"initialize": False, "frozen_layers": 9},
    ],
)
def test_a_fit_that_is_refused_changes_nothing(refused):
    network = exclusive_or(y=list("abba"))
    before = network.parameters.copy()
    arguments = {"settings": SETTINGS, "train": Data(CORNERS, list("abba"))} | refused
    with pytest.raises(NncoreError):
        fit(network, **arguments)
    assert network.labels == ("a", "b")
    assert np.array_equal(network.parameters, before)


@pytest.mark.parametrize("way", ["copy", "pickle"])
def test_a_copy_trains_as_the_network_does(way):
    network, data = Network(TANH, inputs=2, outputs=2), Data(CORNERS, ODD)
    other = (
        copy.deepcopy(network) if way == "copy" else pickle.loads(pickle.dumps(network))  # noqa: S301
    )
    fit(other, SETTINGS, data)
    fit(network, SETTINGS, data)
    assert network.predict(CORNERS).tolist() == other.predict(CORNERS).tolist() == ODD
    assert np.array_equal(network.parameters, other.parameters)


def test_a_network_whose_training_diverged_answers_nothing(tmp_path):
    network = Network(TANH, inputs=2, outputs=2)
    with pytest.raises(DivergenceError, match=r"lower the learning rate \(lr is 1e\+30\)"):
        fit(network, SETTINGS, Data(CORNERS, ODD), lr_schedule=lambda _: 1e30)
    for use in (
        lambda: network.predict(CORNERS),
        lambda: save(tmp_path / "m.npz", network),
        lambda: to_onnx(network),
    ):
        with pytest.raises(SettingsError, match="parameters must be finite, got others"):
            use()


@pytest.mark.parametrize(
    "frame",
    [
        pd.DataFrame(CORNERS, columns=["a", "b"]).astype({"a": bool, "b": float}),
        pd.DataFrame(CORNERS, columns=["a", "b"]).astype("Float64"),
        np.array(CORNERS, object),
    ],
)
def test_tables_of_several_types_of_numbers_are_numbers(frame):
    assert exclusive_or(frame).parameters.tobytes() == exclusive_or().parameters.tobytes()


def test_smoothed_labels_of_a_single_output_stay_as_far_from_both_ends():
    targets = np.array([[0.0], [1.0]])
    smooth_labels(targets, 0.2)
    assert targets.ravel() == pytest.approx([0.1, 0.9])


def test_an_input_too_large_for_the_dtype_is_refused():
    with pytest.raises(DataError, match="X must be finite in float32, got 1e\\+300 in row 1"):
        exclusive_or([[0, 0], [1e300, 1], [1, 0], [1, 1]])


@pytest.mark.parametrize(
    ("output", "loss"), [("softmax", "cross_entropy"), ("identity", "half_squared_error")]
)
def test_outputs_that_overflow_are_refused(output, loss):
    architecture = Architecture(hidden=(3,), output=output, loss=loss)
    network = Network(architecture, inputs=2, outputs=3)
    network.parameters[: network.weight_count] = 3e38
    with pytest.raises(DataError, match=r"^outputs must be finite, got (nan|inf) for sample 1; "):
        network.predict([[0, 0.0], [1e3, 1e3]])


@pytest.mark.parametrize("path", [str, Path])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_a_network_of_numbers_comes_back_from_its_file(tmp_path, path, dtype):
    network = exclusive_or(y=list("noon"), dtype=dtype)
    save(path(tmp_path / "network.npz"), network)
    model = load(path(tmp_path / "network.npz"))
    assert model.network.parameters.tobytes() == network.parameters.tobytes()
    assert model.labels == model.network.labels == ("n", "o")
    assert model.predict(CORNERS).tolist() == list("noon")
    assert np.array_equal(model.predict_proba(CORNERS), network.predict_proba(CORNERS))
    assert (model.image_shape, model.normalization) == (None, None)


def test_a_network_of_bytes_answers_bytes(tmp_path):
    pixels = 255 * np.array(CORNERS, np.uint8).reshape(4, 2, 1)
    network = exclusive_or(pixels / 255)
    save(tmp_path / "model.npz", Model(network, ("even", "odd"), (2, 1), Normalization()))
    model = load(tmp_path / "model.npz")
    for values in (pixels, pixels.tolist(), pixels.reshape(4, 2).astype(np.int64)):
        assert model.predict(values).tolist() == ["even", "odd", "odd", "even"]
    with pytest.raises(DataError, match="X must be pixels, integers from 0 to 255, got float64"):
        model.predict(pixels / 255)


def test_a_file_of_the_first_format_is_read(tmp_path):
    """A file of images as version 0.1 wrote it, with the keys that it had."""
    network = exclusive_or()
    path = tmp_path / "model.npz"
    save(path, Model(network, ("even", "odd"), (2, 1), Normalization()))
    new = load(path)

    def change(values):
        values |= {"format": "nncore model 1", "class_names": values.pop("labels")}
        for name in ("dtype", "inputs", "outputs"):
            del values[name]

    rewrite_specification(path, change)
    old = load(path)
    assert old.network.parameters.tobytes() == new.network.parameters.tobytes()
    assert (old.labels, old.image_shape, old.normalization) == (
        ("even", "odd"),
        (2, 1),
        Normalization(),
    )


def test_frozen_layers_do_not_count_in_the_clipped_norm():
    """One step of plain gradient descent: the step of the other layers has the limit's length."""
    network = Network(Architecture(hidden=(6,)), inputs=4, outputs=3)
    fit(network, TrainingSettings(epochs=1, monitor="train_loss"), Data(IRIS, SPECIES))
    before = network.parameters.copy()
    clipped = RegularizationSettings(clip_norm=1e-3)
    step = {"epochs": 1, "batch_size": 150, "lr": 1.0, "optimizer": "sgd", "monitor": "train_loss"}
    settings = TrainingSettings(**step, regularization=clipped)
    fit(network, settings, Data(IRIS, SPECIES), initialize=False, frozen_layers=1)
    assert np.linalg.norm(network.parameters - before) == pytest.approx(1e-3, rel=1e-3)


def test_training_goes_on_from_the_weights_of_a_network():
    """Steps of 1e-30 keep them."""
    network = exclusive_or()
    before = network.parameters.copy()
    settings = TrainingSettings(epochs=1, lr=1e-30, optimizer="sgd", monitor="train_loss")
    history = fit(network, settings, Data(CORNERS, ODD), initialize=False)
    assert np.array_equal(network.parameters, before)
    assert history[0].train_accuracy == 1


@pytest.mark.parametrize("optimizer", ["adam", "momentum", "rmsprop"])
@pytest.mark.parametrize("frozen", [1, 2])
def test_frozen_layers_keep_their_parameters(optimizer, frozen):
    architecture = Architecture(hidden=(6, 5), bias_init="normal", bias_scale=0.1)
    network = Network(architecture, inputs=4, outputs=3)
    data = Data(IRIS, SPECIES)
    fit(network, TrainingSettings(epochs=2, monitor="train_loss"), data)
    before = [array.copy() for array in (*network.weights, *network.biases)]
    everything = RegularizationSettings(
        l1=0.01, l2=0.01, weight_decay=0.1, max_norm=0.1, clip_norm=1e-3, dropout=0.1
    )
    settings = TrainingSettings(
        epochs=3,
        lr=0.01,
        optimizer=optimizer,
        regularization=everything,
        monitor="train_loss",
    )
    fit(network, settings, data, initialize=False, frozen_layers=frozen)
    after = (*network.weights, *network.biases)
    same = [np.array_equal(*pair) for pair in zip(before, after, strict=True)]
    assert same == [layer < frozen for layer in (0, 1, 2)] * 2


def test_the_learning_rate_may_be_a_function_of_the_epoch():
    network = Network(TANH, inputs=2, outputs=2)
    history = fit(
        network,
        TrainingSettings(epochs=3, lr=7.0, schedule="cosine", monitor="train_loss"),
        Data(CORNERS, ODD),
        lr_schedule=lambda epoch: 0.5 / epoch,
    )
    assert [record.lr for record in history] == [0, 0.5, 0.25, 0.5 / 3]


@pytest.mark.parametrize("rate", [0, -1.0, float("nan"), "much", None])
def test_a_rate_of_no_use_is_refused_with_its_epoch(rate):
    network = Network(TANH, inputs=2, outputs=2)
    with pytest.raises(SettingsError, match=r"^lr_schedule\(1\) must be "):
        fit(network, SETTINGS, Data(CORNERS, ODD), lr_schedule=lambda _: rate)


def test_a_callback_that_returns_true_stops_the_training():
    network = Network(TANH, inputs=2, outputs=2)

    def enough(record, trained):
        assert trained is network
        return record.train_accuracy == 1

    history = fit(network, SETTINGS, Data(CORNERS, ODD), on_epoch=enough)
    again = fit(network, SETTINGS, Data(CORNERS, ODD), on_epoch=lambda *c: np.bool_(enough(*c)))
    assert again == history
    assert history[-1].train_accuracy == 1
    assert all(record.train_accuracy < 1 for record in history[:-1])


def test_a_callback_may_return_anything_else():
    network = Network(TANH, inputs=2, outputs=2)
    settings = TrainingSettings(epochs=3, monitor="train_loss")
    assert len(fit(network, settings, Data(CORNERS, ODD), on_epoch=lambda *call: call)) == 4


def test_settings_take_the_name_of_an_optimizer_or_schedule():
    by_name = TrainingSettings(optimizer="adam", schedule="cosine")
    assert (by_name.optimizer.name, by_name.schedule.name) == ("adam", "cosine")
    assert by_name.optimizer.beta1 == 0.9


def test_settings_take_numbers_of_numpy():
    settings = TrainingSettings(epochs=np.int64(3), lr=np.float32(0.25))
    assert settings == TrainingSettings(epochs=3, lr=0.25)
    assert Architecture(hidden=[np.int32(4)]) == Architecture(hidden=(4,))
    assert Network(TANH, inputs=np.int64(2), outputs=np.uint8(2)).inputs == 2


def run_onnx(model, samples):
    made = session(model)
    (name,) = (value.name for value in made.get_inputs())
    return made.run(["label", "probabilities"], {name: samples})


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_a_model_of_numbers_runs_elsewhere(dtype):
    model = Model(exclusive_or(dtype=dtype))
    samples = np.array(CORNERS, np.float32)
    label, probabilities = run_onnx(model, samples)
    assert label.tolist() == ODD
    assert probabilities == pytest.approx(model.predict_proba(samples), abs=1e-6)


def test_a_single_output_runs_elsewhere():
    architecture = Architecture(hidden=(8,), output="sigmoid", loss="binary_cross_entropy")
    network = Network(architecture, inputs=4, outputs=1)
    fit(network, TrainingSettings(epochs=20, monitor="train_loss"), Data(IRIS, SPECIES == 2))
    samples = IRIS.astype(np.float32)
    label, probabilities = run_onnx(Model(network), samples)
    assert np.array_equal(label == 1, network.predict(samples))
    assert probabilities == pytest.approx(network.predict_proba(samples), abs=1e-6)


@pytest.mark.parametrize(
    "names", [[0, 1, 2], [2.0, 4.0, 8.0], ["setosa", "versicolor", "virginica"]]
)
def test_an_estimator_becomes_a_model(tmp_path, names):
    fitted = MLPClassifier(tol=0.1, random_state=1).fit(IRIS, np.array(names)[SPECIES])
    save(tmp_path / "iris.npz", fitted.to_model())
    model = load(tmp_path / "iris.npz")
    assert model.predict(IRIS).tolist() == fitted.predict(IRIS).tolist()
    assert model.predict_proba(IRIS) == pytest.approx(fitted.predict_proba(IRIS), abs=1e-6)
    label, _ = run_onnx(model, IRIS.astype(np.float32))
    assert np.array_equal(fitted.classes_[label], fitted.predict(IRIS))
