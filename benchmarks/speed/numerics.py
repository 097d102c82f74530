"""How many times as long a training takes in exact arithmetic as in plain floating point.

Both train the same networks on made-up images, in turns, on one thread.

    python -m benchmarks.speed.numerics --help
"""

import argparse
import statistics
import time
from typing import get_args

from benchmarks.speed.dataset import made_up
from benchmarks.speed.options import positive
from nncore.config.architecture import Architecture
from nncore.config.numerics import Numerics
from nncore.config.training import TrainingSettings
from nncore.data.dataset import Data
from nncore.network.network import Network
from nncore.text_tables import format_markdown_table
from nncore.training.loop import Training

MODES: tuple[Numerics, ...] = get_args(Numerics)
# Hidden units, images in a step, epochs over 4,000 images.
NETWORKS = (
    ((30,), 16, 20),
    ((256, 128), 64, 10),
    ((800,), 128, 6),
    ((1024, 1024), 256, 2),
)
IMAGES = 4000


def seconds(
    numerics: Numerics, hidden: tuple[int, ...], batch_size: int, epochs: int, data: Data
) -> float:
    """Return the processor time of the epochs of a training."""
    network = Network(Architecture(hidden=hidden), inputs=784, outputs=10, numerics=numerics)
    training = Training(network, TrainingSettings(epochs=epochs, batch_size=batch_size), data)
    begin = time.process_time()
    while not training.finished:
        training.run_epoch()
    return time.process_time() - begin


def main() -> None:
    """Print a table: medians of the times, and of the ratios of the pairs."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument(
        "--rounds", type=positive, default=9, metavar="N", help="pairs of trainings (default: 9)"
    )
    rounds = parser.parse_args().rounds
    data = Data(*made_up(IMAGES))
    rows: list[tuple[str, ...]] = [
        ("network", "batch", *(f"{mode}, s" for mode in MODES), "exact / fast", "range")
    ]
    for hidden, batch, epochs in NETWORKS:
        pairs = []
        for number in range(rounds):
            # Each goes first in every second pair.
            turn = MODES[:: -1 if number % 2 else 1]
            taken = {mode: seconds(mode, hidden, batch, epochs, data) for mode in turn}
            pairs.append([taken[mode] for mode in MODES])
        ratios = [exact / fast for exact, fast in pairs]
        rows.append(
            (
                "-".join(map(str, (784, *hidden, 10))),
                str(batch),
                *(f"{statistics.median(times):.2f}" for times in zip(*pairs, strict=True)),
                f"{statistics.median(ratios):.2f}",
                f"{min(ratios):.2f} to {max(ratios):.2f}",
            )
        )
    print(format_markdown_table(rows, "<>", compact=True))


if __name__ == "__main__":
    main()
