"""The board of tables: measure the contenders, keep the results and write docs/tables.md.

python -m benchmarks.tables --help
"""

import argparse
import os
import sys
from pathlib import Path

# Read while NumPy and scikit-learn are imported.
os.environ |= dict.fromkeys(("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS"), "1")

import sklearn

from benchmarks.speed.options import positive
from benchmarks.tables.datasets import bundled_tables, read_csv
from benchmarks.tables.page import figures, page, pairs
from benchmarks.tables.results import Protocol, measure, read_results, write_results
from nncore.errors import NncoreError
from stages.shared.files import write_text

PAGE = Path(__file__).parents[2] / "docs" / "tables.md"
RESULTS = Path(__file__).parents[1] / "results"


def main() -> None:
    """Measure the bundled tables and write the page, or measure a CSV file and print its tables."""
    options = _options()
    protocol = Protocol(options.seeds, options.folds, options.inner)
    if options.csv:
        table = read_csv(options.csv, options.target, is_regression=options.regression)
        result = measure(table, protocol, _show)
        print("\n\n".join([*figures([result]), pairs([result])]))
        return
    if not options.page:
        results = [measure(table, protocol, _show) for table in bundled_tables()]
        write_results(RESULTS, protocol, f"scikit-learn {sklearn.__version__}", results)
    write_text(PAGE, page(*read_results(RESULTS)))


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.tables",
        description="Compare networks for tables with other estimators by nested cross-validation.",
    )
    parser.add_argument("--csv", type=Path, metavar="FILE", help="a table of yours, with a header")
    parser.add_argument("--target", metavar="COLUMN", help="the column to predict")
    parser.add_argument("--regression", action="store_true", help="it holds numbers, no classes")
    defaults = Protocol()
    for name, what in (
        ("seeds", "seeds 1, 2, …"),
        ("folds", "outer folds, which measure"),
        ("inner", "inner folds, which choose"),
    ):
        default = getattr(defaults, name)
        text = f"{what} (default: {default})"
        parser.add_argument(f"--{name}", type=positive, default=default, metavar="N", help=text)
    parser.add_argument("--page", action="store_true", help="only write the page again")
    options = parser.parse_args()
    if (options.csv is None) != (options.target is None):
        parser.error("expected --csv and --target together, got one")
    if min(options.folds, options.inner, options.seeds) < 2:
        parser.error("expected at least 2 seeds, folds and inner folds, got 1")
    return options


def _show(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


if __name__ == "__main__":
    try:
        main()
    except (NncoreError, OSError) as error:
        raise SystemExit(str(error)) from None
