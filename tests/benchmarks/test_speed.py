"""The comparison with other libraries: no one wins by skipping work."""

import math
import sys
from pathlib import Path

import numpy as np
import psutil
import pytest

from benchmarks.peers.process import PEERS, PeerProcess
from benchmarks.peers.protocol import Task, UnavailableError
from benchmarks.speed import compare, dataset
from benchmarks.speed.networks import CONTESTS, MEAN_OVER
from benchmarks.speed.result import LeftOut, Result, faults
from nncore.data.batches import Batches
from nncore.data.dataset import Data
from nncore.training.loop import Training


def result(peer, *losses):
    return Result("784-10", 16, 1, peer, "1.0", 0.1, losses=list(losses))


OTHERS = [result("first", 2.0, 1.0), result("second", 2.0, 1.01)]


def test_equal_work_is_no_fault():
    assert faults([*OTHERS, result("third", 2.0, 1.005), result("floor")]) == []


def test_losses_that_have_nearly_gone_may_differ_by_a_share_of_the_first():
    """0.0245 and 0.0239 are 2.5 % apart."""
    assert faults([result("one", 0.3, 0.0239), result("other", 0.3, 0.0245)]) == []
    assert faults([result("one", 0.3, 0.02), *3 * [result("other", 0.3, 0.0245)]]) != []


@pytest.mark.parametrize(
    ("losses", "fault"),
    [
        ((1.0, 1.0), "expected a falling loss, got 1.0000 then 1.0000"),
        ((2.0, 1.2), "expected a loss near 1.0100, got 1.2000"),
        ((2.0, 0.8), "expected a loss near 1.0000, got 0.8000"),
        ((2.0, math.nan), "expected a falling loss, got 2.0000 then nan"),
    ],
)
def test_other_work_is_a_fault(losses, fault):
    assert faults([*OTHERS, result("third", *losses)]) == [f"784-10, 1 thread, third: {fault}"]


def test_the_floor_alone_is_no_fault():
    assert faults([result("floor")]) == []


@pytest.mark.skipif(sys.platform != "linux", reason="reads the state of a process of Linux")
def test_a_peer_runs_only_while_it_prepares_and_trains(tmp_path):
    """Its idle threads would spin while another peer is timed."""
    contest = CONTESTS["784-10"]
    dataset.save(tmp_path, *dataset.made_up(200))
    with PeerProcess(PEERS[1], contest.name, tmp_path, 1) as running:
        process = psutil.Process(running._process.pid)  # noqa: SLF001  it has no public name

        def stops():
            """Return whether it is stopped, to which the kernel may take a moment."""
            return any(process.status() == psutil.STATUS_STOPPED for _ in range(100_000))

        assert stops()
        assert running.epoch()["seconds"] > 0
        assert stops()
        assert running.epoch()["seconds"] > 0


def test_the_mean_is_over_ten_networks_and_one_of_them_is_also_trained_in_batches_of_32():
    assert len(MEAN_OVER) == 10
    assert set(CONTESTS) - set(MEAN_OVER) == {"784-256-128-10@32"}
    batches = [CONTESTS[f"784-256-128-10{suffix}"].settings.batch_size for suffix in ("", "@32")]
    assert batches == [64, 32]


def test_smaller_images_have_the_means_of_equal_areas():
    """A pixel at an edge of two areas counts half in each: 28 pixels in 8 areas of 3.5."""
    columns = np.tile(np.arange(28, dtype=np.float32), (28, 1))
    small = dataset.images_for(64, np.stack([columns, columns.T]).reshape(2, 784))
    means = [(0 + 1 + 2 + 3 / 2) / 3.5, (3 / 2 + 4 + 5 + 6) / 3.5]
    assert small.dtype == np.float32
    assert small.reshape(2, 8, 8)[0, :, :2] == pytest.approx(np.tile(means, (8, 1)))
    assert small.reshape(2, 8, 8)[1, 1] == pytest.approx(np.full(8, means[1]))


def test_every_peer_reads_images_with_the_inputs_of_its_network(tmp_path):
    images, targets = dataset.made_up(20)
    dataset.save(tmp_path, images, targets)
    assert (dataset.load(tmp_path, 784).inputs == images).all()
    assert dataset.load(tmp_path, 64).inputs == pytest.approx(dataset.images_for(64, images))
    assert (dataset.load(tmp_path, 64).targets == targets).all()


@pytest.mark.parametrize("line", ["dataset: mnist-5k", "held_out: 0.1", "epochs: 80"])
def test_params_yaml_has_the_lines_that_the_comparison_changes(line):
    text = Path(dataset.ROOT, "params.yaml").read_text(encoding="utf-8")
    assert text.count(line) == 1


def test_a_contest_has_nncores_initial_weights_and_its_order_of_the_images(monkeypatch):
    """Which peers take: else their losses would be another training's."""
    contest = CONTESTS["784-10"]
    # Every image is as bright as its number.
    images = np.repeat(np.arange(40, dtype=np.float32)[:, np.newaxis] / 64, 784, axis=1)
    targets = np.eye(10, dtype=np.float32)[np.arange(40) % 10]
    taken = []
    shuffle = Batches.shuffle

    def noting(self, *given):
        for gathered, batches in shuffle(self, *given):
            taken.extend(gathered.inputs[:, 0] * 64)
            yield gathered, batches

    monkeypatch.setattr(Batches, "shuffle", noting)
    network = contest.network()
    training = Training(network, contest.settings, Data(images, targets))
    assert (network.weights[0] == contest.start()[0][0]).all()
    training.run_epoch()
    training.run_epoch()
    orders = contest.orders(40)
    assert taken == [*next(orders).tolist(), *next(orders).tolist()]


@pytest.mark.parametrize("name", ["784-30-10", "784-15-10", "64-100-10"])
def test_scikit_learn_has_the_losses_of_nncore(name):
    pytest.importorskip("sklearn")
    from benchmarks.peers import sklearn as peer_sklearn  # noqa: PLC0415  needs a library of the extra `bench`

    contest = CONTESTS[name]
    images, targets = dataset.made_up(300)
    data = Data(dataset.images_for(contest.inputs, images), targets)
    epoch = peer_sklearn.prepare(Task(contest, data, 1, frozenset()))
    training = Training(contest.network(), contest.settings, data)
    for _ in range(3):
        assert epoch() == pytest.approx(training.run_epoch().train_loss, rel=1e-4)


def test_no_name_of_a_peer_has_a_comma():
    """Lists of them have, and the names of results."""
    assert not [peer.name for peer in PEERS if "," in peer.name]


def test_who_cannot_run_here_is_named(monkeypatch, tmp_path):
    def running(*_):
        raise UnavailableError("no compiler")

    monkeypatch.setattr(compare, "PeerProcess", running)
    peers = [peer for peer in PEERS if peer.name == "PyTorch compiled"]
    actual = compare.measure(
        CONTESTS["784-10"],
        peers,
        tmp_path,
        2,
        1,
    )
    assert actual == ([], [LeftOut("784-10", 2, "PyTorch compiled", "no compiler")])


@pytest.mark.parametrize(
    ("peer", "more"),
    [("scikit-learn", ["--networks", "784-10"]), ("scikit-learn", ["--networks", "784-50-10"])],
)
def test_a_comparison_of_no_one_is_refused_in_one_line(monkeypatch, peer, more):
    monkeypatch.setattr(sys, "argv", ["compare", "--peers", peer, *more])
    with pytest.raises(SystemExit) as ended:
        compare.main()
    assert ended.value.code == "expected a peer that can train a network so, got none: see --peers"
