"""Distorted training: the same bytes whoever computes them, and only training images meet it."""

import csv
import json
import re
import tracemalloc

import numpy as np
import pytest
from trainings import DISTORTED, make_settings, make_training, noise, result, run, state

from nncore.config.architecture import Architecture
from nncore.config.augment import AugmentSettings
from nncore.data.augment import MAX_AUGMENTERS, Augmenter
from nncore.data.batches import DISTORTED_PER_GATHER, SAMPLES_PER_GATHER, Batches
from nncore.data.dataset import Data
from nncore.data.resampling import ImageGrid
from nncore.errors import DataError
from nncore.network.network import Network
from nncore.training.evaluation import evaluate
from nncore.training.fit import fit
from nncore.training.loop import Training
from stages.shared.params import load_params

SETTINGS = AugmentSettings(rotation=20, scale=0.2, shear=0.3, shift=2, alpha=34, sigma=4)
SMALL = ImageGrid(2, 3, 0.0)
LONG = 2 * DISTORTED_PER_GATHER + 7


def some_augmenters(count, grid=SMALL):
    return [Augmenter(SETTINGS, grid, np.random.SeedSequence(1)) for _ in range(count)]


def shuffled(data, augmenters=(), epoch=1, batch_size=64):
    """Return the images and targets of an epoch in their order."""
    batches = Batches(data, batch_size, augmenters)
    rng = np.random.default_rng(1)
    gathered = [tuple(map(np.copy, whole[:2])) for whole, _ in batches.shuffle(rng, epoch)]
    return [np.concatenate(arrays) for arrays in zip(*gathered, strict=True)]


@pytest.mark.parametrize("count", [1, 2, 4])
@pytest.mark.parametrize("n", [5, DISTORTED_PER_GATHER, LONG])
def test_batches_are_the_gathered_images_distorted_part_by_part(n, count):
    """The last part of 7 images too."""
    data, (made,) = noise(n), some_augmenters(1)
    images, targets = shuffled(data)
    for part, start in enumerate(range(0, n, DISTORTED_PER_GATHER)):
        made.distort(images[start : start + DISTORTED_PER_GATHER], epoch=4, gather=part)
    got = shuffled(data, some_augmenters(count), epoch=4)
    assert np.array_equal(got[0], images)
    assert np.array_equal(got[1], targets)


def test_each_part_has_the_buffer_that_was_free_the_longest():
    batches = Batches(noise(5 * DISTORTED_PER_GATHER), 64, some_augmenters(3))
    places = []
    for gathered, parts in batches.shuffle(np.random.default_rng(1), 1):
        places.append(gathered.inputs.ctypes.data)
        assert all(np.shares_memory(gathered.inputs, part.inputs) for part in parts)
    assert len(set(places[:3])) == 3
    assert places[3:] == places[:2]


@pytest.mark.parametrize("workers", [2, 3, 9])
@pytest.mark.usefixtures("small_parts")
def test_workers_change_no_bit(workers):
    settings = DISTORTED | {"epochs": 2, "batch_size": 50}
    alone = result(run(make_training(noise(LONG), **settings)))
    assert result(run(make_training(noise(LONG), workers=workers, **settings))) == alone


def test_threads_distort_ahead_one_fewer_than_there_are_workers(pools):
    for workers in (1, 2, 3, 64):
        make_training(workers=workers, **DISTORTED)
    assert pools == [1, 2, MAX_AUGMENTERS - 1]


def test_without_distortion_one_thread_copies_ahead_where_there_is_a_second_gather(pools):
    for rows in (SAMPLES_PER_GATHER, SAMPLES_PER_GATHER + 1):
        for workers in (1, 2, 4):
            make_training(noise(rows), workers=workers)
    assert pools == [1, 1]


