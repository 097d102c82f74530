"""Keep the last measurements: copy them to benchmarks/results and write RESULTS.md from them.

    python -m benchmarks.record [FOLDER]

No number in RESULTS.md is typed: a test renders it again from the copies.
"""

import json
import shutil
import sys
from pathlib import Path

from benchmarks import growth, growth_results, starts
from benchmarks.results import Result
from benchmarks.summary import summary
from benchmarks.table import table

HERE = Path(__file__).parent
KEPT = HERE / "results"
PAGE = HERE / "RESULTS.md"
FILES = (
    "compare.json",
    "compare-1.png",
    "compare-2.png",
    "starts.json",
    "growth.json",
    "growth.png",
)
INTRODUCTION = """# Results

Written by `python -m benchmarks.record` from `benchmarks/results`, which `make bench` and `make
growth` measured. What the figures mean: [docs/performance.md](../docs/performance.md).

{processor}, Python {python}, {versions}; {data}.

Times are medians of the rounds, in which the peers take turns. All begin with the same weights and
take the images in the same order. `loss` is the mean over the last epoch, which shows that no one
skips work. `floor` is the matrix products alone."""


def page(folder: Path) -> str:
    """Return RESULTS.md for the measurements in a folder."""
    comparison, commands, growths = (
        json.loads((folder / name).read_text(encoding="utf-8"))
        for name in ("compare.json", "starts.json", "growth.json")
    )
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
    for threads in sorted({result.threads for result in results}):
        name = "One thread" if threads == 1 else f"{threads} threads"
        parts += [
            f"## {name}",
            "Speed of nncore in units of another's: the median of the rounds' ratios.",
            summary(results, threads),
            f"![Seconds per epoch]({KEPT.name}/compare-{threads}.png)",
            table(results, threads),
        ]
    sizes = growth_results.read(growths["sizes"])
    parts += [
        "## Around the training",
        starts.table(commands),
        "## Growth",
        growth_results.table(sizes),
        growth.notes(sizes),
        f"![Time and memory against the number of images]({KEPT.name}/growth.png)",
    ]
    return "\n\n".join(parts) + "\n"


def main() -> None:
    """Copy and write."""
    source = Path(sys.argv[1]) if len(sys.argv) > 1 else Path("build", "benchmarks")
    KEPT.mkdir(exist_ok=True)
    for name in FILES:
        shutil.copyfile(source / name, KEPT / name)
    PAGE.write_text(page(KEPT), encoding="utf-8", newline="\n")
    print(
        f"{PAGE.relative_to(HERE.parent)} and {len(FILES)} files in {KEPT.relative_to(HERE.parent)}"
    )


if __name__ == "__main__":
    main()
