"""A stage as a command: options from a signature, faults as one line instead of a traceback."""

import sys
from collections.abc import Callable

import typer

from nncore.errors import NncoreError


def run(stage: Callable[..., None]) -> None:
    """Run `stage` with the options given on the command line.

    Exit codes: 0 done, 1 refused with a line on standard error, 2 wrong usage, 130 interrupted.
    """
    app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)
    app.command()(stage)
    try:
        app()
    except (NncoreError, OSError) as error:
        print(f"{stage.__name__}: {error}", file=sys.stderr)
        raise SystemExit(1) from None
