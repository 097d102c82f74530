"""What would stop nncore or a stage on Windows, as far as Linux can tell.

That the pipeline's bytes are the same is a fact of tests/tools/test_reduced_pipeline.py.
"""

import subprocess
import sys

import pytest
from windows_rules import ROOT, needs_linux, run

pytestmark = needs_linux

IMPORT_ALL = """
import importlib, sys
for name in sys.argv[1:]:
    importlib.import_module(name)
"""
# In a module of the project's, and then in a library's.
ATTEMPT = """
import sys
for package in ("stages", "library"):
    try:
        exec(sys.argv[1], {"__package__": package})
    except Exception as error:
        print(type(error).__name__, end=" ")
    else:
        print("done", end=" ")
"""
REPLACE_MAPPED = """
import os, tempfile
import numpy as np
with tempfile.TemporaryDirectory() as folder:
    old, new = (os.path.join(folder, name) for name in ("old", "new"))
    open(old, "wb").write(b"content")
    array = np.memmap(old, np.uint8, "r")
    try:
        os.replace(old, new)
    finally:
        del array
"""
REMOVE_OPEN = """
import tempfile
from pathlib import Path
with tempfile.TemporaryDirectory() as folder:
    path = Path(folder, "file")
    with path.open("w"):
        path.unlink()
"""
SAY = """
from stages.shared.command import run
def say() -> None:
    print("\\xb1 \\u2192")
run(say)
"""
SIGNAL = """
import signal
from nncore.signals import exit_code_of_signals, exit_on_signals
exit_on_signals()
with exit_code_of_signals():
    signal.raise_signal(signal.SIGINT)
"""


def modules():
    """Return the names of all modules of nncore and stages."""
    files = (file for folder in ("nncore", "stages") for file in (ROOT / folder).rglob("*.py"))
    names = (".".join(file.relative_to(ROOT).with_suffix("").parts) for file in files)
    return sorted(name.removesuffix(".__init__") for name in names)


def test_every_module_is_imported_without_what_windows_lacks():
    assert run("-c", IMPORT_ALL, *modules()) == (0, "", "")


@pytest.mark.parametrize(
    ("code", "outcomes"),
    [
        ("import fcntl", ["ModuleNotFoundError", "done"]),
        ("import resource", ["ModuleNotFoundError", "done"]),
        ("import os; os.fork", ["AttributeError", "done"]),
        ("from signal import SIGALRM", ["ImportError", "done"]),
        ("import os; assert os.name == 'nt'", ["done", "AssertionError"]),
        ("import sys; assert sys.platform == 'win32'", ["done", "AssertionError"]),
        ("import asyncio, os, signal; os.replace, os.fsync, signal.SIGTERM", ["done", "done"]),
        (REPLACE_MAPPED, ["PermissionError"] * 2),
        (REMOVE_OPEN, ["PermissionError"] * 2),
        ("import os; os.fsync(os.open('README.md', os.O_RDONLY))", ["OSError"] * 2),
        ("assert '▶' in open('README.md').read()", ["AssertionError"] * 2),
    ],
)
def test_a_rule_is_in_force(code, outcomes):
    """Or the other facts could not fail."""
    code, output, _ = run("-c", ATTEMPT, code)
    assert (code, output.split()) == (0, outcomes)


def test_text_without_a_line_ending_gets_that_of_windows(tmp_path):
    code = "import sys; from pathlib import Path; Path(sys.argv[1]).write_text('a\\n')"
    assert run("-c", code, str(tmp_path / "file"))[0] == 0
    assert (tmp_path / "file").read_bytes() == b"a\r\n"


def test_no_line_reads_what_windows_lacks():
    """By the types of the standard library there, also where no test comes by."""
    command = [sys.executable, "-m", "mypy", "--platform", "win32", "nncore", "stages"]
    command += ["--cache-dir", ".mypy_cache/win32"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.stdout.startswith("Success"), done.stdout + done.stderr


def test_an_interruption_has_its_exit_code_without_a_timer():
    assert run("-c", SIGNAL) == (130, "", "")


def test_a_stage_prints_an_escape_for_what_the_encoding_lacks():
    assert run("-c", SAY) == (0, "± \\u2192\n", "")


def test_a_launcher_of_ranks_is_refused_in_one_line(tmp_path):
    options = f"--checkpoints={tmp_path}"
    line = "NNCORE_LAUNCH needs Linux or macOS, got Windows; train without it, to the same model"
    done = run("-m", "stages.train", options, NNCORE_LAUNCH="mpiexec -n 2")
    assert done == (1, "", f"train: {line}\n")
