"""Ranks that train in threads: whatever they share out, the result is that of one process."""

import numpy as np
import pytest
from thread_communicators import IsolatedRank, run_ranks
from trainings import DISTORTED, SETTINGS, make_settings, make_training, noise, result, run, state

from nncore.config.architecture import Architecture
from nncore.data.augment import Augmenter
from nncore.data.batches import SAMPLES_PER_GATHER, Batches
from nncore.data.resampling import ImageGrid
from nncore.errors import DivergenceError, SettingsError
from nncore.network.inference import ROWS_PER_BLOCK
from nncore.network.network import Network
from nncore.parallel import broadcast, is_root, rank_slice
from nncore.training.evaluation import evaluate, sum_loss_and_correct
from stages.shared.resume import resume, write_checkpoint


def trained(communicator=None, **settings):
    return result(run(make_training(communicator=communicator, **settings)))


@pytest.mark.parametrize("size", [1, 2, 3, 11])
@pytest.mark.parametrize("name", SETTINGS)
def test_each_rank_ends_as_one_process_does(name, size):
    """Of 11 ranks, three at least have none of the 8 images of a batch."""
    alone = trained(**SETTINGS[name])
    assert (
        run_ranks(size, lambda communicator: trained(communicator, **SETTINGS[name]))
        == [alone] * size
    )


@pytest.mark.parametrize("name", SETTINGS)
@pytest.mark.usefixtures("small_parts")
def test_ranks_with_several_workers_end_as_one_process_does(name):
    alone = trained(**SETTINGS[name])
    found = run_ranks(2, lambda communicator: trained(communicator, workers=3, **SETTINGS[name]))
    assert found == [alone] * 2


def test_in_fast_arithmetic_ranks_give_other_bits_than_one_process():
    """Or the facts above could not fail."""
    made = {"data": noise(200, inputs=50), "numerics": "fast"}
    (found, *others), *rest = run_ranks(3, lambda communicator: trained(communicator, **made))
    assert [[found, *others]] * 2 == [list(each) for each in rest]
    assert found != trained(**made)[0]


@pytest.mark.parametrize("count", [3, 500, 1001, 2600])
@pytest.mark.parametrize("size", [2, 3, 8])
def test_the_loss_and_the_accuracy_are_those_of_one_process(count, size):
    data = noise(count)
    network = Network(Architecture(hidden=(5,)), inputs=6, outputs=3)
    network.initialize(np.random.default_rng(1))
    assert set(run_ranks(size, lambda communicator: evaluate(network, data, communicator))) == {
        evaluate(network, data)
    }


@pytest.mark.parametrize("numerics", ["exact", "fast"])
@pytest.mark.parametrize("loss", ["half_squared_error", "mean_squared_error", "cross_entropy"])
def test_weighted_losses_add_up_to_those_of_one_process(loss, numerics):
    rng = np.random.default_rng(1)
    logits, outputs, targets = rng.random((3, 90, 3), np.float32)
    weights = rng.random((90, 1), np.float32)
    output = "softmax" if loss == "cross_entropy" else "sigmoid"
    network = Network(
        Architecture(hidden=(5,), loss=loss, output=output), inputs=6, outputs=3, numerics=numerics
    )

    def sums(communicator=None):
        return sum_loss_and_correct(
            *(network, logits, outputs, targets, weights),
            communicator=communicator,
            rank_rows=[rank_slice(communicator, 90)] if communicator else (),
        )

    assert run_ranks(3, sums) == [sums()] * 3


def test_a_rank_evaluates_only_its_rows():
    """The others have no numbers, and would make the sum none."""
    data = noise(4 * ROWS_PER_BLOCK)
    data.inputs[: 2 * ROWS_PER_BLOCK] = np.nan
    network = Network(Architecture(hidden=(5,)), inputs=6, outputs=3)
    with np.errstate(invalid="ignore"):
        assert np.isnan(evaluate(network, data, IsolatedRank(0, 2))[0])
    assert np.isfinite(evaluate(network, data, IsolatedRank(1, 2))[0])


