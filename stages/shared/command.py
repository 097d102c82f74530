"""A stage as a command: options from a signature, faults as one line instead of a traceback."""

import sys
from collections.abc import Callable
from typing import NoReturn

import typer

from nncore.errors import NncoreError, as_line, escape_unencodable
from nncore.signals import exit_code_of_signals

# Faults that a stage prints; a file may have thousands.
MAX_LINES = 20


def run(stage: Callable[..., None]) -> None:
    """Run `stage` with the options given on the command line.

    Exit codes: 0 done, 1 refused with a line on standard error, 2 wrong usage, 130 interrupted, 143
    terminated.
    """
    # Plain help: loading rich would take a quarter of its time.
    app = typer.Typer(add_completion=False, pretty_exceptions_enable=False, rich_markup_mode=None)
    app.command()(stage)
    escape_unencodable()
    with exit_code_of_signals():
        try:
            app()
        except NncoreError as error:
            _refuse(stage, str(error))
        except OSError as error:
            _refuse(stage, f"{error.filename}: {error.strerror}" if error.filename else str(error))
        except MemoryError as error:
            expected = "expected enough memory, got"
            _refuse(stage, f"{expected}: {error}; make the network or batch smaller")
        except RuntimeError as error:
            # Python's message where a limit of the memory or of the processes is reached.
            if "can't start new thread" not in str(error):
                raise
            _refuse(stage, f"expected a thread, got: {error}; raise the limits, see ulimit -a")


def _refuse(stage: Callable[..., None], message: str) -> NoReturn:
    lines = message.splitlines()
    for line in lines[:MAX_LINES]:
        print(f"{stage.__name__}: {as_line(line)}", file=sys.stderr)
    if (more := len(lines) - MAX_LINES) > 0:
        print(f"{stage.__name__}: and {more:,} more", file=sys.stderr)
    raise SystemExit(1)
