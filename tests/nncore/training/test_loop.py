"""Training: steps worked by hand or by other means, determinism, stopping, what is refused."""

import re

import numpy as np
import pytest

from nncore.config.architecture import Architecture
from nncore.config.optimizer import OptimizerSettings
from nncore.config.schedule import ScheduleSettings
from nncore.config.training import RegularizationSettings, StoppingSettings, TrainingSettings
from nncore.data.batches import Batches
from nncore.data.dataset import Data
from nncore.errors import DataError, DivergenceError
from nncore.network.network import Network
from nncore.training.evaluation import evaluate
from nncore.training.fit import fit
from nncore.training.loop import Training

ONE_WEIGHT = Architecture(
    hidden=(),
    output="identity",
    loss="half_squared_error",
    weight_init="constant",
    weight_scale=1.0,
)
ONE_IMAGE = Data(np.ones((1, 1)), np.zeros((1, 1)))
ZEROS = Architecture(hidden=(), weight_init="constant", weight_scale=0.0)


def blobs(n=120, classes=3, inputs=4, dtype=np.float32, seed=5):
    """Return images that lie far apart by class: linearly separable."""
    rng = np.random.default_rng(seed)
    labels = rng.integers(classes, size=n)
    images = 4 * np.eye(classes, inputs)[labels] + 0.3 * rng.standard_normal((n, inputs))
    return Data(images.astype(dtype), np.eye(classes, dtype=dtype)[labels])


def trained(data, validation=None, architecture=None, dtype=np.float32, **settings):
    """Return a network, fitted, and its history."""
    inputs, outputs = data.inputs.shape[1], data.targets.shape[1]
    made = architecture or Architecture(hidden=(8,))
    network = Network(made, inputs=inputs, outputs=outputs, dtype=dtype)
    settings = {"epochs": 3, "batch_size": 32, "lr": 0.1} | settings
    return network, fit(network, TrainingSettings(**settings), data, validation)


@pytest.mark.parametrize(
    ("settings", "epochs", "weight", "bias"),
    [
        # Weight and bias start at 1 and 0, their sum s at 1, and each has the gradient s.
        # s halves, then again
        ({"optimizer": {"name": "sgd"}}, 2, 0.625, -0.375),
        # Velocities 1, 1, 1/2; s = 1/2, 0, -1/4
        ({"optimizer": {"name": "momentum", "momentum": 0.5}}, 3, 0.375, -0.625),
        # Velocities 1, 3/4; moves of 3/2 and 5/8 quarters; s = 1/4, -1/16
        ({"optimizer": {"name": "nesterov", "momentum": 0.5}}, 2, 0.46875, -0.53125),
        # Both by the learning rate
        ({"optimizer": {"name": "adam"}}, 1, 0.75, -0.25),
        # g / (√g² + 1) = 1/2 each
        ({"optimizer": {"name": "rmsprop", "decay": 0.0, "epsilon": 1.0}}, 1, 0.875, -0.125),
        # Gradients 1 + 2 · 1 and 1
        ({"regularization": {"l2": 2.0}}, 1, 0.25, -0.25),
        ({"regularization": {"l1": 0.5}}, 1, 0.625, -0.25),
        # 1 · (1 - 1/4 · 1) - 1/4
        ({"regularization": {"weight_decay": 1.0}}, 1, 0.5, -0.25),
        # (1, 1) has a norm of √2, a quarter of its direction is 1/√32
        ({"regularization": {"clip_norm": 1.0}}, 1, 1 - 32**-0.5, -(32**-0.5)),
        ({"regularization": {"max_norm": 0.5}}, 1, 0.5, -0.25),
        # s = 1/2, then by an eighth instead of a quarter twice: 3/8
        ({"schedule": {"name": "exponential", "factor": 0.5}}, 2, 0.6875, -0.3125),
        # Warmed up to a quarter in two epochs: s = 3/4, 3/8
        ({"schedule": {"name": "constant", "warmup_epochs": 2}}, 2, 0.6875, -0.3125),
    ],
)
def test_setting_reaches_the_step(settings, epochs, weight, bias):
    """One weight, image 1, target 0, lr 1/4: the loss is ½ (weight + bias)²."""
    kinds = {
        "optimizer": OptimizerSettings,
        "regularization": RegularizationSettings,
        "schedule": ScheduleSettings,
    }
    made = {"optimizer": OptimizerSettings(name="sgd")}
    made |= {key: kinds[key](**values) for key, values in settings.items()}
    network, _ = trained(ONE_IMAGE, None, ONE_WEIGHT, np.float64, epochs=epochs, lr=0.25, **made)
    assert network.parameters == pytest.approx([weight, bias], rel=1e-6)


