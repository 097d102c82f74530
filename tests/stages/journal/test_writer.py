"""What a training writes into its journal, and that nothing else depends on it."""

import base64
import os
import signal
from dataclasses import replace

import numpy as np
import pytest
from journal_lines import read
from stage_runs import lose_outputs, stop_at

from nncore.config.architecture import Architecture
from nncore.config.optimizer import OptimizerSettings
from nncore.config.training import TrainingSettings
from nncore.data.dataset import Data
from nncore.data.preprocessing import Normalization
from nncore.network.network import Network
from nncore.training.loop import Training
from stages.journal import files
from stages.journal.content import Thumbnails
from stages.journal.files import complete_lines
from stages.journal.observer import TrainingObserver
from stages.journal.writer import Journal
from stages.shared.params import load_params
from stages.sweeps.trial import run_trial
from stages.watching.runs import Run


def only_journal(stages):
    (path,) = stages[".journal"].glob("*.jsonl")
    return path


def epochs_of(events):
    return {event["epoch"]: event for event in events if event["event"] == "epoch"}


@pytest.fixture
def trained(stages):
    """Return a folder in which train has run again, with a journal."""
    lose_outputs(stages, "train")
    stages.complete("train")
    return stages


def test_a_journal_changes_no_byte_of_the_outputs(trained, finished):
    """`finished` has none."""
    assert not finished[".journal"].exists()
    assert only_journal(trained).stat().st_size > 1000
    assert trained.outputs() == finished.outputs()


def test_a_journal_has_the_numbers_of_the_history(trained):
    first, *events = read(only_journal(trained))
    assert (first["event"], first["epochs"], first["class_names"]) == ("start", 4, ["0", "1", "2"])
    assert first["layers"] == [[16, 4, "relu"], [4, 3, "softmax"]]
    assert (events[-1]["event"], events[-1]["state"]) == ("end", "finished")
    header, *rows = trained["reports/history.csv"].read_text(encoding="ascii").splitlines()
    expected = [[float(cell) for cell in row.split(",")] for row in rows]
    assert [[event[key] for key in header.split(",")] for event in events[:-1]] == expected


def test_a_confusion_counts_all_validation_images(trained):
    """Its diagonal is the accuracy."""
    for event in epochs_of(read(only_journal(trained))).values():
        counts = np.array(event.get("confusion", []))
        if counts.size:
            assert counts.sum() == 20
            assert np.trace(counts) / 20 == event["validation_accuracy"]
            assert len(event["mistakes"]) == min(12, 20 - np.trace(counts))


