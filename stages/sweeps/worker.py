"""A Dask worker's part in a trial: it passes a request to a process that trains.

A worker loads none of the code that trains.
"""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent.parent.parent


class TrialProcess:
    """A process that trains, one request after another."""

    def __init__(self) -> None:
        # The process must find `stages`, whatever the folder that the worker was started in.
        path = os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")])
        self._process = subprocess.Popen(
            [sys.executable, "-m", "stages.sweeps.trial"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env=os.environ | {"PYTHONPATH": path},
        )

    def send(self, request: Mapping[str, Any]) -> dict[str, Any] | int:
        """Return the response to a request, or the exit code if the process has ended."""
        process = self._process
        if process.stdin is None or process.stdout is None:
            raise RuntimeError("no pipes")
        # A process that has ended shows below. On Windows, a broken pipe is a plain OSError.
        with suppress(OSError):
            process.stdin.write(json.dumps(request).encode() + b"\n")
            process.stdin.flush()
        line = process.stdout.readline()
        if not line.endswith(b"\n"):
            self.end()
            return process.returncode
        response: dict[str, Any] = json.loads(line)
        return response

    def end(self) -> None:
        """Close the pipes, upon which the process ends, and wait for it."""
        with suppress(OSError):
            self._process.communicate()


# The processes that wait for a request, by sweep; only those of one sweep stay.
_idle: dict[str, list[TrialProcess]] = {}


def dask_setup(_: object) -> None:
    """Leave an interruption from the keyboard to the sweep, which then ends its workers.

    Dask calls the function of this name in each local worker.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)


def run_request(request: Mapping[str, Any], sweep: str) -> dict[str, Any]:
    """Have a process train; return its response.

    Parameters
    ----------
    request : what `stages.sweeps.trial.TrialRequest` reads
    sweep : unique name; each sweep starts new processes, which load the code on the disk

    Raises
    ------
    ChildProcessError
        The process was killed; Dask then repeats the trial.
    """
    for other in [name for name in _idle if name != sweep]:
        for trainer in _idle.pop(other, []):
            trainer.end()
    waiting = _idle.setdefault(sweep, [])
    # A worker may have several threads, each with a trial of its own.
    while True:
        try:
            trainer, is_new = waiting.pop(), False
        except IndexError:
            trainer, is_new = TrialProcess(), True
        response = trainer.send(request)
        if isinstance(response, dict):
            waiting.append(trainer)
            return response
        # A signal ended it: the code is negative, or above 128 if the process handles the signal.
        if response < 0 or response > 128:
            raise ChildProcessError("killed while it trained")
        # A process that has waited too long ends by itself: start another one.
        if is_new:
            return {"refused": f"expected a trial to end with a response, got exit code {response}"}
