"""A signal ends a program that would wait for ever.

What whole programs do is in tests/pipeline/test_signals.py.
"""

import subprocess
import sys

import pytest

# The signal comes while a lock is held, and what undoes the work asks for it once more.
LOCK = """
import os, signal, threading
from nncore import signals

signals.GRACE_SECONDS = 0.1
signals.exit_on_signals()
lock = threading.Lock()
with signals.exit_code_of_signals():
    try:
        lock.acquire()
        os.kill(os.getpid(), signal.SIGINT)
    finally:
        print("undo", flush=True)
        lock.acquire()
"""
# At its end, Python waits for its threads.
THREAD = """
import os, signal, threading
from nncore import signals

signals.exit_on_signals()
threading.Thread(target=threading.Event().wait).start()
with signals.exit_code_of_signals():
    os.kill(os.getpid(), signal.SIGINT)
"""


def run(program):
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=False, timeout=120
    )
    return done.returncode, done.stdout, done.stderr


@pytest.mark.parametrize(("program", "output"), [(LOCK, "undo\n"), (THREAD, "")])
def test_a_signal_ends_what_waits_for_ever(program, output):
    assert run(program) == (130, output, "")