def step_by_complex_differentiation(network, parameters, images, targets, lr):
    """Return `parameters` after a step of gradient descent.

    The gradient of a tanh network with softmax and cross-entropy, in plain matrix algebra, as the
    imaginary part of the loss at parameters with an imaginary 1e-30: exact to float64's rounding,
    and nothing goes backward. Squire & Trapp, SIAM Review 40 (1998).
    """
    gradient = np.empty(parameters.size)
    for index in range(parameters.size):
        moved = parameters.astype(np.complex128)
        moved[index] += 1e-30j
        (w1, w2), (b1, b2) = network.views(moved)
        exponentials = np.exp(np.tanh(images @ w1 + b1) @ w2 + b2)
        chosen = (targets * exponentials).sum(axis=1) / exponentials.sum(axis=1)
        gradient[index] = -np.log(chosen).mean().imag / 1e-30
    return parameters - lr * gradient


@pytest.mark.parametrize("batch_size", [5, 3])
def test_epoch_of_gradient_descent_is_what_other_mathematics_gives(batch_size):
    """In one batch of all 5 images, and in one of 3 and a short one of 2, which is used too."""
    data = blobs(5, dtype=np.float64)
    sgd = OptimizerSettings(name="sgd")
    settings = {"batch_size": batch_size, "lr": 0.125, "optimizer": sgd, "seed": 9}
    made = Architecture(hidden=(6,), activation="tanh", bias_init="normal", bias_scale=0.1)
    start, _ = trained(data, None, made, np.float64, epochs=0, **settings)
    network, _ = trained(data, None, made, np.float64, epochs=1, **settings)
    parameters = start.parameters
    # The second of the streams spawned from the seed orders the images.
    order = np.random.default_rng(np.random.SeedSequence(9).spawn(3)[1]).permutation(5)
    for rows in np.split(order, [batch_size]) if batch_size < 5 else [order]:
        parameters = step_by_complex_differentiation(
            start, parameters, data.inputs[rows], data.targets[rows], 0.125
        )
    assert network.parameters == pytest.approx(parameters, rel=1e-12, abs=1e-14)


def test_epoch_0_is_the_evaluation_before_training():
    data, validation = blobs(), blobs(seed=6)
    untrained, _ = trained(data, epochs=0)
    _, history = trained(data, validation, epochs=2)
    first = history[0]
    assert (first.epoch, first.lr) == (0, 0)
    assert (first.train_loss, first.train_accuracy) == evaluate(untrained, data)
    assert (first.validation_loss, first.validation_accuracy) == evaluate(untrained, validation)


def test_epoch_0_of_a_network_of_zeros_is_chance():
    """The loss is ln 3, and the first class is the answer to every image."""
    data = blobs()
    _, history = trained(data, None, ZEROS, epochs=0)
    assert history[0].train_loss == pytest.approx(np.log(3), rel=1e-6)
    assert history[0].train_accuracy == data.targets[:, 0].mean()


def test_validation_columns_are_the_evaluation_after_the_epoch():
    validation = blobs(seed=6)
    network, history = trained(blobs(), validation)
    assert (history[-1].validation_loss, history[-1].validation_accuracy) == evaluate(
        network, validation
    )


def test_training_columns_are_means_before_each_update():
    """In one batch, the first epoch's are those of the untrained network."""
    _, history = trained(blobs(), batch_size=1000, epochs=1)
    assert history[1].train_loss == pytest.approx(history[0].train_loss, rel=1e-5)
    assert history[1].train_accuracy == history[0].train_accuracy


def test_movements_are_measured_in_norms_of_the_weight():
    """The one weight goes 1, 3/4, 5/8; its moves are 1/4 and 3/8, and 1/8 of 3/4."""
    sgd = OptimizerSettings(name="sgd")
    _, history = trained(ONE_IMAGE, None, ONE_WEIGHT, np.float64, epochs=2, lr=0.25, optimizer=sgd)
    moves = [vars(record.layers[0]) for record in history]
    assert moves == [
        {"norm": 1, "distance_from_init": 0, "update_size": 0},
        {"norm": 0.75, "distance_from_init": 0.25, "update_size": 0.25},
        {"norm": 0.625, "distance_from_init": 0.375, "update_size": pytest.approx(1 / 6)},
    ]


