"""A Dask worker's part in a trial: it passes a request to a process that trains.

Nothing of the project's but this is loaded into a worker.
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
        # The worker's own, for its `stages` lies nowhere else.
        path = os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")])
        self._process = subprocess.Popen(
            [sys.executable, "-m", "stages.sweeps.trial"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env=os.environ | {"PYTHONPATH": path},
        )

    def send(self, request: Mapping[str, Any]) -> dict[str, Any] | int:
        """Return what it says to a request, or its exit code if it has ended instead."""
        process = self._process
        if process.stdin is None or process.stdout is None:
            raise RuntimeError("no pipes")
        # What has ended is told by its exit code. Of a broken pipe Windows says OSError alone.
        with suppress(OSError):
            process.stdin.write(json.dumps(request).encode() + b"\n")
            process.stdin.flush()
        said = process.stdout.readline()
        if not said.endswith(b"\n"):
            self.end()
            return process.returncode
        response: dict[str, Any] = json.loads(said)
        return response

    def end(self) -> None:
        """Close its pipes, upon which it ends, and wait for it."""
        with suppress(OSError):
            self._process.communicate()


# Those that wait for a request, all of them of one sweep.
_idle: dict[str, list[TrialProcess]] = {}


def dask_setup(_: object) -> None:
    """Leave an interruption from the keyboard to the sweep, which then ends its workers.

    Called by Dask in each local worker, by this name.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)


def run_request(request: Mapping[str, Any], sweep: str) -> dict[str, Any]:
    """Train on the worker, and return what the process that did says.

    Parameters
    ----------
    sweep : a name of its own; each sweep has new processes, which load the code that it finds

    Raises
    ------
    ChildProcessError
        The process was killed; Dask has another one train.
    """
    for other in [name for name in _idle if name != sweep]:
        for trainer in _idle.pop(other, []):
            trainer.end()
    waiting = _idle.setdefault(sweep, [])
    # A worker may have several threads, each with a trial of its own.
    while True:
        try:
            trainer, fresh = waiting.pop(), False
        except IndexError:
            trainer, fresh = TrialProcess(), True
        response = trainer.send(request)
        if isinstance(response, dict):
            waiting.append(trainer)
            return response
        # Ended by a signal: killed, or with the exit code of one that it handles.
        if response < 0 or response > 128:
            raise ChildProcessError("killed while it trained")
        # One that had waited too long has ended by itself.
        if fresh:
            return {"refused": f"expected a trial to end with a response, got exit code {response}"}
