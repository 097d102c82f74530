"""How a program ends on Ctrl-C and SIGTERM: exit code 130 or 143, at once, without a traceback.

A signal raises an exception in the main thread, so that `with` and `finally` clean up. The
exception alone is not enough. Python drops an exception that is raised in a weak reference's
callback or in `__del__`. At an unlucky moment an exception leaves a library's lock locked. Another
exception may replace it. So a signal is recorded, and raised again after Python has dropped it, or
if the program has not ended in time. After a signal, every end of the program has the signal's exit
code.
"""

import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from types import FrameType, TracebackType
from typing import NoReturn

SIGNALS = (signal.SIGINT, signal.SIGTERM)
# The signal of a timer. Windows has none: a signal that Python has dropped is raised again only by
# `exit_if_signalled`.
_TIMER = getattr(signal, "SIGALRM", None)
# The time until a dropped exception is raised again: by then the callback is over.
PAUSE_SECONDS = 0.01
# The time in which a program should have cleaned up; after it, the signal is raised again.
GRACE_SECONDS = 10.0

# The first of `SIGNALS` that has come.
_received: int | None = None


def exit_on_signals() -> None:
    """Have SIGINT and SIGTERM raise SystemExit in the main thread, for the rest of the process.

    A program calls this before it imports anything large: an import, too, may be interrupted. A
    signal that the process was started to ignore, as `nohup` and a shell's `&` do, stays ignored.
    """
    for number in SIGNALS:
        if signal.getsignal(number) in {signal.SIG_DFL, signal.default_int_handler}:
            signal.signal(number, _exit)
    if _TIMER is not None:
        signal.signal(_TIMER, _exit)
    sys.unraisablehook = _raise_again
    sys.excepthook = _exit_without_traceback


def exit_if_signalled() -> None:
    """Raise SystemExit if a signal has come; between two epochs, for instance."""
    if _received is not None:
        raise SystemExit(128 + _received)


@contextmanager
def exit_code_of_signals() -> Iterator[None]:
    """Run a program's main block; after a signal it ends with the signal's exit code.

    After the block the work is complete, and signals are ignored.
    """
    try:
        exit_if_signalled()
        yield
    finally:
        for number in (*SIGNALS, _TIMER):
            if number is not None and signal.getsignal(number) is _exit:
                signal.signal(number, signal.SIG_IGN)
        if _received is not None:
            _end(_received)


def _exit(number: int, _: FrameType | None) -> None:
    global _received  # noqa: PLW0603  a process has one state of its signals
    if number != _TIMER and _received is None:
        _received = number
    if _received is not None:
        _start_timer(GRACE_SECONDS)
    exit_if_signalled()


def _raise_again(dropped: "sys.UnraisableHookArgs") -> None:
    """Let a timer raise a dropped SystemExit again; ignore other faults after a signal."""
    if _received is None:
        sys.__unraisablehook__(dropped)
    elif isinstance(dropped.exc_value, SystemExit):
        _start_timer(PAUSE_SECONDS)


def _start_timer(seconds: float) -> None:
    if sys.platform != "win32":
        signal.setitimer(signal.ITIMER_REAL, seconds)


def _exit_without_traceback(
    error_type: type[BaseException], error: BaseException, traceback: TracebackType | None
) -> None:
    """Report an uncaught exception, unless it replaced a signal's exit."""
    if _received is None:
        sys.__excepthook__(error_type, error, traceback)
    else:
        _end(_received)


def _end(number: int) -> NoReturn:
    """End the process without Python's own end, which would wait for threads that never finish."""
    with suppress(OSError, ValueError):
        sys.stdout.flush()
    os._exit(128 + number)
