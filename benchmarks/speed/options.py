"""What several of the programs' options have in common."""

import argparse
from pathlib import Path


def positive(text: str) -> int:
    """Return a number of at least 1, the value of an option."""
    if not text.isdecimal() or int(text) == 0:
        raise argparse.ArgumentTypeError(f"expected a number of at least 1, got {text!r}")
    return int(text)


def add_out(parser: argparse.ArgumentParser) -> None:
    """Add the option for the folder of the results."""
    parser.add_argument(
        "--out",
        type=Path,
        default=Path("build", "benchmarks"),
        metavar="FOLDER",
        help="for the results (default: build/benchmarks)",
    )
