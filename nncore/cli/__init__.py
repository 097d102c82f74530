"""The command line: `nncore`, or `python -m nncore.cli`."""

import sys

from nncore.signals import exit_on_signals

# So Python calls a program while it imports the package of `python -m nncore.cli`.
if sys.argv[0] == "-m":
    exit_on_signals()


def main() -> None:
    """Run the command that the installed program `nncore` was given."""
    exit_on_signals()
    from nncore.cli.__main__ import run  # noqa: PLC0415  large, and may be interrupted

    run()
