"""A program that is interrupted or terminated at any moment ends at once, and loses nothing.

`INTERRUPTIONS=100 pytest tests/pipeline/test_signals.py` interrupts each program 100 times and
train 500 times, instead of once, and terminates each a fifth as often. Half of the moments are
calls of functions, half are times, both counted from the first lines of the program.
"""

import os
import shutil
import signal
import time
from collections.abc import Sequence
from typing import NamedTuple

import experiment_repository
import numpy as np
import pytest
from stage_runs import Stages, copy
from sweep_runs import prepare

COUNT = int(os.environ.get("INTERRUPTIONS", "1"))
ATTEMPTS = {signal.SIGINT: COUNT, signal.SIGTERM: -(-COUNT // 5)}
EXIT_CODES = {signal.SIGINT: 130, signal.SIGTERM: 143}
LEADERBOARD = "recipe,error_percent,kind,source\nwide,1.6,published,2003\n"
CLI = ("-m", "nncore.cli")
MODEL = "models/model.npz"

# Sends a process a signal, at a call or a second since `exit_on_signals` has returned; on request
# counts the calls.
_HOOK = """

import signal
import threading
import time


def interrupt(how, moment, number, report):
    calls = 0

    def wait(frame, event, argument):
        if event == "return" and frame.f_code.co_name == "exit_on_signals":
            sys.setprofile(count if how == "call" else None)
            if how == "second":
                threading.Thread(target=send, daemon=True).start()

    def count(frame, event, argument):
        nonlocal calls
        if "call" in event:
            calls += 1
            if calls == int(moment):
                sys.setprofile(None)
                os.kill(os.getpid(), int(number))

    def send():
        time.sleep(float(moment))
        os.kill(os.getpid(), int(number))

    def finish():
        sys.setprofile(None)
        with open(report, "w") as file:
            file.write(str(calls))

    if report != "-":
        atexit.register(finish)
    sys.setprofile(wait)


# For this process alone: none that it starts shall get one.
if interruption := os.environ.pop("INTERRUPTION", ""):
    interrupt(*interruption.split(" "))
"""


class Program(NamedTuple):
    """The arguments of Python, and the files and folders that the program writes."""

    arguments: Sequence[str]
    outputs: Sequence[str] = ()
    folder: str = "work"


PROGRAMS = {
    "fetch": Program(["-m", "stages.fetch"], ["data/raw"]),
    "preprocess": Program(["-m", "stages.preprocess"], ["data/processed"]),
    "train": Program(
        ["-m", "stages.train"],
        [MODEL, *(f"reports/{name}" for name in ("train.json", "history.csv", "weights.csv"))],
    ),
    "evaluate": Program(
        ["-m", "stages.evaluate"], ["reports/test.json", "reports/predictions.csv"]
    ),
    "report": Program(["-m", "stages.report", "--output", "page"], ["page"]),
    "sources": Program(["-m", "stages.sources", "train", "report"], ["reports/sources"]),
    "leaderboard": Program(["-m", "stages.leaderboard", "--output", "board"], ["board"]),
    "sweep": Program(["-m", "stages.sweep"], ["sweep"]),
    "compare": Program(["-m", "stages.compare"], folder="compare/repo"),
    "repair": Program(["-m", "stages.repair"], folder="compare/repo"),
    "predict": Program(
        [*CLI, "predict", MODEL, "samples/test-images.gz", "--output", "a.csv"], ["a.csv"]
    ),
    "describe": Program([*CLI, "describe", MODEL]),
    "export": Program([*CLI, "export", MODEL, "model.onnx"], ["model.onnx"]),
}
CASES = [
    (name, number, attempt)
    for name in PROGRAMS
    for number in EXIT_CODES
    for attempt in range(ATTEMPTS[number] * (5 if name == "train" and COUNT > 1 else 1))
]


@pytest.fixture(scope="session")
def undisturbed(once, finished):
    """Return a folder in which every program has run.

    Beside it, `calls-<program>` and `seconds-<program>` say how many calls it makes and how long
    it takes.
    """

    def make(home):
        stages = prepare(copy(finished, home))
        with (home / "python" / "sitecustomize.py").open("a", encoding="utf-8") as file:
            file.write(_HOOK)
        for path, text in {
            "recipes/published.csv": LEADERBOARD,
            "recipes/reports/wide/test.json": '{"error_percent": 1.5}',
            "recipes/reports/wide/train.json": '{"epochs": 30, "parameters": 10}',
        }.items():
            stages[path].parent.mkdir(parents=True, exist_ok=True)
            stages[path].write_text(text, encoding="ascii")
        (home / "compare").mkdir()
        experiment_repository.create(home / "compare")
        for name, program in PROGRAMS.items():
            begin = time.monotonic()
            done = run(stages, program, INTERRUPTION=f"call 0 0 {home / f'calls-{name}'}")
            assert (done.code, done.errors) == (0, ""), name
            (home / f"seconds-{name}").write_text(str(time.monotonic() - begin))

    return Stages(once("undisturbed", make).home)


def run(stages, program, **environment):
    """Run a program in its folder."""
    folder = stages.home / program.folder
    return stages.execute(*program.arguments, folder=folder, **environment)


def contents(stages, program):
    """Return every file that a program has written."""
    tops = [stages[path] for path in program.outputs]
    files = [path for top in tops for path in (top, *top.rglob("*")) if path.is_file()]
    return {path.relative_to(stages.root): path.read_bytes() for path in files}


def lose_outputs(stages, program):
    """Remove what a program has written, and what it would go on from."""
    for path in contents(stages, program):
        stages[path].unlink()
    shutil.rmtree(stages[".checkpoints"], ignore_errors=True)


@pytest.mark.parametrize(("name", "number", "attempt"), CASES)
def test_a_program_that_gets_a_signal_ends_with_its_exit_code(
    undisturbed, tmp_path, name, number, attempt
):
    program, stages = PROGRAMS[name], copy(undisturbed, tmp_path / "copy")
    lose_outputs(stages, program)
    how = ("call", "second")[(attempt + number) % 2]
    most = float((undisturbed.home / f"{how}s-{name}").read_text(encoding="ascii"))
    rng = np.random.default_rng([list(PROGRAMS).index(name), number, attempt])
    moment = rng.uniform(0, most)
    moment = int(moment) + 1 if how == "call" else moment
    done = run(stages, program, INTERRUPTION=f"{how} {moment} {int(number)} -")
    written, complete = contents(stages, program), contents(undisturbed, program)
    if done.code == 0:
        # Its work was done before.
        assert written == complete
    else:
        assert done.code == EXIT_CODES[number], done
        assert written.items() <= complete.items()
    assert ("Traceback" in done.errors, "ignored" in done.errors) == (False, False), done
    assert stages.strays() == []
    # Of many attempts, a tenth: it takes as long as all the rest.
    if attempt % 10 == 0:
        assert run(stages, program).code == 0
        assert contents(stages, program) == complete