@pytest.mark.parametrize("seed", range(4))
def test_a_killed_training_leaves_a_readable_journal_and_continues_it(stages, finished, seed):
    lose_outputs(stages, "train")
    calls = int((finished.home / "calls-train").read_text(encoding="ascii"))
    moment = int(np.random.default_rng([9, seed]).integers(3 * calls // 4, calls))
    done = stages.run("train", STOP=stop_at("train", moment))
    path = only_journal(stages)
    run = Run("a", path)
    run.update()
    assert run.summary(0.0)["state"] == ("killed" if done.code else "finished")
    recorded = max(epochs_of(list(complete_lines(path.read_bytes()))), default=0)
    lose_outputs(stages, "train")
    stages.complete("train")
    assert stages.outputs() == finished.outputs()
    events = list(complete_lines(only_journal(stages).read_bytes()))
    assert sorted(epochs_of(events)) == [0, 1, 2, 3, 4]
    assert events[-1]["state"] == "finished"
    resumed = [event for event in events if event["event"] == "start"][-1]["first_epoch"]
    assert resumed > 0 or done.code == 0 or recorded == 0


def test_a_training_that_begins_anew_begins_its_journal_anew(trained):
    lose_outputs(trained, "train")
    trained.complete("train")
    assert [event["event"] for event in read(only_journal(trained))].count("start") == 1


def test_a_training_that_is_terminated_says_so(stages):
    lose_outputs(stages, "train")
    done = stages.run("train", STOP=stop_at("train", 20_000, signal.SIGTERM))
    assert done.code == 143
    assert read(only_journal(stages))[-1]["state"] == "interrupted"


def test_a_training_that_diverges_says_why(stages):
    params = stages["params.yaml"].read_text(encoding="utf-8")
    text = params.replace("lr: 0.05", "lr: 1.0e+30").replace("adam", "sgd")
    stages["params.yaml"].write_text(text, encoding="utf-8")
    assert stages.run("train").code == 1
    last = read(only_journal(stages))[-1]
    assert (last["event"], last["state"]) == ("end", "failed")
    assert last["message"].startswith("training diverged in epoch ")


def test_without_a_place_for_its_journal_a_training_goes_on(stages, finished):
    lose_outputs(stages, "train")
    done = stages.complete("train", NNCORE_JOURNAL="params.yaml/journal")
    lines = [line for line in done.output.splitlines() if line.startswith("journal ")]
    expected = "Not a directory; the training goes on without its journal"
    assert (lines, done.errors) == ([f"journal params.yaml/journal: {expected}"], "")
    assert stages.outputs() == finished.outputs()


def test_of_two_equal_trainings_at_once_each_has_a_journal(trained):
    """As two experiments in copies of the repository."""
    path = only_journal(trained)
    content = path.read_bytes()
    first, *rest = content.splitlines(keepends=True)
    number = f'"process":{os.getpid()},'.encode()
    running = first[: first.index(b'"process"')] + number + first[first.index(b'"first_epoch"') :]
    # Without its end, and of this process, which runs.
    path.write_bytes(running + b"".join(rest[:-1]))
    before = path.read_bytes()
    lose_outputs(trained, "train")
    trained.complete("train")
    second = path.with_name(f"{path.stem}-2.jsonl")
    assert path.read_bytes() == before
    assert sorted(epochs_of(read(second))) == [0, 1, 2, 3, 4]


SETTINGS = TrainingSettings(
    epochs=2, batch_size=50, lr=0.5, optimizer=OptimizerSettings(name="sgd")
)


@pytest.fixture
def small(tmp_path, monkeypatch):
    """Return a function that trains a network of 4 inputs in a journal, and returns its events."""
    monkeypatch.setenv(files.VARIABLE, str(tmp_path / "journal"))
    # Every epoch has pictures, however short it is.
    for name in ("BUDGET", "OBSERVATION_BUDGET"):
        monkeypatch.setattr(f"stages.journal.writer.{name}", 1.0)
    rng = np.random.default_rng(3)
    images = rng.random((50, 4), dtype=np.float32)
    targets = np.eye(2, dtype=np.float32)[np.arange(50) % 2]

    def train(architecture, change=lambda _: None, settings=SETTINGS, labels=targets):
        network = Network(architecture, inputs=4, outputs=labels.shape[1])
        data = Data(images, labels)
        thumbnails = Thumbnails((2, 2), Normalization())
        with Journal("a", "small", network, settings, data, thumbnails=thumbnails) as journal:
            training = Training(network, settings, data, data, observer=journal.observer)
            journal.begin(training)
            change(network)
            while not training.finished:
                training.run_epoch()
                journal.record(training)
        return network, read(tmp_path / "journal/a.jsonl")

    return train


def test_the_gradient_is_that_of_the_first_step(small):
    """With SGD and one batch in an epoch, the update is the rate times the gradient."""
    starts = []
    settings = replace(SETTINGS, epochs=1)
    architecture = Architecture(hidden=(3,))
    network, events = small(
        architecture, lambda network: starts.append(network.parameters.copy()), settings
    )
    before, _ = network.views(starts[0])
    updates = [np.linalg.norm(w - b) / 0.5 for w, b in zip(network.weights, before, strict=True)]
    assert epochs_of(events)[1]["gradients"] == pytest.approx(updates, rel=1e-4)


def test_dead_units_are_counted(small):
    def kill(network):
        network.biases[0][:3] = -1e3

    _, events = small(Architecture(hidden=(4,)), kill)
    assert epochs_of(events)[1]["dead"] == [0.75]
    assert epochs_of(events)[1]["saturated"] == [None]


@pytest.mark.parametrize("activation", ["tanh", "sigmoid"])
def test_saturated_units_are_counted(small, activation):
    def saturate(network):
        network.weights[0][:] = 0
        network.biases[0][:] = 30, -30, 0, 0

    _, events = small(Architecture(hidden=(4,), activation=activation), saturate)
    assert epochs_of(events)[1]["saturated"] == [0.5]
    assert epochs_of(events)[1]["dead"] == [None]


def test_the_weights_of_a_unit_are_a_picture(small):
    def set_weights(network):
        network.weights[0][:, 0] = 0.5, -1, 0, 1

    _, events = small(Architecture(hidden=(1,)), set_weights, replace(SETTINGS, lr=1e-9))
    event = epochs_of(events)[2]
    levels = np.frombuffer(base64.b64decode(event["units"]), np.int8)
    assert np.abs(levels * event["unit_limit"] / 127 - [0.5, -1, 0, 1]).max() < 0.01


def test_of_large_pictures_every_second_pixel_is_shown():
    thumbnails = Thumbnails((50, 64, 3), Normalization())
    assert thumbnails.shape == (25, 32, 3)
    image = np.zeros((1, 50, 64, 3), np.float32)
    image[0, 2, 4] = 1, 0.5, 0
    shown = np.frombuffer(base64.b64decode(thumbnails.inputs(image.reshape(1, -1))), np.uint8)
    assert shown.reshape(25, 32, 3)[1, 2].tolist() == [255, 128, 0]
    assert np.count_nonzero(shown) == 2


def test_a_regression_has_neither_confusion_nor_mistakes(small):
    architecture = Architecture(hidden=(3,), output="identity", loss="mean_squared_error")
    numbers = np.linspace(0, 1, 50, dtype=np.float32)[:, np.newaxis]
    _, events = small(architecture, settings=replace(SETTINGS, lr=0.01), labels=numbers)
    event = epochs_of(events)[2]
    assert (event["validation_accuracy"], "confusion" in event) == (None, False)
    assert event["gradients"]
    assert event["dead"] != [None]


@pytest.mark.parametrize("event", range(3))
def test_a_disk_that_is_full_costs_the_journal_and_not_the_training(
    small, monkeypatch, capsys, event
):
    """The system writes a part of a line, and then no more."""
    write, calls = os.write, []

    def write_half(descriptor, content):
        calls.append(content)
        return write(descriptor, content[: len(content) // 2] if len(calls) > event else content)

    monkeypatch.setattr(os, "write", write_half)
    with pytest.raises(ValueError, match="char"):
        small(Architecture(hidden=(3,)))
    assert len(calls) == event + 1
    line = "no room for a line; the training goes on without its journal"
    assert capsys.readouterr().out.endswith(f": {line}\n")


def test_a_long_training_has_pictures_of_some_epochs_only(small, monkeypatch):
    monkeypatch.setattr("stages.journal.writer.MAX_PICTURED_EPOCHS", 3)
    _, events = small(Architecture(hidden=(3,)), settings=replace(SETTINGS, epochs=7))
    epochs = epochs_of(events)
    assert [number for number, event in epochs.items() if "units" in event] == [0, 3, 6, 7]
    assert [number for number, event in epochs.items() if event["gradients"]] == [*range(1, 8)]


def having(events, key):
    return [number for number, event in epochs_of(events).items() if key in event]


def test_pictures_that_cost_too_much_are_left_out_and_numbers_stay(small, monkeypatch):
    monkeypatch.setattr("stages.journal.writer.BUDGET", 0.0)
    _, events = small(Architecture(hidden=(3,)))
    assert having(events, "units") == having(events, "confusion") == [0]
    assert having(events, "gradients") == having(events, "dead") == [0, 1, 2]


def test_observations_that_cost_too_much_are_left_out(small, monkeypatch):
    monkeypatch.setattr("stages.journal.writer.OBSERVATION_BUDGET", 0.0)
    _, events = small(Architecture(hidden=(3,)))
    assert having(events, "gradients") == having(events, "units") == [0]
    assert [event["train_loss"] > 0 for event in epochs_of(events).values()] == [True] * 3


def test_without_validation_images_no_unit_counts_as_stuck():
    network = Network(Architecture(hidden=(3, 2), activation=("relu", "tanh")), inputs=4, outputs=2)
    nothing = Data(np.empty((0, 4), np.float32), np.empty((0, 2), np.float32))
    observer = TrainingObserver(network, nothing)
    assert observer.unit_fractions() == ([None, None], [None, None])


@pytest.mark.parametrize("diverges", [False, True])
def test_a_trial_of_a_sweep_has_a_journal(stages, monkeypatch, tmp_path, diverges):
    monkeypatch.setenv(files.VARIABLE, str(tmp_path / "journal"))
    config = load_params(stages["params.yaml"])
    if diverges:
        settings = replace(config.train, optimizer=OptimizerSettings(name="sgd"), lr=1e30)
        config = config.model_copy(update={"train": settings})
    result = run_trial(config, stages["data/processed"])
    (path,) = (tmp_path / "journal").iterdir()
    first, *_, last = read(path)
    assert (first["name"], result.status) == ("trial", "diverged" if diverges else "finished")
    assert last["state"] == ("failed" if diverges else "finished")
