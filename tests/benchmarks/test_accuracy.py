"""The time to an accuracy: all peers train the same network on distortions of the same strength."""

import json
import math
import sys
from dataclasses import asdict, replace
from importlib import import_module

import numpy as np
import psutil
import pytest

from benchmarks.accuracy import __main__ as program
from benchmarks.accuracy import page, strength
from benchmarks.accuracy.race import DISTORTIONS, GRID, race, rates
from benchmarks.accuracy.result import Run, faults
from benchmarks.accuracy.strength import Strength, fault
from benchmarks.accuracy.table import speeds, table
from benchmarks.peers import process
from benchmarks.peers.distorted.affine import affine_maps
from benchmarks.peers.distorted.protocol import accuracy
from benchmarks.peers.process import Peer, PeerProcess
from benchmarks.peers.protocol import Task
from benchmarks.speed import dataset
from nncore.data import augment
from nncore.data.augment import Augmenter
from nncore.data.dataset import Data
from nncore.training.loop import Training


def distorting(settings):
    """Return a function that distorts as nncore does."""
    augmenter = Augmenter(settings, GRID, np.random.SeedSequence(2))

    def distort(images):
        distorted = images.copy()
        augmenter.distort(distorted, epoch=1, gather=0)
        return distorted

    return distort


@pytest.fixture(scope="module")
def reference():
    return strength.measure_strength(distorting(DISTORTIONS))


def test_a_shift_is_measured_in_pixels():
    """The pixel at row r gets the value at row r - 2, all others their neighbour across."""

    def shift(images):
        planes = images.reshape(-1, 28, 28)
        return np.roll(planes, (2, -1), axis=(1, 2)).reshape(len(images), -1)

    got = strength.measure_strength(shift)
    expected = Strength(down=-2, across=1, size=1.5, roughness=0)
    assert asdict(got) == pytest.approx(asdict(expected), abs=1e-4)


def test_the_same_distortions_by_other_random_numbers_are_as_strong(reference):
    augmenter = Augmenter(DISTORTIONS, GRID, np.random.SeedSequence(3))

    def distort(images):
        distorted = images.copy()
        augmenter.distort(distorted, epoch=7, gather=1)
        return distorted

    assert fault(reference, strength.measure_strength(distort)) is None


@pytest.mark.parametrize(
    ("change", "name"),
    [
        ({"alpha": 30}, "size"),
        ({"rotation": 0}, "size"),
        ({"shift": 0.0}, "size"),
        # As far as with sigma 6, but rougher: a smooth field has alpha / sigma in common.
        ({"alpha": 30, "sigma": 5}, "roughness"),
    ],
)
def test_other_distortions_are_a_fault(reference, change, name):
    other = strength.measure_strength(distorting(replace(DISTORTIONS, **change)))
    assert f"distortions with {name} near" in str(fault(reference, other))


def test_images_that_are_moved_by_a_tenth_of_a_pixel_are_a_fault(reference):
    """As by a grid whose corners are not aligned."""
    moved = fault(reference, replace(reference, across=reference.across + 0.1))
    assert str(moved).startswith("expected distortions with across near")
    assert fault(reference, replace(reference, down=math.nan)) is not None


def test_the_peers_affine_maps_are_nncores():
    settings = replace(DISTORTIONS, scale=0.2, shear=0.3)
    draws = np.random.default_rng(1).uniform(-1, 1, (50, 6))
    expected = augment.affine_maps(settings, draws)
    assert affine_maps(np, settings, draws) == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize(
    ("library", "options"),
    [("jax", ()), ("torch", ()), ("torch", ("products",))],
)
def test_a_peer_distorts_as_strongly_as_nncore_and_learns_as_much(library, options, reference):
    """The program checks it too, with all peers, in each measurement."""
    pytest.importorskip(library)
    peer = import_module(f"benchmarks.peers.distorted.{library}")
    data = Data(*dataset.made_up(3200))
    contest = race(1, 2)
    trainer = peer.prepare(Task(contest, data, 1, frozenset(options)))
    assert fault(reference, strength.measure_strength(trainer.distort)) is None
    training = Training(contest.network(), contest.settings, data, grid=GRID)
    for _ in range(2):
        assert trainer.epoch() == pytest.approx(training.run_epoch().train_loss, rel=0.1)


def test_the_rates_are_those_of_nncores_training():
    contest, data = race(1, 3), Data(*dataset.made_up(70))
    training = Training(contest.network(), contest.settings, data, grid=GRID)
    last = [training.run_epoch().lr for _ in range(3)]
    assert [rates(contest, epoch, 70)[-1] for epoch in (1, 2, 3)] == last
    assert len(rates(contest, 1, 70)) == 3


def test_the_accuracy_of_all_peers_is_that_of_nncores_predictions():
    images, targets = dataset.made_up(500)
    network = race(1, 1).network()
    network.initialize(np.random.default_rng(1))
    expected = np.mean(network.predict(images) == targets.argmax(axis=1))
    assert 0.02 < expected < 0.3
    assert accuracy((network.weights, network.biases), Data(images, targets)) == expected


def run(peer, seconds, accuracies, seed=1, **changes):
    distorts = not peer.startswith("scikit")
    fields = {
        "version": "1.0",
        "preparation": 0.5,
        "strength": asdict(Strength(0.0, 0.0, 1.0, 0.1)) if distorts else None,
        "losses": [0.2, 0.1][: len(seconds)],
    }
    measured = {"peer": peer, "seed": seed, "seconds": seconds, "accuracies": accuracies}
    return Run(**(fields | measured | changes))