def test_history_has_the_rate_of_each_epochs_last_step():
    schedule = ScheduleSettings(name="constant", warmup_epochs=2)
    _, history = trained(blobs(64), batch_size=16, epochs=3, lr=0.5, schedule=schedule)
    assert [record.lr for record in history] == [0, 0.25, 0.5, 0.5]


def test_constant_rate_is_the_one_asked_for():
    _, history = trained(blobs(dtype=np.float64), dtype=np.float64, epochs=2, lr=0.1)
    assert [record.lr for record in history[1:]] == [0.1, 0.1]


def everything_on(seed=1):
    """Return settings with everything that draws random numbers."""
    return {
        "seed": seed,
        "regularization": RegularizationSettings(dropout=0.2, input_dropout=0.1),
        "optimizer": OptimizerSettings(name="adam"),
    }


def test_same_seed_gives_the_same_bytes_and_the_same_history():
    data = blobs()
    (one, first), (other, second) = (trained(data, data, **everything_on()) for _ in range(2))
    assert one.parameters.tobytes() == other.parameters.tobytes()
    assert first == second


def test_another_seed_gives_other_parameters():
    one, other = (trained(blobs(), **everything_on(seed))[0] for seed in (1, 2))
    assert not np.any(one.weights[0] == other.weights[0])


def test_global_random_state_has_no_part():
    data, before = blobs(), np.random.get_state()[1].copy()  # noqa: NPY002  the point of the test
    trained(data, **everything_on())
    assert np.array_equal(before, np.random.get_state()[1])  # noqa: NPY002


@pytest.fixture
def seen(monkeypatch):
    """Collect the images of every epoch in their order."""
    epochs, shuffle = [], Batches.shuffle

    def watched(batches, *given):
        for gathered, parts in shuffle(batches, *given):
            epochs.append(gathered.inputs.tolist())
            yield gathered, parts

    monkeypatch.setattr(Batches, "shuffle", watched)
    return epochs


@pytest.mark.parametrize("regularization", [{"dropout": 0.5}, {"input_dropout": 0.5}])
def test_dropout_changes_neither_initial_weights_nor_the_order_of_the_images(regularization, seen):
    plain, first = trained(blobs())
    dropped, second = trained(blobs(), regularization=RegularizationSettings(**regularization))
    assert seen[:3] == seen[3:]
    assert first[0] == second[0]
    assert not np.array_equal(plain.parameters, dropped.parameters)


def test_order_of_the_images_differs_between_epochs(seen):
    trained(blobs(), epochs=2)
    assert seen[0] != seen[1]
    assert sorted(seen[0]) == sorted(seen[1])


def test_xor_is_learnt():
    """Which a network without a hidden layer can't: Minsky & Papert, Perceptrons (1969)."""
    corners = np.array([[0, 0], [0, 1], [1, 0], [1, 1]], np.float32)
    data = Data(corners, np.eye(2, dtype=np.float32)[[0, 1, 1, 0]])
    settings = {"epochs": 200, "batch_size": 4, "optimizer": OptimizerSettings(name="adam")}
    _, history = trained(data, None, Architecture(hidden=(8,), activation="tanh"), **settings)
    assert (history[-1].train_accuracy, history[-1].train_loss) == (1, pytest.approx(0, abs=0.05))
    _, history = trained(data, None, Architecture(hidden=()), **settings)
    assert history[-1].train_accuracy < 1


@pytest.mark.parametrize("output", [{}, {"output": "sigmoid", "loss": "binary_cross_entropy"}])
@pytest.mark.parametrize("hidden", [(), (8,)])
def test_linearly_separable_classes_are_learnt(output, hidden):
    made = Architecture(hidden=hidden, **output)
    _, history = trained(blobs(), blobs(seed=6), made, epochs=10)
    assert (history[-1].train_accuracy, history[-1].validation_accuracy) == (1, 1)


@pytest.mark.parametrize(
    ("keep", "total"),
    [
        ({"keep": "last"}, -0.3125),
        ({"keep": "best", "monitor": "validation_loss"}, -0.125),
        # Taken before the step, so that the third epoch's is what the second left behind
        ({"keep": "best", "monitor": "train_loss"}, 0.15625),
    ],
)
def test_weights_of_the_epoch_to_keep_are_kept(keep, total):
    """Under a rate that warms up to 3/2, s = 1 is multiplied by 1/4, -1/2, -5/4, -2."""
    network, _ = trained(
        ONE_IMAGE,
        ONE_IMAGE,
        ONE_WEIGHT,
        np.float64,
        epochs=4,
        lr=1.5,
        optimizer=OptimizerSettings(name="sgd"),
        schedule=ScheduleSettings(warmup_epochs=4),
        **keep,
    )
    assert network.parameters == pytest.approx([(1 + total) / 2, (total - 1) / 2])


