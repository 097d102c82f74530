"""A watch of a folder of journals, as a program."""

import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from stages.shared.fingerprint import ROOT


@pytest.fixture
def watch(tmp_path):
    """Start a watch; return its folder and its address."""
    folder = tmp_path / "journal"
    command = [sys.executable, "-m", "stages.watch", "--port", "0", "--journal", str(folder)]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
    line = process.stdout.readline()
    yield SimpleNamespace(folder=Path(folder), url=line.split()[0], line=line, process=process)
    process.terminate()
    process.wait()
    process.stdout.close()
