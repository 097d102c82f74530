"""Processes that obey rules of Windows: see windows/sitecustomize.py."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
# A pipe has an encoding of 256 characters there.
ENVIRONMENT = {
    "PYTHONIOENCODING": "cp1252",
    "PYTHONPATH": os.pathsep.join([str(Path(__file__).parent / "windows"), str(ROOT)]),
}
needs_linux = pytest.mark.skipif(sys.platform != "linux", reason="needs Linux's /proc")


def run(*words, **environment):
    """Run Python; return the exit code and both outputs, of which the first is in cp1252."""
    done = subprocess.run(
        [sys.executable, *words],
        cwd=ROOT,
        env=os.environ | ENVIRONMENT | environment,
        capture_output=True,
        check=False,
    )
    return done.returncode, done.stdout.decode("cp1252"), done.stderr.decode("cp1252")
