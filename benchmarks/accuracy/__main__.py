"""Seconds to an accuracy on test images, with fresh distortions of every training image.

    python -m benchmarks.accuracy --help

All peers train the same network from the same weights, on distortions of one family and strength,
and may use two cores. They take turns, one epoch each, in processes that stay and are suspended
while another one is timed. MNIST is taken where NNCORE_MIRROR names a source, see the stage fetch.
"""

import argparse
import json
import tempfile
from contextlib import ExitStack
from dataclasses import asdict
from pathlib import Path

from benchmarks.accuracy.race import BATCH, DISTORTIONS, EPOCHS, TARGET, race
from benchmarks.accuracy.result import Run, faults
from benchmarks.accuracy.table import speeds, table
from benchmarks.peers.process import Peer, PeerProcess
from benchmarks.peers.protocol import UnavailableError
from benchmarks.speed import dataset
from benchmarks.speed.options import add_out, positive
from benchmarks.speed.result import LeftOut
from benchmarks.system import machine

THREADS = 2
TORCH, JAX = "peers.distorted.torch", "peers.distorted.jax"
PEERS = (
    Peer("nncore exact", "peers.distorted.nncore"),
    Peer("nncore fast", "peers.distorted.nncore", options=("fast",)),
    Peer("PyTorch", TORCH),
    Peer("PyTorch worker", TORCH, options=("worker",)),
    Peer("PyTorch products", TORCH, options=("products",)),
    Peer("PyTorch products worker", TORCH, options=("products", "worker")),
    Peer("PyTorch torchvision", "peers.distorted.torchvision"),
    Peer("JAX", JAX),
    Peer("JAX thread", JAX, options=("thread",)),
    Peer("scikit-learn", "peers.distorted.sklearn"),
)
# It takes minutes for what others do in seconds: its epochs are timed, but it is not waited for.
FEW_EPOCHS = {"PyTorch torchvision": 2}


def measure(
    peers: list[Peer], data: Path, seed: int, epochs: int
) -> tuple[list[Run], list[LeftOut]]:
    """Return the trainings of the peers with one seed, and those that can't run here."""
    network, left_out = race(seed, epochs).name, []
    with ExitStack() as stack:
        pairs = []
        for peer in peers:
            try:
                running = stack.enter_context(PeerProcess(peer, f"{seed},{epochs}", data, THREADS))
            except UnavailableError as error:
                left_out.append(LeftOut(network, THREADS, peer.name, str(error)))
                print(left_out[-1], flush=True)
                continue
            strength = running.ready["strength"]
            run = Run(peer.name, running.version, seed, running.preparation, strength)
            pairs.append((running, run))
        for epoch in range(epochs):
            turn = epoch % max(len(pairs), 1)
            for running, run in pairs[turn:] + pairs[:turn]:
                if epoch < FEW_EPOCHS.get(run.peer, epochs):
                    answer = running.epoch()
                    run.seconds.append(answer["seconds"])
                    run.losses.append(answer["loss"])
                    run.accuracies.append(answer["accuracy"])
            print(f"seed {seed}, epoch {epoch + 1} of {epochs}: measured", flush=True)
    return [run for _, run in pairs], left_out


def main() -> None:
    """Measure, print the tables and write a JSON."""
    options = _options()
    peers = [peer for peer in PEERS if not options.peers or peer.name in options.peers]
    runs: list[Run] = []
    left_out: list[LeftOut] = []
    wrong: list[str] = []
    with tempfile.TemporaryDirectory() as folder:
        data = dataset.write(Path(folder), options.images)
        images = len(dataset.load(Path(folder), race(1, 1).inputs).inputs)
        if images % BATCH:
            raise SystemExit(f"--images: expected a multiple of {BATCH}, got {images}")
        for seed in range(1, options.rounds + 1):
            new_runs, missing = measure(peers, Path(folder), seed, options.epochs)
            runs += new_runs
            left_out += [entry for entry in missing if entry not in left_out]
            wrong += faults(new_runs)
    print(f"\n{data}\n\n{table(runs, TARGET, images)}\n\n{speeds(runs, TARGET)}")
    contest = race(1, options.epochs)
    report = {
        "data": data,
        **machine(),
        "network": contest.name,
        "batch": BATCH,
        "lr": contest.settings.lr,
        "images": images,
        "target": TARGET,
        "distortions": asdict(DISTORTIONS),
        "runs": [asdict(run) for run in runs],
        "left_out": [asdict(entry) for entry in left_out],
        "faults": wrong,
    }
    options.out.mkdir(parents=True, exist_ok=True)
    text = json.dumps(report, indent=2) + "\n"
    (options.out / "accuracy.json").write_text(text, encoding="utf-8")
    if wrong:
        raise SystemExit("\n".join(wrong))


def _options() -> argparse.Namespace:
    names = [peer.name for peer in PEERS]
    parser = argparse.ArgumentParser(
        description="Seconds to an accuracy on test images, of nncore and its peers, in turns.",
        epilog="\n  ".join(["peers:", *names]),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add = parser.add_argument
    add("--images", type=positive, default=60_000, metavar="N", help="in an epoch (default: 60000)")
    add("--rounds", type=positive, default=3, metavar="N", help="seeds, 1 to N (default: 3)")
    add("--epochs", type=positive, default=EPOCHS, metavar="N", help=f"default: {EPOCHS}")
    add("--peers", nargs="+", choices=names, metavar="NAME", help="default: all; quote a name")
    add_out(parser)
    return parser.parse_args()


if __name__ == "__main__":
    main()
