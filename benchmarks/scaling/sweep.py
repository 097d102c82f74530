"""How many times faster two workers of a sweep are than one: 64 small trials, the same tables.

16 learning rates and 4 seeds of 784-32-10 on mnist-5k; one worker and two in turns, each from the
start of the command to its end, beside a sweep all of whose trials were finished before. The
machine must be idle. Needs the extra dask. The table that it prints, without options, belongs in
docs/sweeps.md, under "What it costs".

    python -m benchmarks.scaling.sweep
    python -m benchmarks.scaling.sweep --trials 4 --epochs 5 --rounds 1
"""

import argparse
import hashlib
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

from nncore.text_tables import format_markdown_table

ROOT = Path(__file__).parents[2]
TRIALS, SEEDS, EPOCHS, ROUNDS = 64, 4, 100, 2


class Round(NamedTuple):
    """Seconds of one sweep on one worker, on two, and without a trial that is left."""

    one: float
    two: float
    none: float


def params(trials: int, epochs: int) -> dict[str, object]:
    """Return what params.yaml would hold for so many trials."""
    rates = [round(0.01 * 1.2**number, 4) for number in range(trials // SEEDS)]
    return {
        "model": {"hidden": [32]},
        "train": {"epochs": epochs, "optimizer": {"name": "momentum"}},
        "sweep": {"seeds": list(range(1, SEEDS + 1)), "space": {"train": {"lr": rates}}},
    }


def stage(name: str, folder: Path, *options: str, **environment: str) -> float:
    """Run a stage with the parameters in `folder`; return its seconds."""
    command = [sys.executable, "-m", f"stages.{name}", "--params", str(folder / "params.yaml")]
    begin = time.perf_counter()
    subprocess.run(  # noqa: S603  this project's own stages
        [*command, *options],
        cwd=ROOT,
        env=os.environ | environment,
        stdout=subprocess.DEVNULL,
        check=True,
    )
    return time.perf_counter() - begin


def time_sweep(folder: Path, workers: int) -> tuple[float, str]:
    """Return the seconds of a sweep, and a digest of its tables and picture."""
    output = folder / "sweep"
    shutil.rmtree(output, ignore_errors=True)
    seconds = stage(
        "sweep",
        folder,
        *("--processed", str(folder / "processed")),
        *("--output", str(output), "--checkpoints", str(folder / "finished")),
        NNCORE_DASK="",
        NNCORE_DASK_WORKERS=str(workers),
    )
    files = sorted(path for path in output.iterdir() if path.is_file())
    return seconds, hashlib.sha256(b"".join(path.read_bytes() for path in files)).hexdigest()


def measure_round(folder: Path) -> Round:
    """Sweep on one worker, on two, and again with every trial finished."""
    seconds, digests = [], set()
    for workers, clear in ((1, True), (2, True), (1, False)):
        if clear:
            shutil.rmtree(folder / "finished", ignore_errors=True)
        took, digest = time_sweep(folder, workers)
        seconds.append(took)
        digests.add(digest)
    if len(digests) > 1:
        raise SystemExit("expected the same tables on one worker and on two, got others")
    return Round(*seconds)


def table(rounds: list[Round]) -> str:
    """Return the rounds and their median as Markdown."""
    header = ("round", "one worker, s", "two workers, s", "no trial left, s", "speed of two / one")
    numbers = [(*seconds, seconds.one / seconds.two) for seconds in rounds]
    medians = [statistics.median(column) for column in zip(*numbers, strict=True)]
    rows = [
        (str(name), *(f"{value:.1f}" for value in seconds), f"{speedup:.2f}")
        for name, (*seconds, speedup) in [*enumerate(numbers, start=1), ("median", medians)]
    ]
    return format_markdown_table([header, *rows], "<>", compact=True)


def main() -> None:
    """Print the rounds as a table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument(
        "--trials", type=int, default=TRIALS, help=f"a multiple of {SEEDS} (default {TRIALS})"
    )
    parser.add_argument("--epochs", type=int, default=EPOCHS, help=f"of each (default {EPOCHS})")
    parser.add_argument("--rounds", type=int, default=ROUNDS, help=f"default {ROUNDS}")
    given = parser.parse_args()
    if given.trials < SEEDS or given.trials % SEEDS or given.epochs < 1 or given.rounds < 1:
        parser.error(f"--trials must be a multiple of {SEEDS}, --epochs and --rounds at least 1")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        content = json.dumps(params(given.trials, given.epochs))
        (folder / "params.yaml").write_text(content, encoding="utf-8")
        stage("fetch", folder, "--raw", str(folder / "raw"))
        places = ("--raw", str(folder / "raw"), "--processed", str(folder / "processed"))
        stage("preprocess", folder, *places)
        rounds = []
        for number in range(given.rounds):
            rounds.append(measure_round(folder))
            print(f"round {number + 1} of {given.rounds}", file=sys.stderr, flush=True)
    print(f"{given.trials} trials of {given.epochs} epochs, the same tables each time\n")
    print(table(rounds))
    if (given.trials, given.epochs, given.rounds) == (TRIALS, EPOCHS, ROUNDS):
        print('\nOn an idle machine: the table for "What it costs" in docs/sweeps.md')


if __name__ == "__main__":
    main()
