"""How many times faster two workers of a sweep are than one: 64 small trials, the same tables.

16 learning rates and 4 seeds of 784-32-10 on mnist-5k, 10 epochs; one worker and two in turns, from
the start of the command to its end. Needs the extra dask.

    python -m benchmarks.sweep
    python -m benchmarks.sweep --trials 4 --rounds 1
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

ROOT = Path(__file__).parent.parent
TRIALS, SEEDS, ROUNDS = 64, 4, 5


def params(trials: int) -> dict[str, object]:
    """Return what params.yaml would hold for so many trials."""
    rates = [round(0.01 * 1.2**number, 4) for number in range(trials // SEEDS)]
    return {
        "model": {"hidden": [32]},
        "train": {"epochs": 10, "optimizer": {"name": "momentum"}},
        "sweep": {"seeds": list(range(1, SEEDS + 1)), "space": {"train": {"lr": rates}}},
    }


def stage(name: str, folder: Path, *options: str, **environment: str) -> None:
    """Run a stage with the parameters in `folder`."""
    command = [sys.executable, "-m", f"stages.{name}", "--params", str(folder / "params.yaml")]
    subprocess.run(  # noqa: S603  this project's own stages
        [*command, *options],
        cwd=ROOT,
        env=os.environ | environment,
        stdout=subprocess.DEVNULL,
        check=True,
    )


def swept(folder: Path, workers: int) -> tuple[float, str]:
    """Return the seconds of a sweep from nothing, and a digest of its tables and picture."""
    output, finished = folder / "sweep", folder / "finished"
    for left in (output, finished):
        shutil.rmtree(left, ignore_errors=True)
    begin = time.perf_counter()
    stage(
        "sweep",
        folder,
        *("--processed", str(folder / "processed")),
        *("--output", str(output), "--checkpoints", str(finished)),
        NNCORE_DASK="",
        NNCORE_DASK_WORKERS=str(workers),
    )
    seconds = time.perf_counter() - begin
    files = sorted(path for path in output.iterdir() if path.is_file())
    return seconds, hashlib.sha256(b"".join(path.read_bytes() for path in files)).hexdigest()


def main() -> None:
    """Print the median ratio of the two times, and its range."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--trials", type=int, default=TRIALS, help=f"a multiple of {SEEDS}")
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "params.yaml").write_text(json.dumps(params(given.trials)), encoding="utf-8")
        stage("fetch", folder, "--raw", str(folder / "raw"))
        places = ("--raw", str(folder / "raw"), "--processed", str(folder / "processed"))
        stage("preprocess", folder, *places)
        ratios, digests = [], set()
        for number in range(given.rounds):
            (one, first), (two, second) = (swept(folder, workers) for workers in (1, 2))
            digests |= {first, second}
            ratios.append(one / two)
            print(f"round {number + 1}: {one:.1f} s on one worker, {two:.1f} s on two", flush=True)
    if len(digests) > 1:
        raise SystemExit("expected the same tables on one worker and on two, got others")
    print(
        f"two workers against one: {statistics.median(ratios):.2f} times as fast "
        f"({given.rounds} rounds: {min(ratios):.2f} to {max(ratios):.2f}), same tables"
    )


if __name__ == "__main__":
    main()
