"""The program `nncore`, or `python -m nncore.cli`."""

import atexit
import gc

from nncore.signals import exit_on_signals


def main() -> None:
    """Run the command line; a signal ends it from here on, its imports included."""
    exit_on_signals()
    # Else Python searches all objects for cycles as it ends: a tenth of the time for one picture.
    atexit.register(gc.freeze)
    from nncore.cli.commands import run  # noqa: PLC0415  NumPy and Pillow take long to import

    run()


if __name__ == "__main__":
    main()