@pytest.mark.parametrize("size", [2, 3, 5])
@pytest.mark.parametrize("count", [7, 64, SAMPLES_PER_GATHER + 100])
def test_each_row_of_a_batch_is_gathered_by_one_rank(count, size):
    data = noise(count)
    every = [
        Batches(data, 8, communicator=communicator).shuffle(np.random.default_rng(1))
        for communicator in (None, *(IsolatedRank(rank, size) for rank in range(size)))
    ]
    for (whole, _), *parts in zip(*every, strict=True):
        had = [np.any(part.inputs, axis=1) for part, _ in parts]
        assert np.array_equal(np.sum(had, axis=0), np.ones(len(whole.inputs)))
        for (part, _), rows in zip(parts, had, strict=True):
            assert np.array_equal(part.inputs[rows], whole.inputs[rows])
            part.inputs[:] = 0  # of the next ones some stand in the same rows


@pytest.mark.parametrize("alpha", [0.0, 2.0])
@pytest.mark.parametrize("parts", [[slice(0, 5)], [slice(11_990, 12_000)], [slice(5_400, 5_600)]])
def test_some_rows_are_distorted_as_all_are(parts, alpha):
    """Across the images that are distorted at once, with those before them left out."""
    settings = make_settings(augment=DISTORTED["augment"] | {"alpha": alpha}).augment
    distorter = Augmenter(settings, ImageGrid(2, 3, 0.0), np.random.SeedSequence(1))
    whole, some = noise(12_000).inputs, noise(12_000).inputs
    distorter.distort(whole, epoch=1, gather=0)
    before = some.copy()
    distorter.distort(some, epoch=1, gather=0, rows=parts)
    (rows,) = parts
    assert np.array_equal(some[rows], whole[rows])
    others = np.delete(np.arange(12_000), rows)
    assert np.array_equal(some[others], before[others])


@pytest.mark.parametrize("communicator", [2, "mpi", object()])
def test_what_is_no_communicator_is_refused(communicator):
    with pytest.raises(SettingsError, match=r"^communicator must be a Communicator or None, got"):
        make_training(communicator=communicator)


def test_a_divergence_is_the_same_error_in_each_rank():
    settings = {"lr": 1e30, "optimizer": {"name": "sgd"}, "hidden": (5, 5)}

    def diverge(communicator):
        with pytest.raises(DivergenceError) as raised:
            trained(communicator, **settings)
        return str(raised.value)

    assert len(set(run_ranks(2, diverge))) == 1


@pytest.mark.parametrize(("before", "after"), [(2, 3), (3, 1), (1, 6)])
def test_ranks_go_on_where_another_number_of_them_has_stopped(tmp_path, before, after):
    settings = SETTINGS["all at once"]

    def begin(communicator):
        training = run(make_training(communicator=communicator, **settings), 2)
        if is_root(communicator):
            write_checkpoint(training, tmp_path)

    def end(communicator):
        training = resume(
            lambda: make_training(communicator=communicator, **settings), tmp_path, communicator
        )
        assert len(training.history) == 3
        return result(run(training))

    run_ranks(before, begin)
    assert run_ranks(after, end) == [trained(**settings)] * after


def test_ranks_agree_on_the_checkpoint_that_is_sound(tmp_path):
    training = make_training()
    for _ in range(2):
        write_checkpoint(run(training, 1), tmp_path)
    newest = tmp_path / "epoch-000002.npz"
    newest.write_bytes(newest.read_bytes()[:-500])

    def go_on(communicator):
        return state(
            resume(lambda: make_training(communicator=communicator), tmp_path, communicator)
        )

    assert run_ranks(2, go_on) == [state(run(make_training(), 1))] * 2


@pytest.mark.parametrize("count", [0, 1, 7, 12])
def test_what_is_shared_out_is_whole_and_in_order(count):
    parts = [range(count)[rank_slice(IsolatedRank(rank, 5), count)] for rank in range(5)]
    assert [number for part in parts for number in part] == list(range(count))


def test_one_process_has_all_and_writes_the_files():
    assert (rank_slice(None, 7), is_root(None), broadcast(None, "value")) == (
        slice(0, 7),
        True,
        "value",
    )


def test_rank_0_writes_the_files_and_broadcasts():
    assert run_ranks(
        3, lambda communicator: (is_root(communicator), broadcast(communicator, communicator.rank))
    ) == [
        (True, 0),
        (False, 0),
        (False, 0),
    ]
