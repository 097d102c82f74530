"""What the project takes beside training: imports, starts, an idle repro, a prediction, stages.

    python -m benchmarks.startup.startup_time --help

Each command is timed against another, in turns. preprocess and evaluate are run on full MNIST where
NNCORE_MIRROR names a source of it, see the stage fetch.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any, NamedTuple

from PIL import Image

from benchmarks.speed.dataset import change_params
from benchmarks.speed.options import add_out, positive
from benchmarks.system import machine
from nncore.data.idx import read_images
from nncore.text_tables import format_markdown_table

ROOT = Path(__file__).parents[2]
PYTHON = sys.executable
# As in an activated environment: DVC's stages call whatever `python` is.
ENVIRONMENT = os.environ | {
    "PATH": os.pathsep.join([str(Path(PYTHON).parent), os.environ.get("PATH", "")])
}
# Modules are compiled once, as for everybody who has not set this.
ENVIRONMENT.pop("PYTHONDONTWRITEBYTECODE", None)


class Command(NamedTuple):
    """A command and the folder in which it runs."""

    name: str
    words: tuple[str, ...]
    folder: Path = ROOT

    def seconds(self) -> float:
        """Run it; return its wall time."""
        begin = time.perf_counter()
        done = subprocess.run(  # noqa: S603  the project's own commands
            self.words,
            cwd=self.folder,
            env=ENVIRONMENT,
            capture_output=True,
            text=True,
            check=False,
        )
        taken = time.perf_counter() - begin
        if done.returncode:
            raise SystemExit(f"{self.name}: exit {done.returncode}\n{done.stdout}{done.stderr}")
        return taken


def code(text: str) -> Command:
    """Return Python code as a command."""
    return Command(f'python -c "{text}"', (PYTHON, "-c", text))


def module(name: str, *options: str, folder: Path = ROOT) -> Command:
    """Return a module of the project as a command."""
    return Command(" ".join(["python -m", name, *options]), (PYTHON, "-m", name, *options), folder)


def dvc(*words: str, folder: Path) -> Command:
    """Return a command of DVC."""
    return Command(f"dvc {' '.join(words)}", (PYTHON, "-m", "dvc", *words), folder)


def time_in_turns(commands: list[Command], rounds: int) -> list[list[float]]:
    """Return the seconds of each command in each round, in turns; a first round warms up."""
    rows = [[command.seconds() for command in commands] for _ in range(rounds + 1)][1:]
    return [list(column) for column in zip(*rows, strict=True)]


def main() -> None:
    """Time, print a table and write it with a JSON."""
    parser = argparse.ArgumentParser(description="Seconds of imports, starts and stages.")
    parser.add_argument(
        "--rounds",
        type=positive,
        default=15,
        metavar="N",
        help="timed runs of each command (default: 15)",
    )
    add_out(parser)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        finished = _finished(folder)
        _write_digit(finished / "digit.png")
        predict = module("nncore.cli", "predict", "models/model.npz", "digit.png", folder=finished)
        groups = [
            [code("import numpy"), code("import nncore"), code("import nncore.training.loop")],
            [code("import typer, numpy"), module("stages.train", "--help")],
            [code("import numpy, PIL.Image"), predict],
            [dvc("status", folder=_empty(folder)), dvc("repro", folder=finished)],
            [module("stages.report", folder=finished)],
            *([stage] for stage in _stages(folder)),
        ]
        results = [
            {"command": command.name, "against": group[0].name, "seconds": seconds}
            for group in groups
            for command, seconds in zip(group, time_in_turns(group, options.rounds), strict=True)
        ]
    text = table(results)
    print(text)
    options.out.mkdir(parents=True, exist_ok=True)
    report = {**machine(), "results": results}
    (options.out / "starts.json").write_text(json.dumps(report, indent=1) + "\n", encoding="utf-8")


def table(results: list[dict[str, Any]]) -> str:
    """Return the medians, with the median ratio and difference to each group's first."""
    timed = {result["command"]: result["seconds"] for result in results}
    rows = []
    for result in results:
        command, against, seconds = result["command"], result["against"], result["seconds"]
        compared = ("", "", "")
        if command != against:
            pairs = list(zip(seconds, timed[against], strict=True))
            ratio = statistics.median(a / b for a, b in pairs)
            more = statistics.median(a - b for a, b in pairs)
            compared = (f"{ratio:.2f}", f"{more:.2f}", f"`{against}`")
        span = f"({min(seconds):.2f}, {max(seconds):.2f})"
        rows.append((f"`{command}`", f"{statistics.median(seconds):.2f}", span, *compared))
    return format_markdown_table(
        [("command", "median s", "(from, to)", "times", "more s", "than"), *rows], "<"
    )


def _empty(folder: Path) -> Path:
    """Make a pipeline without a stage."""
    empty = folder / "empty"
    empty.mkdir()
    _run("git", "init", "--quiet", folder=empty)
    _run(PYTHON, "-m", "dvc", "init", "--quiet", folder=empty)
    return empty


def _finished(folder: Path) -> Path:
    """Clone the last commit and run its pipeline, so that nothing is left to do."""
    clone = _clone(folder / "finished")
    _run(PYTHON, "-m", "dvc", "repro", "--quiet", folder=clone)
    return clone


def _write_digit(path: Path) -> None:
    """Write the first test image of the samples as a picture."""
    images = read_images(ROOT / "data/samples/mnist-5k/t10k-images-idx3-ubyte.gz")
    Image.fromarray(images[0]).save(path)


def _clone(folder: Path) -> Path:
    _run("git", "clone", "--quiet", str(ROOT), str(folder), folder=folder.parent)
    return folder


def _run(*words: str, folder: Path) -> None:
    subprocess.run(words, cwd=folder, env=ENVIRONMENT, check=True, stdout=subprocess.DEVNULL)  # noqa: S603  likewise


def _stages(folder: Path) -> list[Command]:
    """Fetch MNIST and train on it for an epoch, in a clone; return the stages that are timed."""
    if not os.environ.get("NNCORE_MIRROR"):
        print("NNCORE_MIRROR names no source of MNIST: no stages timed")
        return []
    clone = _clone(folder / "mnist")
    params = clone / "params.yaml"
    text = change_params(params.read_text(encoding="utf-8"), {"epochs: 80": "epochs: 1"})
    params.write_text(text, encoding="utf-8")
    for stage in ("fetch", "preprocess", "train"):
        _run(PYTHON, "-m", f"stages.{stage}", folder=clone)
    stages = [module(f"stages.{stage}", folder=clone) for stage in ("preprocess", "evaluate")]
    return [stage._replace(name=f"{stage.name}, full MNIST") for stage in stages]


if __name__ == "__main__":
    main()
