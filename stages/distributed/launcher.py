"""Start a stage again, once for each rank, under the launcher that NNCORE_LAUNCH names."""

import ctypes
import os
import shlex
import shutil
import signal
import subprocess
import sys
import tempfile
from importlib.util import find_spec
from pathlib import Path

from nncore.errors import NncoreError, as_line
from stages.distributed.mpi import ENDED, LAUNCHED_VARIABLE

_PR_SET_PDEATHSIG = 1
# The remedy, if there were ranks.
CONTINUES = "; run again, to go on from the last finished epoch"


class LaunchError(NncoreError):
    """A launcher that can't be used, or ranks that failed."""


def run_under_launcher(stage: str, folder: Path) -> bool:
    """Run this program under the launcher, if there is one; return whether there is.

    Parameters
    ----------
    stage : name of the stage, with which each line of an error of its ranks begins
    folder : receives a temporary file in which rank 0 records how far it has come

    Raises
    ------
    LaunchError
        Windows, no such launcher, no mpi4py; a rank refused its input: one line for each fault,
        however many ranks report it; or a rank died: one line with the launcher's message.
    """
    launcher = os.environ.get("NNCORE_LAUNCH", "")
    if not launcher.strip() or LAUNCHED_VARIABLE in os.environ:
        return False
    if sys.platform == "win32":
        raise LaunchError(
            "NNCORE_LAUNCH needs Linux or macOS, got Windows; train without it, to the same model"
        )
    words = _words(launcher)
    if find_spec("mpi4py") is None:
        raise LaunchError(
            "NNCORE_LAUNCH needs mpi4py, got none; run: python -m pip install '.[mpi]'"
        )
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="ranks-", dir=folder) as temporary:
        state = Path(temporary, "state").resolve()
        # Through `env`, because not every launcher passes the environment to other hosts.
        program = ["env", f"{LAUNCHED_VARIABLE}={state}", sys.executable, *sys.orig_argv[1:]]
        code, errors = _run([*words, *program])
        joined = state.exists()
        ended = joined and state.read_text(encoding="utf-8") == ENDED
    if code == 0 and ended:
        sys.stderr.write(errors)
        return True
    prefix = f"{stage}: "
    # Two ranks that write at the same time may share a line.
    lines = errors.replace(prefix, f"\n{prefix}").splitlines()
    failures = [line.removeprefix(prefix) for line in lines if line.startswith(prefix)]
    if not failures:
        if "Traceback" in errors:
            sys.stderr.write(errors)
        failures.append(
            f"expected all ranks to end well, got exit code {code} from {launcher}: "
            f"{_shortened(errors)}{CONTINUES if joined else ''}"
            if code
            else f"NNCORE_LAUNCH must start ranks of the command that follows it, as mpiexec -n 2 "
            f"does, got {launcher!r}, which ended without one"
        )
    raise LaunchError("\n".join(dict.fromkeys(failures)))


def _words(launcher: str) -> list[str]:
    try:
        words = shlex.split(launcher)
    except ValueError as error:
        raise LaunchError(f"NNCORE_LAUNCH must be a command, got {launcher!r}: {error}") from error
    if not shutil.which(words[0]):
        raise LaunchError(
            f"NNCORE_LAUNCH must begin with a program that is installed, got {launcher!r}; "
            "for mpiexec run: python -m pip install '.[mpi]'"
        )
    return words


def _run(command: list[str]) -> tuple[int, str]:
    """Run a launcher and print the output of its ranks; return its exit code and the errors.

    The errors are what the ranks and the launcher write to standard error, and what MPICH's
    launcher, when it ends the ranks, writes to standard output after a line of equals signs.
    """
    with (
        tempfile.TemporaryFile("w+", errors="replace") as errors,
        subprocess.Popen(  # noqa: S603  what NNCORE_LAUNCH says
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
            errors="replace",
            preexec_fn=_end_with_parent if sys.platform == "linux" else None,  # noqa: PLW1509  there are no threads yet
        ) as process,
    ):
        rest = ""
        try:
            for line in process.stdout or ():
                if rest or line.startswith("====="):
                    rest += line
                else:
                    print(line, end="", flush=True)
        except BaseException:
            process.terminate()
            raise
        code = process.wait()
        errors.seek(0)
        return code, rest + errors.read()


def _end_with_parent() -> None:
    """Have Linux end the launcher, and with it the ranks, if this process is killed."""
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)


def _shortened(text: str) -> str:
    """Return a launcher's message on one line, without its rules and frames."""
    return as_line(" ".join(line.strip("=-| ") for line in text.splitlines()), 160)