def test_each_buffer_holds_a_gather():
    data, held = noise(2 * SAMPLES_PER_GATHER), []
    for augmenters, workers in (((), 1), ((), 4), (some_augmenters(1), 1), (some_augmenters(3), 3)):
        tracemalloc.start()
        batches = Batches(data, 64, augmenters, workers=workers)
        held.append(tracemalloc.get_traced_memory()[0])
        tracemalloc.stop()
        del batches
    row = (6 + 3 + 3 + 3) * 4
    rows = [
        *(SAMPLES_PER_GATHER, 2 * SAMPLES_PER_GATHER),
        *(DISTORTED_PER_GATHER, 3 * DISTORTED_PER_GATHER),
    ]
    assert held == pytest.approx([count * row for count in rows], rel=0.4)


def test_memory_does_not_grow_with_the_set(tmp_path):
    """But for the order of the images, which is 8 bytes each where an image is 256.

    The threads that happen to work at the same time make 150 kB of difference. The sets differ by
    4 MB.
    """
    grid, peaks = ImageGrid(8, 8, 0.0), []
    for n in (4 * DISTORTED_PER_GATHER, 68 * DISTORTED_PER_GATHER):
        np.save(tmp_path / f"{n}.npy", noise(n, inputs=64).inputs)
        images = np.load(tmp_path / f"{n}.npy", mmap_mode="r")
        data = Data(images, np.ones((n, 1), np.float32))
        augmenters = some_augmenters(3, grid)
        tracemalloc.start()
        for _ in Batches(data, 64, augmenters).shuffle(np.random.default_rng(1), 1):
            pass
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert peaks[1] - peaks[0] < 64 * DISTORTED_PER_GATHER * 256 / 8


def test_data_that_may_not_be_written_to_are_distorted(tmp_path):
    data = noise(LONG)
    np.save(tmp_path / "images.npy", data.inputs)
    mapped = Data(np.load(tmp_path / "images.npy", mmap_mode="r"), data.targets)
    settings = DISTORTED | {"epochs": 1}
    assert state(run(make_training(mapped, **settings))) == state(
        run(make_training(data, **settings))
    )
    assert np.array_equal(mapped.inputs, noise(LONG).inputs)
    assert np.array_equal(data.inputs, noise(LONG).inputs)


@pytest.fixture
def seen(monkeypatch):
    """Collect the images and targets of every epoch in their order."""
    epochs, whole = [], Batches.shuffle

    def watched(batches, *given):
        for gathered, parts in whole(batches, *given):
            epochs.append((gathered.inputs.tolist(), gathered.targets.tolist()))
            yield gathered, parts

    monkeypatch.setattr(Batches, "shuffle", watched)
    return epochs


def test_epochs_differ(seen):
    run(make_training(noise(1), epochs=3, **DISTORTED))
    assert len({str(images) for images, _ in seen}) == 3


def test_another_seed_distorts_otherwise(seen):
    for seed in (1, 2):
        run(make_training(noise(1), epochs=1, seed=seed, **DISTORTED))
    assert seen[0][0] != seen[1][0]


def test_neither_initial_weights_nor_order_nor_dropout_change(seen):
    dropout = {"epochs": 1, "regularization": {"dropout": 0.5}}
    plain, other = make_training(**dropout), make_training(**dropout, **DISTORTED)
    assert state(plain) == state(other)
    run(plain)
    run(other)
    assert seen[0][1] == seen[1][1]
    assert seen[0][0] != seen[1][0]
    assert plain.state().values["streams"] == other.state().values["streams"]


def test_resumed_after_any_epoch_it_ends_as_if_never_stopped():
    whole = result(run(make_training(noise(LONG), epochs=3, **DISTORTED)))
    for epochs in (0, 1, 2):
        left = run(make_training(noise(LONG), epochs=3, **DISTORTED), epochs)
        training = make_training(noise(LONG), epochs=3, workers=2, **DISTORTED)
        training.load_state(left.state())
        assert result(run(training)) == whole


