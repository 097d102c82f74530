"""The program `nncore`, or `python -m nncore.cli`."""

import atexit
import gc

from nncore.signals import exit_on_signals


def main() -> None:
    """Run the command line; from the first line on a signal ends it, even during its imports."""
    exit_on_signals()
    # Otherwise Python searches all objects for cycles at its end, a tenth of the time of a picture.
    atexit.register(gc.freeze)
    from nncore.cli.commands import run  # noqa: PLC0415  NumPy takes long to import

    run()


if __name__ == "__main__":
    main()
