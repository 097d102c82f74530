"""Batches: every image exactly once an epoch, in a new order, from memory or from a file."""

import numpy as np
import pytest

from nncore.data.batches import SAMPLES_PER_GATHER, Batches
from nncore.data.dataset import Data

# Fewer than one gather, exactly one, several with a short last batch, one batch of them all.
SIZES = [
    (1, 1),
    (10, 3),
    (10, 10),
    (10, 64),
    (SAMPLES_PER_GATHER, 64),
    (2 * SAMPLES_PER_GATHER + 100, 64),
    (2500, 1500),
]


def numbered(n):
    """Return data whose images and targets hold their number."""
    numbers = np.arange(n, dtype=np.float32)[:, np.newaxis]
    return Data(np.hstack([numbers, 10 * numbers]), -numbers)


def weighted(n):
    """Return such data with weights that hold the number too."""
    data = numbered(n)
    data.weights = 2 * data.inputs[:, :1]
    return data


def epoch(batches, rng):
    """Return copies of an epoch's images and targets, batch by batch."""
    return [
        (part.inputs.copy(), part.targets.copy())
        for _, parts in batches.shuffle(rng)
        for part in parts
    ]


def order(parts):
    return [int(row[0]) for images, _ in parts for row in images]


@pytest.mark.parametrize(("n", "size"), SIZES)
def test_every_image_comes_exactly_once(n, size):
    parts = epoch(Batches(numbered(n), size), np.random.default_rng(1))
    assert sorted(order(parts)) == list(range(n))


@pytest.mark.parametrize(("n", "size"), SIZES)
def test_images_keep_their_targets_and_all_their_pixels(n, size):
    for images, targets in epoch(Batches(numbered(n), size), np.random.default_rng(1)):
        assert np.array_equal(images[:, 0], -targets[:, 0])
        assert np.array_equal(images[:, 1], 10 * images[:, 0])


@pytest.mark.parametrize(("n", "size"), SIZES)
def test_a_thread_that_copies_ahead_changes_nothing(n, size):
    alone, shared = (
        epoch(Batches(numbered(n), size, workers=count), np.random.default_rng(1))
        for count in (1, 2)
    )
    for one, other in zip(alone, shared, strict=True):
        assert all(map(np.array_equal, one, other))


@pytest.mark.parametrize(("n", "size"), SIZES)
def test_only_the_last_batch_is_short(n, size):
    lengths = [
        len(images) for images, _ in epoch(Batches(numbered(n), size), np.random.default_rng(1))
    ]
    assert set(lengths[:-1]) <= {size}
    assert lengths[-1] == (n % size or size)


def test_every_epoch_has_another_order():
    batches, rng = Batches(numbered(2 * SAMPLES_PER_GATHER + 100), 64), np.random.default_rng(1)
    first, second = order(epoch(batches, rng)), order(epoch(batches, rng))
    assert first != sorted(first)
    assert first != second
    assert sorted(first) == sorted(second)


def test_order_mixes_the_whole_set_and_not_only_neighbours():
    """Of 4,000 images, the first 1,000 hold a quarter of each quarter: 250 ± 5 · √(187.5 · 3/4)."""
    first = np.array(order(epoch(Batches(numbered(4000), 50), np.random.default_rng(1))))[:1000]
    assert np.bincount(first // 1000, minlength=4) == pytest.approx([250] * 4, abs=60)


def test_order_is_the_generators():
    orders = [order(epoch(Batches(numbered(50), 7), np.random.default_rng(s))) for s in (1, 1, 2)]
    assert orders[0] == orders[1] != orders[2]


def test_order_does_not_depend_on_the_batch_size():
    one, other = (epoch(Batches(numbered(50), s), np.random.default_rng(1)) for s in (7, 20))
    assert order(one) == order(other)


@pytest.mark.parametrize(("n", "size"), SIZES)
def test_images_keep_their_weights(n, size):
    for _, parts in Batches(weighted(n), size).shuffle(np.random.default_rng(1)):
        for part in parts:
            assert np.array_equal(part.weights, 2 * part.inputs[:, :1])


def test_data_without_weights_give_batches_without():
    for gathered, parts in Batches(numbered(10), 4).shuffle(np.random.default_rng(1)):
        assert {gathered.weights, *(part.weights for part in parts)} == {None}


def test_batches_are_views_of_what_was_gathered():
    for gathered, parts in Batches(weighted(10), 4).shuffle(np.random.default_rng(1)):
        assert [len(part.inputs) for part in parts] == [4, 4, 2]
        for name in ("inputs", "outputs", "targets"):
            assert all(np.shares_memory(getattr(gathered, name), getattr(p, name)) for p in parts)
        parts[2].outputs[:] = 7
        assert np.all(gathered.outputs[8:] == 7)


def test_data_are_left_alone():
    """Whatever is done to the gathered images, targets and weights."""
    data = weighted(20)
    for gathered, _ in Batches(data, 8).shuffle(np.random.default_rng(1)):
        for array in gathered:
            if array is not None:
                array[:] = -1
    assert np.array_equal(data.inputs, numbered(20).inputs)
    assert np.array_equal(data.targets, numbered(20).targets)
    assert np.array_equal(data.weights, weighted(20).weights)


def test_memory_mapped_data_give_the_same_batches(tmp_path):
    data = numbered(SAMPLES_PER_GATHER + 100)
    np.save(tmp_path / "inputs.npy", data.inputs)
    np.save(tmp_path / "targets.npy", data.targets)
    names = ("inputs", "targets")
    mapped = Data(*(np.load(tmp_path / f"{name}.npy", mmap_mode="r") for name in names))
    for here, there in zip(
        epoch(Batches(data, 64), np.random.default_rng(1)),
        epoch(Batches(mapped, 64), np.random.default_rng(1)),
        strict=True,
    ):
        assert [a.tobytes() for a in here] == [a.tobytes() for a in there]


def test_data_that_are_not_contiguous_give_the_same_batches():
    data = numbered(50)
    strided = Data(np.asfortranarray(data.inputs), np.repeat(data.targets, 2, axis=0)[::2])
    orders = [order(epoch(Batches(d, 7), np.random.default_rng(1))) for d in (data, strided)]
    assert orders[0] == orders[1]