def untrained(data, settings):
    network = Network(Architecture(hidden=(5,)), inputs=6, outputs=3)
    return network, Training(network, settings, data, grid=SMALL)


def test_epoch_0_is_of_images_as_they_are_and_later_ones_of_distorted_images():
    """In one batch, the first epoch's loss is that of the untrained network."""
    data = noise(50)
    network, training = untrained(data, make_settings(batch_size=50, **DISTORTED))
    assert training.history[0].train_loss == evaluate(network, data)[0]
    images, targets = data.inputs, data.targets
    order = np.random.default_rng(np.random.SeedSequence(1).spawn(2)[1]).permutation(50)
    stream = np.random.SeedSequence(1).spawn(4)[3]
    images, settings = images[order], make_settings(**DISTORTED).augment
    Augmenter(settings, SMALL, stream).distort(images, epoch=1, gather=0)
    expected = evaluate(network, Data(images, targets[order]))[0]
    assert training.run_epoch().train_loss == pytest.approx(expected, rel=1e-6)


def test_validation_images_are_never_distorted():
    data, validation = noise(50), noise(30, seed=8)
    network = Network(Architecture(hidden=(5,)), inputs=6, outputs=3)
    settings = make_settings(**DISTORTED)
    history = fit(network, settings, data, validation, grid=SMALL, workers=2)
    assert (history[-1].validation_loss, history[-1].validation_accuracy) == evaluate(
        network, validation
    )


@pytest.mark.parametrize(
    ("grid", "got"),
    [(None, "None"), (ImageGrid(2, 4, 0.0), "2 x 4"), (ImageGrid(6, 2, 0.0), "6 x 2")],
)
def test_images_of_no_or_another_shape_are_refused(grid, got):
    network = Network(Architecture(hidden=(5,)), inputs=6, outputs=3)
    message = f"grid must have 6 values for augment, got {got}"
    with pytest.raises(DataError, match=f"^{re.escape(message)}$"):
        fit(network, make_settings(**DISTORTED), noise(), grid=grid)


def test_without_distortion_no_grid_is_needed():
    network = Network(Architecture(hidden=(5,)), inputs=6, outputs=3)
    assert len(fit(network, make_settings(epochs=1), noise())) == 2


@pytest.mark.parametrize("setting", ["rotation", "scale", "shear", "shift", "alpha"])
def test_each_setting_alone_distorts(setting, seen):
    settings = {setting: 0.5} | ({"sigma": 1.0} if setting == "alpha" else {})
    run(make_training(epochs=1, augment=settings))
    run(make_training(epochs=1))
    assert seen[0][1] == seen[1][1]
    assert seen[0][0] != seen[1][0]


def test_stage_takes_pixel_0_for_background(stages):
    """Where it is scaled to less than 0 and all images are moved out of sight."""
    path = stages["params.yaml"]
    text = path.read_text(encoding="utf-8").replace(
        "preprocess:", "preprocess:\n  scaling: standard"
    )
    text = text.replace("{shift: 0.5, alpha: 2, sigma: 1}", "{shift: 1000000}")
    path.write_text(text, encoding="utf-8")
    for stage in ("preprocess", "train"):
        stages.complete(stage)
    with stages["reports/history.csv"].open(encoding="utf-8") as file:
        losses = [float(record["train_loss"]) for record in csv.DictReader(file)]
    processed, config = stages["data/processed"], load_params(path)
    scaling = json.loads((processed / "preprocessing.json").read_text(encoding="utf-8"))
    background = -scaling["pixel_mean"] / scaling["pixel_std"]
    assert background < 0
    parts = [
        Data(*(np.load(processed / f"{part}_{kind}.npy") for kind in ("images", "labels")))
        for part in ("train", "validation")
    ]
    network = Network(config.model, inputs=16, outputs=3)
    history = fit(network, config.train, *parts, grid=ImageGrid(4, 4, background))
    assert [record.train_loss for record in history] == pytest.approx(losses, rel=1e-4)