def test_best_accuracy_is_the_largest():
    validation = blobs(seed=6)
    settings = {"keep": "best", "monitor": "validation_accuracy", "epochs": 10}
    network, history = trained(blobs(), validation, **settings)
    assert history[0].validation_accuracy < 1
    assert evaluate(network, validation)[1] == 1


def test_finish_names_the_epoch_whose_weights_are_kept():
    """Epoch 0 is the best only of weights that were not drawn for this training."""
    data = blobs()
    for keep, initialize, epoch in (("last", True, 2), ("best", True, 1), ("best", False, 0)):
        network = Network(Architecture(hidden=(8,)), inputs=4, outputs=3)
        # So small a rate changes nothing: the earliest epoch is the best.
        settings = TrainingSettings(epochs=2, lr=1e-30, keep=keep)
        training = Training(network, settings, data, data, initialize=initialize)
        while not training.finished:
            training.run_epoch()
        assert training.restore_kept_weights() == epoch


@pytest.mark.parametrize(
    ("stopping", "epochs"),
    [
        ({"rule": "none"}, 7),
        # Counted from epoch 1: the weights of epoch 0 have just been drawn.
        ({"rule": "patience", "epochs": 3}, 4),
        ({"rule": "change", "epochs": 2, "threshold": 0.1}, 2),
        ({"rule": "patience", "epochs": 99}, 7),
    ],
)
@pytest.mark.parametrize("monitor", ["validation_loss", "train_accuracy"])
def test_training_that_does_not_move_ends_by_its_rule(stopping, epochs, monitor):
    stopping = StoppingSettings(**stopping)
    settings = {"epochs": 7, "lr": 1e-30, "stopping": stopping, "monitor": monitor}
    _, history = trained(blobs(), blobs(seed=6), **settings)
    assert [record.epoch for record in history] == list(range(epochs + 1))


def test_patience_lets_training_go_on_while_it_improves():
    stopping = StoppingSettings(rule="patience", epochs=1)
    _, history = trained(blobs(), blobs(seed=6), epochs=5, lr=0.01, stopping=stopping)
    losses = [record.validation_loss for record in history]
    assert len(losses) == 6
    assert losses == sorted(losses, reverse=True)


def test_plateau_cuts_the_rate_when_nothing_improves():
    schedule = ScheduleSettings(name="plateau", factor=0.5, patience=2)
    _, history = trained(blobs(), blobs(seed=6), epochs=5, lr=1e-30, schedule=schedule)
    assert [record.lr / 1e-30 for record in history] == pytest.approx([0, 1, 1, 0.5, 0.5, 0.25])


def test_label_smoothing_moves_a_share_of_the_target_to_all_classes():
    """Targets (1, 0) become (0.9, 0.1), and a step from zeros goes there."""
    made = Architecture(
        hidden=(),
        # Its derivative at 0 is 1.
        output="tanh",
        loss="half_squared_error",
        weight_init="constant",
        weight_scale=0.0,
    )
    network, history = trained(
        Data(np.zeros((1, 3)), np.array([[1.0, 0]])),
        None,
        made,
        np.float64,
        epochs=1,
        lr=1.0,
        regularization=RegularizationSettings(label_smoothing=0.2),
        optimizer=OptimizerSettings(name="sgd"),
    )
    assert network.biases[0] == pytest.approx([0.9, 0.1])
    assert [record.train_loss for record in history] == pytest.approx([0.5, 0.41])


def test_label_smoothing_leaves_the_data_alone():
    data = blobs()
    trained(data, regularization=RegularizationSettings(label_smoothing=0.2))
    assert np.array_equal(data.targets, blobs().targets)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_dtype_of_the_data_is_that_of_the_parameters(dtype):
    network, _ = trained(blobs(dtype=dtype), None, None, dtype, **everything_on())
    assert network.parameters.dtype == dtype


