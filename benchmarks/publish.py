"""Publish the last measurements: copy them to benchmarks/results and write RESULTS.md from them.

    python -m benchmarks.publish --help

No number in RESULTS.md is typed: a test renders it again from the copies.
"""

import argparse
import json
import shutil
from pathlib import Path
from typing import Any

from benchmarks.accuracy import page as accuracy_page
from benchmarks.growth import growth
from benchmarks.growth import results as growth_results
from benchmarks.speed import classifiers_table
from benchmarks.speed.result import LeftOut, Result, format_threads
from benchmarks.speed.summary import summary
from benchmarks.speed.table import table
from benchmarks.startup import startup_time as starts

HERE = Path(__file__).parent
RESULTS = HERE / "results"
PAGE = HERE / "RESULTS.md"
REPORTS = (
    *("compare.json", "accuracy.json", "starts.json", "growth.json"),
    *("millions.json", "classifiers.json"),
)
FILES = (*REPORTS, "compare-1.png", "compare-2.png", "growth.png")
INTRODUCTION = """# Results

Written by `python -m benchmarks.publish` from `benchmarks/results`, measured by `make bench`, `make
growth` and `make millions`. What the figures mean: [docs/performance.md](../docs/performance.md).

{processor}, Python {python}, {versions}; {data}.

Times are medians of the rounds, in which the peers take turns. All peers begin with the same
weights and use the images in the same order. `loss` is the mean over the last epoch; nearly equal
losses show that no peer skips work. `floor` is the time of the matrix products alone, each in the
faster of two layouts.

A peer that may use two threads may also use one. The tables for two threads therefore show the
better of each peer's results with one and with two threads, and for nncore the best of its ways to
use two. Speed is the median of the rounds' ratios. One thread and two have no rounds in common;
between them, speed is the ratio of the medians. A geometric mean is over those of ten networks that
a peer can train; their number is in parentheses. A network with `@32` is trained in batches of 32
and enters no mean, because the mean has the same network with another batch. `smallest` is over all
networks."""


def page(folder: Path) -> str:
    """Return RESULTS.md for the measurements in a folder."""
    reports = {name: json.loads((folder / name).read_text(encoding="utf-8")) for name in REPORTS}
    _check_machine(reports)
    comparison, accuracy, commands, growths, millions, classifiers = reports.values()
    results = [Result(**values) for values in comparison["results"]]
    versions = dict.fromkeys(result.version for result in results)
    parts = [
        INTRODUCTION.format(
            processor=comparison["processor"],
            python=comparison["python"],
            versions=", ".join(versions),
            data=comparison["data"],
        )
    ]
    left_out = [LeftOut(**values) for values in comparison["left_out"]]
    if left_out:
        parts.append("\n".join(f"- {entry}" for entry in left_out))
    for threads in sorted({result.threads for result in results}):
        parts += [
            f"## {format_threads(threads)}",
            "Speed of nncore divided by the speed of the peer or the floor:",
            summary(results, threads),
            f"![Seconds per epoch]({RESULTS.name}/compare-{threads}.png)",
            table(results, threads),
        ]
    sizes = growth_results.read(growths["sizes"])
    parts += [
        *accuracy_page.parts(accuracy),
        "## Around the training",
        starts.table(commands["results"]),
        "## Growth",
        growth_results.table(sizes),
        growth.notes(sizes, growths["dtype"]),
        f"![Time and memory against the number of images]({RESULTS.name}/growth.png)",
        "## Eight million images",
        "The images are distorted copies of MNIST's, stored as bytes: `make millions`.",
        growth_results.table(many := growth_results.read(millions["sizes"])),
        growth.notes(many, millions["dtype"]),
        "## The scikit-learn estimator",
        classifiers_table.table(classifiers["results"]),
        classifiers_table.notes(classifiers["version"]),
    ]
    return "\n\n".join(parts) + "\n"


def main() -> None:
    """Write the page, then copy: nothing is touched unless all of it can be rendered."""
    parser = argparse.ArgumentParser(
        description="Copy measurements to benchmarks/results and write benchmarks/RESULTS.md.",
    )
    parser.add_argument(
        "source",
        type=Path,
        nargs="?",
        default=Path("build", "benchmarks"),
        metavar="FOLDER",
        help="what make bench, growth and millions wrote (default: build/benchmarks)",
    )
    source = parser.parse_args().source
    missing = [name for name in FILES if not (source / name).is_file()]
    if missing:
        raise SystemExit(
            f"{source}: expected {', '.join(missing)}, got none: make bench growth millions"
        )
    text = page(source)
    RESULTS.mkdir(exist_ok=True)
    for name in FILES:
        shutil.copyfile(source / name, RESULTS / name)
    PAGE.write_text(text, encoding="utf-8", newline="\n")
    print(f"{HERE.name}/{PAGE.name} and {len(FILES)} files in {HERE.name}/{RESULTS.name}")


def _check_machine(reports: dict[str, dict[str, Any]]) -> None:
    """End the program if the measurements are from several machines."""
    machines = {
        name: f"{report['processor']}, Python {report['python']}"
        for name, report in reports.items()
    }
    if len(set(machines.values())) > 1:
        each = "; ".join(f"{name}: {machine}" for name, machine in machines.items())
        raise SystemExit(f"expected measurements of one machine, got {each}")


if __name__ == "__main__":
    main()
