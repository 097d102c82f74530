"""Which of OpenBLAS's kernels train each network fastest with `numerics: fast` on this processor.

OpenBLAS chooses its kernels once, when a process loads it, by the processor or by the variable
OPENBLAS_CORETYPE. So each family of kernels trains in a process of its own; they take turns. A
family that the processor can't run falls back to another, which has the same time.

    python -m benchmarks.speed.kernels --help
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import time
from pathlib import Path

import numpy as np

from benchmarks.speed.dataset import made_up
from benchmarks.speed.networks import CONTESTS
from benchmarks.speed.options import positive
from nncore.data.dataset import Data
from nncore.text_tables import format_markdown_table
from nncore.training.loop import Training

ROOT = Path(__file__).parents[2]
AUTOMATIC = "automatic"
FAMILIES = (AUTOMATIC, "Haswell", "SkylakeX")
IMAGES = 2048
# Of each network in a process; the least counts, for other work on the machine only adds to it.
EPOCHS = 7


def measure() -> dict[str, float]:
    """Return the microseconds of processor time of a step of each network."""
    times = {}
    images, targets = made_up(IMAGES)
    for name, contest in CONTESTS.items():
        data = Data(np.ascontiguousarray(images[:, : contest.sizes[0]]), targets)
        training = Training(contest.network("fast"), contest.settings, data)
        epochs = []
        for _ in range(EPOCHS):
            begin = time.thread_time()
            training.run_epoch()
            epochs.append(time.thread_time() - begin)
        times[name] = 1e6 * min(epochs) * contest.settings.batch_size / IMAGES
    return times


def measure_with(family: str) -> dict[str, float]:
    """Return what `measure` does in a process with a family of kernels."""
    environment = {key: value for key, value in os.environ.items() if key != "OPENBLAS_CORETYPE"}
    if family != AUTOMATIC:
        environment["OPENBLAS_CORETYPE"] = family
    command = [sys.executable, "-m", "benchmarks.speed.kernels", "--measure"]
    result = subprocess.run(  # noqa: S603  this program
        command, cwd=ROOT, env=environment, check=True, stdout=subprocess.PIPE, text=True
    )
    times: dict[str, float] = json.loads(result.stdout)
    return times


def main() -> None:
    """Print a table: medians of the times, and of their ratios to the automatic choice's."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument(
        "--rounds", type=positive, default=5, metavar="N", help="of each family (default: 5)"
    )
    # What a process of this program does for another one.
    parser.add_argument("--measure", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.measure:
        print(json.dumps(measure()))
        return
    rounds = [
        {family: measure_with(family) for family in FAMILIES[:: -1 if number % 2 else 1]}
        for number in range(options.rounds)
    ]
    rows: list[tuple[str, ...]] = [
        (
            "network",
            "batch",
            f"{AUTOMATIC}, µs a step",
            *(f"{name}, times" for name in FAMILIES[1:]),
        )
    ]
    for name, contest in CONTESTS.items():
        automatic = [each[AUTOMATIC][name] for each in rounds]
        ratios = (
            statistics.median(each[family][name] / each[AUTOMATIC][name] for each in rounds)
            for family in FAMILIES[1:]
        )
        rows.append(
            (
                *(name, str(contest.settings.batch_size), f"{statistics.median(automatic):.1f}"),
                *(f"{ratio:.2f}" for ratio in ratios),
            )
        )
    print(format_markdown_table(rows, "<>", compact=True))


if __name__ == "__main__":
    main()
