"""What a table of 50 columns costs as it grows: fetch, preprocess and an epoch.

    python -m benchmarks.growth.table_rows --help

A CSV file of made-up rows goes through the stages fetch and preprocess. Then two networks train in
turns: one on what preprocess wrote, mapped as the stage train does, the other on random numbers in
memory, as many and in the same shape.
"""

import argparse
import json
import shutil
import tempfile
import time
from pathlib import Path
from statistics import median

import numpy as np

from benchmarks.growth.processes import run_stage
from benchmarks.growth.training import NETWORK
from benchmarks.speed.networks import CONTESTS
from benchmarks.speed.options import positive
from nncore.data.dataset import Data
from nncore.network.network import Network
from nncore.text_tables import format_table
from nncore.training.loop import Training
from stages.shared.prepared import read_split

ROWS = (100_000, 1_000_000)
COLUMNS = 50
CITIES = ("Basel", "Bern", "Chur", "Genf")
SEED = 1
ROWS_PER_BLOCK = 10_000


def write_table(path: Path, rows: int) -> None:
    """Write made-up rows: numbers, a category and a class that depends on two of the numbers."""
    rng = np.random.default_rng(SEED)
    numbers = COLUMNS - 2
    with path.open("w", encoding="ascii", newline="\n") as file:
        file.write(",".join([*(f"x{index}" for index in range(numbers)), "city", "class"]) + "\n")
        for start in range(0, rows, ROWS_PER_BLOCK):
            values = rng.standard_normal((min(ROWS_PER_BLOCK, rows - start), numbers))
            cities = rng.integers(len(CITIES), size=len(values)).tolist()
            for row, city in zip(values.tolist(), cities, strict=True):
                cells = [f"{value:.6g}" for value in row]
                label = "yes" if row[0] > row[1] else "no"
                file.write(",".join([*cells, CITIES[city], label]) + "\n")


def measure(folder: Path, rows: int, rounds: int) -> list[str]:
    """Return the measurements of a table as cells; its files are in `folder` meanwhile."""
    table = folder / "table.csv"
    write_table(table, rows)
    size = table.stat().st_size
    settings = {
        "fetch": {"dataset": "table", "path": str(table), "table": {"target": "class"}},
        "preprocess": {"scaling": "standard"},
    }
    params, raw, processed = folder / "params.yaml", folder / "raw", folder / "processed"
    params.write_text(json.dumps(settings), encoding="utf-8")
    common = ("--params", str(params), "--raw", str(raw))
    fetch = run_stage("fetch", *common)
    table.unlink()
    reports = ("--reports", str(folder / "reports"))
    preprocess = run_stage("preprocess", *common, "--processed", str(processed), *reports)
    shutil.rmtree(raw)
    mapped, in_memory = epoch_times(read_split(processed, "train"), rounds)
    return [
        f"{rows:,}",
        f"{size / 1e6:.0f}",
        *(
            f"{value:.{digits}f}"
            for stage in (fetch, preprocess)
            for value, digits in zip(stage, (1, 0), strict=True)
        ),
        f"{mapped:.2f}",
        f"{in_memory:.2f}",
    ]


def epoch_times(data: Data, rounds: int) -> tuple[float, float]:
    """Return µs per row of an epoch of `data`, and of random numbers; medians of the rounds."""
    inputs = np.random.default_rng(SEED).standard_normal(data.inputs.shape, np.float32)
    trainings = [_training(data), _training(Data(inputs, np.array(data.targets)))]
    seconds: list[list[float]] = [[], []]
    for _ in range(rounds):
        for training, times in zip(trainings, seconds, strict=True):
            begin = time.perf_counter()
            training.run_epoch()
            times.append(time.perf_counter() - begin)
    mapped, in_memory = (1e6 * median(times) / len(inputs) for times in seconds)
    return mapped, in_memory


def _training(data: Data) -> Training:
    contest = CONTESTS[NETWORK]
    network = Network(
        contest.architecture, inputs=data.inputs.shape[1], outputs=data.targets.shape[1]
    )
    training = Training(network, contest.settings, data)
    # Warms up.
    training.run_epoch()
    return training


def main() -> None:
    """Measure and print a table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=positive, nargs="+", default=ROWS)
    parser.add_argument("--rounds", type=positive, default=3)
    parser.add_argument("--folder", type=Path, default=Path("build/benchmarks"))
    options = parser.parse_args()
    options.folder.mkdir(parents=True, exist_ok=True)
    cells = [
        [
            "rows",
            "CSV MB",
            "fetch s",
            "peak MB",
            "preprocess s",
            "peak MB",
            "epoch µs / row",
            "random µs / row",
        ]
    ]
    for rows in options.rows:
        with tempfile.TemporaryDirectory(dir=options.folder) as name:
            cells.append(measure(Path(name), rows, options.rounds))
    print(format_table(cells, ">"))


if __name__ == "__main__":
    main()
