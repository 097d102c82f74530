"""NNCORE_LAUNCH: what can't be a launcher is refused in a line that says what to do."""

import os
import subprocess
import sys

import pytest
from pipeline_repository import ROOT

from stages.distributed import launcher as launch
from stages.distributed.launcher import LaunchError, run_under_launcher
from stages.distributed.mpi import ENDED, LAUNCHED_VARIABLE, RanksError, mpi_world

FOUND, ABSENT = object(), None
# What rank 0 does when all have joined, and when all have ended well.
JOINS = (
    f"import os, pathlib; state = pathlib.Path(os.environ['{LAUNCHED_VARIABLE}']); state.touch()"
)
ENDS = f"{JOINS}; state.write_text('{ENDED}')"


@pytest.fixture(autouse=True)
def _no_launcher(monkeypatch):
    monkeypatch.delenv("NNCORE_LAUNCH", raising=False)
    monkeypatch.delenv(LAUNCHED_VARIABLE, raising=False)


@pytest.fixture
def program(monkeypatch, tmp_path):
    """Have this file's process be `main.py` of a folder, and mpi4py be there."""
    monkeypatch.setattr(launch, "find_spec", lambda _: FOUND)
    monkeypatch.setattr(sys, "orig_argv", ["python", str(tmp_path / "main.py")])

    def write(text):
        (tmp_path / "main.py").write_text(text, encoding="utf-8")
        monkeypatch.setenv("NNCORE_LAUNCH", "nice -n 0")

    return write


@pytest.mark.parametrize("launcher", [None, "", "  "])
def test_without_a_launcher_the_program_itself_goes_on(monkeypatch, launcher, tmp_path):
    if launcher is not None:
        monkeypatch.setenv("NNCORE_LAUNCH", launcher)
    assert not run_under_launcher("train", tmp_path)


def test_what_a_launcher_has_started_starts_none(monkeypatch, tmp_path):
    monkeypatch.setenv("NNCORE_LAUNCH", "nice -n 0")
    monkeypatch.setenv(LAUNCHED_VARIABLE, os.devnull)
    assert not run_under_launcher("train", tmp_path)


@pytest.mark.parametrize(
    ("launcher", "message"),
    [
        (
            "mpiexeq -n 2",
            "NNCORE_LAUNCH must begin with a program that is installed, got 'mpiexeq -n 2'; HOW",
        ),
        ("nice '", 'NNCORE_LAUNCH must be a command, got "nice \'": No closing quotation'),
    ],
)
def test_no_launcher_is_refused(monkeypatch, launcher, message, tmp_path):
    monkeypatch.setenv("NNCORE_LAUNCH", launcher)
    with pytest.raises(LaunchError) as raised:
        run_under_launcher("train", tmp_path)
    install = "for mpiexec run: python -m pip install '.[mpi]'"
    assert str(raised.value) == message.replace("HOW", install)


def test_without_mpi4py_it_says_what_to_install(monkeypatch, tmp_path):
    monkeypatch.setenv("NNCORE_LAUNCH", "nice -n 0")
    monkeypatch.setattr(launch, "find_spec", lambda _: ABSENT)
    message = r"^NNCORE_LAUNCH needs mpi4py, got none; run: python -m pip install '\.\[mpi\]'$"
    with pytest.raises(LaunchError, match=message):
        run_under_launcher("train", tmp_path)


def test_a_rank_without_mpi_says_what_to_install(monkeypatch):
    monkeypatch.setenv(LAUNCHED_VARIABLE, os.devnull)
    monkeypatch.setitem(sys.modules, "mpi4py", None)
    with (
        pytest.raises(RanksError, match=r"; run: python -m pip install '\.\[mpi\]'$"),
        mpi_world(),
    ):
        pass


def test_the_program_runs_under_the_launcher_and_knows_it(program, capfd, tmp_path):
    program(f"{ENDS}; print('output')")
    assert run_under_launcher("train", tmp_path / "new")
    assert capfd.readouterr().out == "output\n"
    assert not list((tmp_path / "new").iterdir())


def test_a_launcher_may_discard_the_output_of_the_ranks(program, monkeypatch, tmp_path, capfd):
    program(f"{ENDS}; print('output')")
    monkeypatch.setenv("NNCORE_LAUNCH", "sh -c '\"$@\" >/dev/null 2>&1' -")
    assert run_under_launcher("train", tmp_path)
    assert capfd.readouterr() == ("", "")


def test_the_errors_of_a_successful_run_are_shown(program, capfd, tmp_path):
    program(f"{ENDS}; import sys; print('a note', file=sys.stderr)")
    assert run_under_launcher("train", tmp_path)
    assert capfd.readouterr().err == "a note\n"


@pytest.mark.parametrize("launcher", ["true", "echo"])
def test_a_program_that_starts_no_rank_is_refused(program, monkeypatch, launcher, tmp_path):
    """It ends well, and there is no model."""
    program("")
    monkeypatch.setenv("NNCORE_LAUNCH", launcher)
    message = (
        "^NNCORE_LAUNCH must start ranks of the command that follows it, as mpiexec -n 2 does, "
        f"got '{launcher}', which ended without one$"
    )
    with pytest.raises(LaunchError, match=message):
        run_under_launcher("train", tmp_path)


@pytest.mark.parametrize("said", ["train: no\\ntrain: no\\n", "train: notrain: no\\n\\n"])
def test_what_several_ranks_refuse_is_one_line(program, said, tmp_path):
    """However what they say is mixed."""
    program(f"import sys; sys.stderr.write('{said}'); sys.exit(1)")
    with pytest.raises(LaunchError, match=r"^no$"):
        run_under_launcher("train", tmp_path)


@pytest.mark.parametrize("stream", ["stdout", "stderr"])
def test_what_a_launcher_says_of_a_death_is_one_short_line(program, capfd, stream, tmp_path):
    """MPICH's does so on standard output, in a frame."""
    words = "=" * 40 + "\\n=   BAD TERMINATION\\n=   KILLED\\n" + "=" * 40 + "\\n" + "x" * 500
    fails = f"import sys; print('output', flush=True); sys.{stream}.write('{words}'); sys.exit(9)"
    program(f"{JOINS}; {fails}")
    with pytest.raises(LaunchError) as raised:
        run_under_launcher("train", tmp_path)
    message = str(raised.value)
    assert message.startswith(
        "expected all ranks to end well, got exit code 9 from nice -n 0: BAD TERMINATION KILLED x"
    )
    assert message.endswith("x...; run again, to go on from the last finished epoch")
    assert len(message) < 300
    assert capfd.readouterr() == ("output\n", "")


def test_a_fault_of_the_program_shows_where(program, capfd, tmp_path):
    program("1 / 0")
    with pytest.raises(LaunchError, match=r"got exit code 1 from nice -n 0: Traceback [^;]*$"):
        run_under_launcher("train", tmp_path)
    assert capfd.readouterr().err.endswith("ZeroDivisionError: division by zero\n")


def test_one_process_loads_no_mpi(tmp_path):
    """So that the start takes no longer."""
    program = "import sys, stages.train; print('mpi4py' in sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout == "False\n"