RUNS = [
    run("nncore exact", [2.0, 2.0], [0.98, 0.99]),
    run("nncore fast", [1.0, 1.5], [0.99, 0.99]),
    run("PyTorch", [6.0, 6.0], [0.98, 0.99]),
    run("PyTorch worker", [5.0, 3.0], [0.98, 0.9899]),
    run("scikit-learn", [1.0, 1.0], [0.9, 0.9]),
]


def cells(text):
    return [[cell.strip() for cell in line[1:-1].split("|")] for line in text.splitlines()[2:]]


def test_the_time_to_an_accuracy_is_that_of_all_epochs_until_one_ends_with_it():
    rows = {row[0]: row[1:] for row in cells(table(RUNS, 0.99, 30_000))}
    assert rows["nncore exact"] == ["4.0", "(4.0, 4.0)", "2", "4.00", "99.00%", "2", "0.5"]
    assert rows["nncore fast"][:4] == ["1.0", "(1.0, 1.0)", "1", "2.50"]
    assert rows["PyTorch worker"][:4] == ["never", "", "", "8.00"]


def test_of_a_librarys_ways_the_best_counts_for_an_epoch_and_for_the_target():
    """The worker's epochs take 5 and 3 s, nncore's 1 and 1.5: 5 and 2 times as long."""
    assert cells(speeds(RUNS, 0.99)) == [
        ["nncore exact", "PyTorch", "2.00", "PyTorch worker", "3.00", "PyTorch"],
        ["nncore fast", "PyTorch", "3.50", "PyTorch worker", "12.00", "PyTorch"],
    ]


def test_equal_work_is_no_fault():
    assert faults(RUNS) == []


def test_other_work_is_a_fault():
    weak = asdict(Strength(0.0, 0.0, 0.9, 0.1))
    lazy = run("JAX", [1.0], [0.9], losses=[0.3])
    assert faults([*RUNS, run("JAX", [1.0, 1.0], [0.9, 0.9], strength=weak)]) == [
        "seed 1, JAX: expected distortions with size near 1.000 pixels, got 0.900"
    ]
    assert faults([*RUNS, lazy]) == ["seed 1, JAX: expected a loss near 0.2000, got 0.3000"]


def test_the_program_measures_each_epoch_of_each_peer(monkeypatch, tmp_path):
    monkeypatch.delenv("NNCORE_MIRROR", raising=False)
    sizes = ["--images", "640", "--rounds", "1", "--epochs", "2", "--out", str(tmp_path)]
    peers = ["--peers", "nncore exact", "nncore fast", "scikit-learn"]
    monkeypatch.setattr(sys, "argv", ["accuracy", *sizes, *peers])
    program.main()
    report = json.loads((tmp_path / "accuracy.json").read_text(encoding="utf-8"))
    runs = [Run(**values) for values in report["runs"]]
    assert [run.peer for run in runs] == peers[1:]
    for one in runs:
        assert [len(one.seconds), len(one.losses), len(one.accuracies)] == [2, 2, 2]
        assert min(one.seconds) > 0
    # Two arithmetics, the same distortions; scikit-learn has none.
    assert runs[0].losses == pytest.approx(runs[1].losses, rel=1e-3)
    assert runs[0].strength == pytest.approx(runs[1].strength, rel=1e-5)
    assert runs[2].strength is None
    assert (report["faults"], report["left_out"]) == ([], [])
    text = "\n\n".join(page.parts(report))
    assert "in each epoch: rotation 12, shift 1, alpha 36, sigma 6. All" in text
    assert "784-256-128-10, ReLU, batches of 32" in text


def test_images_that_fill_no_batch_are_refused(monkeypatch, tmp_path):
    monkeypatch.delenv("NNCORE_MIRROR", raising=False)
    monkeypatch.setattr(sys, "argv", ["accuracy", "--images", "33", "--out", str(tmp_path)])
    with pytest.raises(SystemExit) as ended:
        program.main()
    assert ended.value.code == "--images: expected a multiple of 32, got 33"


PEER_WITH_A_WORKER = """
import json, subprocess, sys
worker = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
print(json.dumps({"seconds": 0, "version": "1", "worker": worker.pid}), flush=True)
for _ in sys.stdin:
    print(json.dumps({"seconds": 1, "loss": None}), flush=True)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="reads the state of a process of Linux")
def test_a_peers_worker_is_suspended_and_ends_with_it(monkeypatch, tmp_path):
    (tmp_path / "benchmarks").mkdir()
    (tmp_path / "benchmarks" / "other.py").write_text(PEER_WITH_A_WORKER, encoding="utf-8")
    monkeypatch.setattr(process, "ROOT", tmp_path)
    monkeypatch.delenv("PYTHONPATH", raising=False)
    with PeerProcess(Peer("other", "other"), "task", tmp_path, 1) as running:
        worker = psutil.Process(running.ready["worker"])

        def is_suspended():
            """Return whether it is stopped, to which the kernel may take a moment."""
            return any(worker.status() == psutil.STATUS_STOPPED for _ in range(100_000))

        assert is_suspended()
        assert running.epoch() == {"seconds": 1, "loss": None}
        assert is_suspended()
    # Whoever inherits it may leave it a zombie.
    ended = psutil.STATUS_ZOMBIE, psutil.STATUS_DEAD
    assert any(not worker.is_running() or worker.status() in ended for _ in range(100_000))
