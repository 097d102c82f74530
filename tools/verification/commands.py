"""Git and DVC as commands that must succeed."""

import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

# `-P`: modules of the repository must not hide those of DVC.
DVC = (sys.executable, "-P", "-m", "dvc")


class RefusalError(Exception):
    """The repository can't be verified."""


def git(folder: Path, *arguments: str) -> str:
    """Return what a Git command prints in a folder."""
    return run_command(["git", "-c", "core.quotePath=false", *arguments], folder)


def run_command(
    command: Sequence[str], folder: Path, environment: dict[str, str] | None = None
) -> str:
    """Return what a command prints; RefusalError has the message of one that fails."""
    done = subprocess.run(
        command,
        cwd=folder,
        env=environment,
        capture_output=True,
        stdin=subprocess.DEVNULL,
        check=False,
    )
    if done.returncode:
        message = os.fsdecode(done.stderr or done.stdout).strip()
        raise RefusalError(message or f"{' '.join(command)} ended with {done.returncode}")
    return os.fsdecode(done.stdout)
