"""A whole `dvc repro` that is killed again and again, and run again as `make repro` does.

`REPRO_KILLS=500 pytest tests/pipeline/test_repro_kills.py` kills it 500 times, in chains of five,
instead of twice. With `KILLS_RECORD=<file>` each kill and each line of repair is a line of a file.
"""

import json
import os
import signal
import subprocess
import time
from itertools import count
from typing import NamedTuple

import numpy as np
import pytest
from pipeline_repository import Repository, copy, create, stages_run

CHAIN = 5
KILLS = int(os.environ.get("REPRO_KILLS", "2"))
# Of what an undisturbed run takes or writes: a killed run has less left to do.
SHARE = 0.7
# How the names of files end that DVC writes, the last being those that it copies; and at most how
# many calls of functions lie between their opening and the kill. To write dvc.lock takes 370,000.
CALLS = {"rwlock": 3000, "dvc.lock": 400_000, ".tmp": 3000}

# Counts how often DVC opens such files for writing; some calls after a certain time, the process is
# killed, alone or with its group.
_HOOK = """

def kill_behind(kind, number, calls, whom):
    opened = dict.fromkeys(["rwlock", "dvc.lock", ".tmp"], 0)

    def watch(event, args):
        if event == "open" and isinstance(args[1], str) and args[1][0] in "wax":
            for end in opened:
                opened[end] += str(args[0]).endswith(end)
            if opened.get(kind) == number:
                sys.setprofile(count)

    def count(frame, event, argument):
        nonlocal calls
        calls -= 1
        if calls <= 0:
            (os.kill if whom == "process" else os.killpg)(os.getpid(), 9)

    def finish():
        with open(os.environ["WRITES"], "w") as file:
            json.dump(opened, file)

    sys.addaudithook(watch)
    if "WRITES" in os.environ:
        import atexit
        import json

        atexit.register(finish)


# For DVC alone: none of its stages gets one.
if (order := os.environ.pop("KILL", "")) and sys.orig_argv[1].endswith("/dvc"):
    kind, number, calls, whom = order.split()
    kill_behind(kind, int(number), int(calls), whom)
"""


class Start(NamedTuple):
    """A repository before a run, and the same after it, undisturbed.

    Attributes
    ----------
    seconds : that the run has taken
    writes : how often DVC has opened a file for writing, by the end of its name
    """

    before: Repository
    after: Repository
    seconds: float
    writes: dict[str, int]


def prepared(once, name, make):
    """Return a start that `make` prepares in a folder."""

    def run(home):
        repo = make(home / "before")
        after = copy(repo, home / "after")
        after.environment |= {"KILL": "- 0 0 -", "WRITES": str(home / "writes")}
        begin = time.monotonic()
        after.output("dvc", "repro")
        (home / "seconds").write_text(str(time.monotonic() - begin), encoding="ascii")

    home = once(name, run).home
    seconds, writes = ((home / kind).read_text(encoding="ascii") for kind in ("seconds", "writes"))
    before, after = (Repository(home / folder) for folder in ("before", "after"))
    return Start(before, after, float(seconds), json.loads(writes))


@pytest.fixture(scope="session")
def from_nothing(once):
    """Return the start of a pipeline that has never run."""

    def make(home):
        repo = create(home)
        repo.set(train__epochs=8)
        repo.commit()
        with (repo.home / "python" / "sitecustomize.py").open("a", encoding="utf-8") as file:
            file.write(_HOOK)
        return repo

    return prepared(once, "kills from nothing", make)


@pytest.fixture(scope="session")
def from_results(once, from_nothing):
    """Return the start of a pipeline whose results are committed and whose parameters changed."""

    def make(home):
        repo = copy(from_nothing.after, home)
        repo.commit()
        repo.set(preprocess__validation__seed=2, train__lr=0.1)
        return repo

    return prepared(once, "kills from results", make)


def record(line):
    if name := os.environ.get("KILLS_RECORD"):
        with open(name, "a", encoding="utf-8") as file:  # noqa: PTH123  one write a line
            file.write(f"{line}\n")


class Run:
    """A `dvc repro`, after `stages.repair`, in a process group of its own."""

    def __init__(self, repo, kill=""):
        for line in repo.output("python", "-m", "stages.repair").splitlines():
            record(f"repair: {line}")
        self.moment = ""
        self._process = subprocess.Popen(
            ["dvc", "repro"],
            cwd=repo.root,
            env=repo.environment | {"KILL": kill},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )

    def kill(self, seconds, whom):
        """Kill the process, or its group, after so many seconds."""
        try:
            self._process.wait(seconds)
        except subprocess.TimeoutExpired:
            (os.kill if whom == "process" else os.killpg)(self._process.pid, signal.SIGKILL)

    def code(self):
        """Return how DVC has ended."""
        return self._process.wait()

    def output(self):
        """Return what DVC and its stages have printed, when the last of them has ended."""
        return self._process.communicate()[0]


def killed(repo, start, rng, whom):
    """Return a run with a kill at a random moment, which it may not live to see."""
    if rng.random() < 0.5:
        kind, run = "time", Run(repo)
        run.kill(rng.uniform(0.3, SHARE * start.seconds), whom)
    else:
        kind = str(rng.choice(list(CALLS)))
        number = 1 + int(rng.integers(SHARE * start.writes[kind]))
        calls = 1 + int(CALLS[kind] * rng.random() ** 3)
        run = Run(repo, f"{kind} {number} {calls} {whom}")
    run.moment = kind
    return run


def check(repo, start):
    """Require what an undisturbed run leaves."""
    assert repo.lock() == start.after.lock()
    assert repo.reports() == start.after.reports()
    assert repo["models/model.npz"].read_bytes() == start.after["models/model.npz"].read_bytes()
    assert "up to date" in repo.output("dvc", "status", "dvc.yaml")
    # Their names alone: a run that is killed after its last stage adds nothing to the index.
    status = ("git", "status", "--porcelain", "--untracked-files=all")
    seen = [[line[3:] for line in at.output(*status).splitlines()] for at in (repo, start.after)]
    assert sorted(seen[0]) == sorted(seen[1])
    strays = [path for path in repo.root.rglob("*.tmp") if ".dvc" not in path.parts]
    assert strays == []


@pytest.mark.parametrize("first", range(0, KILLS, CHAIN))
def test_a_repro_killed_again_and_again_ends_in_the_same_bytes(request, tmp_path, first):
    chain = first // CHAIN
    start = request.getfixturevalue("from_results" if chain // 4 % 2 else "from_nothing")
    whom = "process" if chain % 4 == 1 else "group"
    rng = np.random.default_rng(chain)
    left = min(CHAIN, KILLS - first)
    for attempt in count():
        if not left:
            break
        repo = copy(start.before, tmp_path / str(attempt))
        runs = []
        # A run that ends before its moment ends the chain; the kills that are left begin anew.
        while left and (not runs or runs[-1].code() == -signal.SIGKILL):
            runs.append(killed(repo, start, rng, whom))
            left -= runs[-1].code() == -signal.SIGKILL
        runs.append(Run(repo))
        outputs = [run.output() for run in runs]
        for run, output in zip(runs, outputs, strict=True):
            if run.code() == -signal.SIGKILL:
                stage = ["before the first stage", *stages_run(output)][-1]
                record(f"kill: {whom}, {stage}, {run.moment}")
        assert {run.code() for run in runs} <= {0, -signal.SIGKILL}, outputs
        assert runs[-1].code() == 0, outputs
        check(repo, start)