def test_memory_mapped_data_give_the_same_bytes(tmp_path):
    data = blobs()
    for name in ("inputs", "targets"):
        np.save(tmp_path / f"{name}.npy", getattr(data, name))
    mapped = Data(
        *(np.load(tmp_path / f"{name}.npy", mmap_mode="r") for name in ("inputs", "targets"))
    )
    (one, first), (other, second) = (trained(d, d, **everything_on()) for d in (data, mapped))
    assert one.parameters.tobytes() == other.parameters.tobytes()
    assert first == second


def test_on_epoch_is_called_with_each_record_in_turn():
    calls = []
    network = Network(Architecture(hidden=(8,)), inputs=4, outputs=3)
    history = fit(
        network, TrainingSettings(epochs=3), blobs(), on_epoch=lambda *call: calls.append(call)
    )
    assert [record.epoch for record, _ in calls] == [0, 1, 2, 3]
    assert calls == [(record, network) for record in history]


def test_without_validation_data_its_columns_are_none():
    _, history = trained(blobs())
    assert {(r.validation_loss, r.validation_accuracy) for r in history} == {(None, None)}


@pytest.mark.parametrize(
    ("settings", "name"),
    [
        ({"keep": "best"}, "keep"),
        ({"stopping": StoppingSettings(rule="patience")}, "stopping"),
        ({"schedule": ScheduleSettings(name="plateau")}, "schedule"),
    ],
)
def test_monitor_without_data_is_refused(settings, name):
    message = f"^validation must be data, because {name} uses validation_accuracy, got None$"
    with pytest.raises(DataError, match=message):
        trained(blobs(), monitor="validation_accuracy", **settings)


def test_divergence_says_what_to_do():
    message = (
        r"^training diverged in epoch \d: expected finite losses and weights, got (inf|nan); "
        r"lower the learning rate \(lr is 1e\+20\) or set clip_norm$"
    )
    with pytest.raises(DivergenceError, match=message):
        trained(blobs(), None, ONE_WEIGHT, lr=1e20)


@pytest.mark.parametrize("validation", [None, blobs()])
def test_divergence_in_the_very_last_step_is_one_too(validation):
    """The loss before that step is finite, the weights after it are not."""
    with pytest.raises(DivergenceError):
        trained(blobs(), validation, ONE_WEIGHT, lr=3e38, epochs=1, batch_size=1000)


def test_a_start_that_overflows_is_a_divergence_in_epoch_0():
    with pytest.raises(DivergenceError, match=r"^training diverged in epoch 0: "):
        trained(blobs(), None, Architecture(hidden=(8,), weight_scale=1e30), epochs=0)


FOUR, THREE = np.ones((5, 4)), np.ones((5, 3))


@pytest.mark.parametrize(
    ("images", "targets", "message"),
    [
        (FOUR[:, 1:], THREE, "X must have shape (n, 4), n at least 1, got (5, 3)"),
        (FOUR[:0], THREE[:0], "X must have shape (n, 4), n at least 1, got (0, 4)"),
        (FOUR, THREE[:, 1:], "y must be labels or have shape (n, 3), got (5, 2)"),
        (FOUR, [0, 1, 0.5, 1, 2], "y must be labels of classes, got 0.5"),
    ],
)
@pytest.mark.parametrize("name", ["train", "validation"])
def test_data_that_do_not_fit_are_refused(name, images, targets, message):
    network = Network(Architecture(hidden=(8,)), inputs=4, outputs=3, dtype=np.float64)
    data = {"train": blobs(dtype=np.float64), name: Data(images, targets)}
    with pytest.raises(DataError, match=f"^{re.escape(f'{name} {message}')}$"):
        fit(network, TrainingSettings(), **data)


@pytest.mark.parametrize("batch_size", [1, 32])
def test_without_shuffling_each_epoch_has_the_order_of_the_data(batch_size):
    """Which five epochs of plain descent then go through, as one epoch of five copies does."""
    data = blobs(96)
    settings = {"batch_size": batch_size, "optimizer": OptimizerSettings(name="sgd"), "lr": 0.1}
    copies = Data(np.tile(data.inputs, (5, 1)), np.tile(data.targets, (5, 1)))
    networks = []
    for each, epochs, shuffle in ((data, 5, False), (copies, 1, False), (data, 5, True)):
        network = Network(Architecture(hidden=(8,)), inputs=4, outputs=3)
        fit(network, TrainingSettings(epochs=epochs, **settings), each, shuffle=shuffle)
        networks.append(network.parameters.tobytes())
    assert networks[0] == networks[1] != networks[2]
