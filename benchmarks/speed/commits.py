"""How many times as long the stage train takes in one commit as in another, side by side.

The two train the same networks in turns, in pairs, each with the code of its commit and this
environment's libraries. Only the stages' commands and the keys of params.yaml must be the same.

    python -m benchmarks.speed.commits BEFORE [AFTER] [--pairs 10]
"""

import argparse
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from benchmarks.speed.options import positive
from nncore.text_tables import format_table

# Long enough, a quarter of a minute, that a start hardly counts.
NETWORKS = {
    "784-30-10": "model: {hidden: [30]}\ntrain: {epochs: 300, batch_size: 16}\n",
    "784-256-128-10": "model: {hidden: [256, 128]}\ntrain: {epochs: 100, batch_size: 32}\n",
}
HISTORY = Path("reports", "history.csv")


def main() -> None:
    """Print the median ratio for each network, its range, and whether the results are the same."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("before", metavar="BEFORE", help="a commit")
    parser.add_argument("after", metavar="AFTER", nargs="?", default="HEAD", help="default: HEAD")
    parser.add_argument("--pairs", type=positive, default=10, metavar="N", help="default: 10")
    options = parser.parse_args()
    rows: list[tuple[str, ...]] = [
        ("network", "pairs", "ratio", "from", "to", "before, s", "after, s", "history.csv")
    ]
    with tempfile.TemporaryDirectory() as folder:
        trees = [
            _checkout(commit, Path(folder, name))
            for name, commit in (("before", options.before), ("after", options.after))
        ]
        rows += [_compare(name, trees, options.pairs) for name in NETWORKS]
    print(format_table(rows, "<>"))


def _checkout(commit: str, folder: Path) -> Path:
    """Return a clone of this repository at a commit, with its data prepared."""
    for arguments in (
        ["clone", "--quiet", "--shared", "--no-checkout", ".", str(folder)],
        ["-C", str(folder), "checkout", "--quiet", commit],
    ):
        if subprocess.run(["git", *arguments], check=False).returncode:  # noqa: S603, S607  Git
            raise SystemExit(f"{commit}: expected a commit of this repository, see above")
    # The data are those of the default settings of each commit.
    (folder / "params.yaml").write_text("{}\n", encoding="utf-8")
    for stage in ("fetch", "preprocess"):
        _run(stage, folder)
    return folder


def _compare(name: str, trees: list[Path], pairs: int) -> tuple[str, ...]:
    """Return a row of the table: a network trained in both trees in turns."""
    for tree in trees:
        (tree / "params.yaml").write_text(NETWORKS[name], encoding="utf-8")
    seconds = []
    for pair in range(pairs):
        # Each goes first in every second pair.
        order = trees[:: -1 if pair % 2 else 1]
        times = {tree: _run("train", tree) for tree in order}
        seconds.append([times[tree] for tree in trees])
    ratios = [after / before for before, after in seconds]
    before, after = (tree.joinpath(HISTORY).read_bytes() for tree in trees)
    return (
        name,
        str(pairs),
        f"{statistics.median(ratios):.3f}",
        f"{min(ratios):.3f}",
        f"{max(ratios):.3f}",
        *(f"{statistics.median(times):.2f}" for times in zip(*seconds, strict=True)),
        "the same" if before == after else "differs",
    )


def _run(stage: str, tree: Path) -> float:
    """Return the seconds that a stage takes in a tree, from nothing."""
    shutil.rmtree(tree / ".checkpoints", ignore_errors=True)
    # This program's own environment must not reach the other commit's code.
    environment = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}
    begin = time.perf_counter()
    done = subprocess.run(  # noqa: S603  this project's stages
        [sys.executable, "-m", f"stages.{stage}"],
        cwd=tree,
        env=environment,
        stdout=subprocess.DEVNULL,
        check=False,
    )
    if done.returncode:
        raise SystemExit(f"{stage} in {tree.name}: expected exit code 0, got {done.returncode}")
    return time.perf_counter() - begin


if __name__ == "__main__":
    main()
