"""What a table costs as it grows: processor time for each row, and memory.

    python -m benchmarks.growth.table_rows --help

A made-up CSV file of numbers, categories and missing values goes through the stages fetch and
preprocess. Then a network trains on what they wrote, memory-mapped as the stage train has it, and
in turns on as many rows in memory as MNIST has images. All are processes, one at a time.
"""

import argparse
import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from benchmarks.growth.table_epoch import ROWS_IN_MEMORY
from benchmarks.peers.process import ROOT
from benchmarks.speed.options import positive
from nncore.tables import format_markdown_table

ROWS = (10_000, 100_000, 1_000_000)
COLUMNS = 50
# Rows that are drawn; all others are these, but for the first column, which tells rows apart.
DRAWN = 10_000
# Each fifth column has categories.
CATEGORIES = 8
HEAD = (
    *("rows", "CSV MB", "fetch µs / row", "MB", "preprocess µs / row", "MB"),
    *("epoch µs / row", "MB", "in memory µs / row"),
)
# A stage as it is, whose last line has its processor time and the most memory it had.
STAGE = """
import json, re, runpy, sys, time
name = sys.argv[1]
del sys.argv[1]
try:
    runpy.run_module(f"stages.{name}", run_name="__main__")
finally:
    status = open("/proc/self/status", encoding="ascii", errors="ignore").read()
    peak = int(re.search(r"VmHWM:\\s*(\\d+) kB", status)[1]) * 1024 / 1e6
    print()
    print(json.dumps({"seconds": time.process_time(), "peak": peak}))
"""
PARAMS: dict[str, dict[str, object]] = {
    "fetch": {"dataset": "table", "table": {"target": "y"}},
    "preprocess": {"scaling": "standard"},
    "model": {"output": "identity", "loss": "half_squared_error"},
}


def lines(rows: int, columns: int = COLUMNS, seed: int = 1) -> Iterator[str]:
    """Yield a table line by line: a number in a hundred is missing, and `y` is to be predicted."""
    rng = np.random.default_rng(seed)
    values = rng.normal(size=(min(rows, DRAWN), columns))
    target = values[:, :3].sum(axis=1)
    names = ["id", *(f"x{index}" for index in range(1, columns)), "y"]
    texts = np.char.mod("%.6g", values)
    texts[rng.random(texts.shape) < 0.01] = ""
    for index in range(4, columns, 5):
        texts[:, index] = np.char.mod("c%d", rng.integers(0, CATEGORIES, len(values)))
    tails = [",".join(row[1:]) + f",{y:.6g}" for row, y in zip(texts, target, strict=True)]
    yield ",".join(names) + "\n"
    for row in range(rows):
        # Not one more than the row before, which would be the number of a row.
        yield f"{row * 7919 % rows / rows:.7f},{tails[row % len(tails)]}\n"


def measured(rows: int, folder: Path, columns: int) -> tuple[str, ...]:
    """Return a row of the table; the files are in `folder` meanwhile."""
    path = folder / "table.csv"
    with path.open("w", encoding="utf-8") as file:
        file.writelines(lines(rows, columns))
    size = path.stat().st_size / 1e6
    params = folder / "params.yaml"
    fetch = PARAMS["fetch"] | {"path": str(path)}
    # JSON is YAML.
    params.write_text(json.dumps(PARAMS | {"fetch": fetch}), encoding="utf-8")
    raw, processed = folder / "raw", folder / "processed"
    stages = {
        "fetch": ("--raw", raw),
        "preprocess": ("--raw", raw, "--processed", processed, "--reports", folder / "reports"),
    }
    cells = [f"{rows:,}", f"{size:,.0f}"]
    for name, options in stages.items():
        found = _last_line("-c", STAGE, name, "--params", params, *options)
        cells += [f"{found['seconds'] / rows * 1e6:.1f}", f"{found['peak']:,.0f}"]
    path.unlink()
    found = _last_line("-m", "benchmarks.growth.table_epoch", processed)
    cells += [f"{found['mapped']:.2f}", f"{found['own']:,.0f}", f"{found['in_memory']:.2f}"]
    return tuple(cells)


def main() -> None:
    """Measure and print a table."""
    options = _options()
    table: list[tuple[str, ...]] = [HEAD]
    for rows in sorted(set(options.rows)):
        with tempfile.TemporaryDirectory(dir=options.folder) as name:
            table.append(measured(rows, Path(name), options.columns))
        print(f"{rows:,} rows: measured", flush=True)
    print(f"\n{format_markdown_table(table, '<')}")
    print(
        "\nTimes are those of the processor. MB: the most that a process had, in epochs without "
        f"pages of files. In memory: {ROWS_IN_MEMORY:,} rows, of the two trainings the second."
    )


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Measure tables of several sizes.")
    parser.add_argument("--rows", type=positive, nargs="+", default=ROWS, metavar="N")
    parser.add_argument("--columns", type=positive, default=COLUMNS, metavar="N")
    parser.add_argument("--folder", type=Path, help="for the files meanwhile", metavar="FOLDER")
    return parser.parse_args()


def _last_line(*words: object) -> dict[str, float]:
    command = [sys.executable, *map(str, words)]
    done = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, text=True, check=False)  # noqa: S603  this project's programs
    if done.returncode:
        raise SystemExit(f"expected exit code 0 of a process, got {done.returncode}; see above")
    found: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return found


if __name__ == "__main__":
    main()
