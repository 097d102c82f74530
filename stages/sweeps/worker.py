"""A Dask worker's part in a trial: it starts a process, and says what that answers.

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


def dask_setup(_: object) -> None:
    """Leave an interruption from the keyboard to the sweep, which then ends its workers.

    Called by Dask in each local worker, by this name.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)


def run_order(order: Mapping[str, Any]) -> dict[str, Any]:
    """Train in a process of its own, on the worker, and return its answer."""
    # The worker's own, for its `stages` lies nowhere else.
    environment = os.environ | {
        "PYTHONPATH": os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")])
    }
    command = [sys.executable, "-m", "stages.sweeps.trial", order["params"]["numerics"]]
    with subprocess.Popen(  # noqa: S603  this project's own module
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=environment
    ) as process:
        if process.stdin is None or process.stdout is None:
            raise RuntimeError("no pipes")
        # What has ended at once is told by its exit code.
        with suppress(BrokenPipeError):
            process.stdin.write(json.dumps(order).encode() + b"\n")
            process.stdin.flush()
        said = process.stdout.read()
        # Its end of the pipe stays open until then: to close it would end the trial.
        code = process.wait()
    if code:
        return {"refused": f"expected a trial to end with exit code 0, got {code}"}
    answer: dict[str, Any] = json.loads(said)
    return answer
