"""The stages as programs on a few small images, undisturbed or stopped at a chosen moment."""

import gzip
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

import numpy as np
from idx_files import idx
from pipeline_repository import ROOT

STAGES = ("fetch", "preprocess", "train", "evaluate", "report")
OUTPUTS = ("data/raw", "data/processed", "models", "reports")

PARAMS = """\
fetch:
  dataset: custom
  custom:
    train_images: samples/train-images.gz
    train_labels: samples/train-labels.gz
    test_images: samples/test-images.gz
    test_labels: samples/test-labels.gz
preprocess:
  validation: {method: last, held_out: 20}
model:
  hidden: [4]
train:
  epochs: 4
  lr: 0.05
  optimizer: {name: adam}
  regularization: {dropout: 0.2}
  augment: {shift: 0.5, alpha: 2, sigma: 1}
  keep: best
"""

# Stops a stage: it counts every call of a function, Python's or C's, from the moment in which a
# certain file is opened for the first or second time, and at a certain number sends its own process
# a signal.
_STOP = """\
import atexit
import os
import sys

stage, beginning, moment, number, report = os.environ.get("STOP", "- - 0 0 -").split(" ")
name, _, openings = beginning.partition(":")
openings = int(openings or 1)
calls = 0


def count(frame, event, argument):
    global calls
    if "call" in event:
        calls += 1
        if calls == int(moment):
            sys.setprofile(None)
            os.kill(os.getpid(), int(number))


def watch(event, arguments):
    global openings
    if event == "open" and str(arguments[0]).endswith(name):
        openings -= 1
        if openings == 0:
            sys.setprofile(count)


def finish():
    sys.setprofile(None)
    with open(report, "w") as file:
        file.write(str(calls))


if most := os.environ.get("LARGEST_FILE"):
    import resource

    resource.setrlimit(resource.RLIMIT_FSIZE, (int(most), int(most)))
if sys.orig_argv[1:3] == ["-m", "stages." + stage]:
    sys.addaudithook(watch)
    if report != "-":
        atexit.register(finish)
"""
# What each stage opens when its options and parameters are behind it: train the first file of which
# it takes a digest, report its first picture.
_BEGINNINGS = {
    "fetch": "train-images.gz",
    "preprocess": "dataset.json",
    "train": "preprocessing.json:2",
    "evaluate": "test_images.npy",
    "report": ".tmp",
}


# How many calls a journal makes depends on the time. tests/stages/journal kills trainings with one.
NO_JOURNAL = {"NNCORE_JOURNAL": ""}


class Done(NamedTuple):
    """How a stage ended."""

    code: int
    output: str
    errors: str


class Stages:
    """A folder in which stages run."""

    def __init__(self, home: Path):
        self.home = home
        self.root = home / "work"
        self.environment = {
            "PATH": os.environ.get("PATH", os.defpath),
            "PYTHONPATH": os.pathsep.join([str(home / "python"), str(ROOT)]),
            "HOME": str(home),
            "MPLCONFIGDIR": str(home / "matplotlib"),
            "LC_ALL": "C.UTF-8",
        }

    def __getitem__(self, path: str) -> Path:
        return self.root / path

    def run(self, stage: str, *options: str, **environment: str) -> Done:
        """Run a stage to its end, whatever that may be."""
        return self.execute("-m", f"stages.{stage}", *options, **environment)

    def execute(self, *arguments: str, folder: Path | None = None, **environment: str) -> Done:
        """Run Python to its end in the stages' surroundings."""
        done = subprocess.run(
            [sys.executable, *arguments],
            cwd=folder or self.root,
            env=self.environment | environment,
            capture_output=True,
            text=True,
            check=False,
        )
        return Done(done.returncode, done.stdout, done.stderr)

    def complete(self, stage: str, **environment: str) -> Done:
        """Run a stage that must succeed."""
        done = self.run(stage, **environment)
        assert done.code == 0, done
        return done

    def stop(self, stage: str, moment: int, number: int = signal.SIGKILL) -> Done:
        """Run a stage that receives a signal at its call number `moment`."""
        return self.run(stage, STOP=stop_at(stage, moment, number), **NO_JOURNAL)

    def calls(self, stage: str) -> int:
        """Return how many calls an undisturbed run makes."""
        report = self.home / "calls"
        self.complete(stage, STOP=f"{stage} {_BEGINNINGS[stage]} 0 0 {report}", **NO_JOURNAL)
        return int(report.read_text(encoding="ascii"))

    def outputs(self) -> dict[str, bytes]:
        """Return every file below the folders for outputs, temporary ones included."""
        files = [path for folder in OUTPUTS for path in self[folder].rglob("*") if path.is_file()]
        return {str(path.relative_to(self.root)): path.read_bytes() for path in files}

    def strays(self) -> list[str]:
        """Return the names of temporary files, those of checkpoints included."""
        return [path.name for path in self.root.rglob("*.tmp")]


def stop_at(stage: str, moment: int, number: int = signal.SIGKILL) -> str:
    """Return the value of STOP that stops a stage."""
    return f"{stage} {_BEGINNINGS[stage]} {moment} {int(number)} -"


def create(home: Path) -> Stages:
    """Return a folder in which no stage has run."""
    stages = Stages(home)
    stages["samples"].mkdir(parents=True)
    stages["params.yaml"].write_text(PARAMS, encoding="utf-8")
    (home / "python").mkdir()
    (home / "python" / "sitecustomize.py").write_text(_STOP, encoding="utf-8")
    rng = np.random.default_rng(7)
    for part, count in {"train": 80, "test": 30}.items():
        labels = np.arange(count, dtype=np.uint8) % 3
        images = rng.integers(0, 100, (count, 4, 4), dtype=np.uint8)
        images[np.arange(count), labels] += 100
        for kind, array in {"images": images, "labels": labels}.items():
            content = gzip.compress(idx(array), mtime=0)
            stages[f"samples/{part}-{kind}.gz"].write_bytes(content)
    return stages


def copy(stages: Stages, home: Path) -> Stages:
    """Return an independent copy."""
    shutil.copytree(stages.home, home)
    return Stages(home)


def lose_outputs(stages, stage):
    """Remove what a stage has written, as DVC does before it runs."""
    names = {
        "fetch": ["data/raw/*"],
        "preprocess": ["data/processed/*", "reports/data.json"],
        "train": ["models/*", "reports/train.json", "reports/history.csv", "reports/weights.csv"],
        "evaluate": ["reports/test.json", "reports/predictions.csv"],
        "report": ["reports/*.png", "reports/report.html"],
    }
    for path in [path for name in names[stage] for path in stages.root.glob(name)]:
        # A fetch that was killed may have left a folder.
        shutil.rmtree(path) if path.is_dir() else path.unlink()
