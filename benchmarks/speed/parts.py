"""How many times as fast two threads, which share every batch, train a network as one.

784-1024-1024-10, batches of 256, momentum, made-up images; one worker and two in turns. Both must
end with the same bytes.

    python -m benchmarks.speed.parts --help
"""

import argparse
import statistics
import time

from benchmarks.speed.dataset import made_up
from benchmarks.speed.options import positive
from nncore.config.architecture import Architecture
from nncore.config.training import TrainingSettings
from nncore.data.dataset import Data
from nncore.network.network import Network
from nncore.training.loop import Training

IMAGES = 10_240


def train(data: Data, workers: int) -> tuple[float, bytes]:
    """Return the seconds of one epoch, and the parameters after it."""
    network = Network(Architecture(hidden=(1024, 1024)), inputs=784, outputs=10)
    settings = TrainingSettings(batch_size=256, lr=0.05)
    training = Training(network, settings, data, workers=workers)
    begin = time.perf_counter()
    training.run_epoch()
    return time.perf_counter() - begin, network.parameters.tobytes()


def main() -> None:
    """Print the median ratio of the two times, and its range."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument(
        "--rounds", type=positive, default=7, metavar="N", help="of one epoch each (default: 7)"
    )
    rounds = parser.parse_args().rounds
    data = Data(*made_up(IMAGES))
    ratios = []
    for number in range(rounds):
        # Each goes first in every second round.
        turn = (1, 2) if number % 2 == 0 else (2, 1)
        done = {workers: train(data, workers) for workers in turn}
        (one, expected), (two, got) = done[1], done[2]
        if got != expected:
            raise SystemExit("expected the same bytes with one worker and with two, got others")
        ratios.append(one / two)
    print(
        f"two workers against one: {statistics.median(ratios):.2f} times as fast "
        f"({rounds} rounds: {min(ratios):.2f} to {max(ratios):.2f}), same bytes"
    )


if __name__ == "__main__":
    main()
