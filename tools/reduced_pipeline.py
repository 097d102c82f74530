"""A pipeline small enough for an emulated processor, through all that decides the bytes.

Two networks on 400 images: layers wide enough for the blocked and threaded paths of a BLAS, each
elementary function, Adam and momentum, cosine and one-cycle rates, dropout, distortions, clipping.
The batches of the first are large enough for four threads. Before them, pictures of each mode of
PNG and JPEG are decoded and resized (`tools.modes`).

    python -m tools.reduced_pipeline >tools/reduced_pipeline.json    # after a change of results
"""

import hashlib
import json
import os
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

ROOT = Path(__file__).parents[1]
# The hashes that every computer must come to.
EXPECTED = Path(__file__).with_suffix(".json")
TABLES = ("history", "weights", "predictions")
METRICS = ("train", "test")
# Settings of this user's for this processor. Another one may not know the instructions.
_OF_THIS_PROCESSOR = ("GLIBC_TUNABLES", "NPY_DISABLE_CPU_FEATURES", "OPENBLAS_")
# What a stage is run by that shall see another number of cores.
_PRETENCE = """
import os, runpy, sys
cores = range(int(sys.argv[1]))
os.sched_getaffinity, os.cpu_count = lambda process: set(cores), lambda: len(cores)
del sys.argv[:2]
runpy.run_module(sys.argv[0], run_name="__main__", alter_sys=True)
"""
COLOURS = ("grey", "rgb")
_MODES = {"dataset": "folder", "path": str(ROOT / "data/modes")}
# More rows and fewer columns than the pictures have.
_MODES_SIZE = (29, 13)
_DATA = {"train_size": 400, "validation": {"held_out": 200}}
NETWORKS: Mapping[str, Mapping[str, Any]] = {
    "adam": {
        "model": {"hidden": [400, 96, 48], "activation": ["relu", "sigmoid", "tanh"]},
        "train": {
            "epochs": 4,
            "batch_size": 400,
            "lr": 0.002,
            "optimizer": {"name": "adam"},
            "schedule": {"name": "cosine"},
            "regularization": {"dropout": 0.2, "input_dropout": 0.1, "weight_decay": 0.01},
            "augment": {"rotation": 12, "scale": 0.1, "shift": 1.5, "alpha": 34, "sigma": 4},
        },
    },
    "momentum": {
        "model": {
            "hidden": [300, 64],
            "activation": ["tanh", "sigmoid"],
            "output": "sigmoid",
            "loss": "binary_cross_entropy",
            "weight_init": "glorot",
        },
        "train": {
            "epochs": 3,
            "batch_size": 50,
            "lr": 0.05,
            "optimizer": {"name": "momentum"},
            "schedule": {"name": "one_cycle", "warmup_epochs": 1},
            "regularization": {"clip_norm": 1.0, "max_norm": 3.0, "l2": 0.0001},
        },
    },
}


class Result(NamedTuple):
    """SHA-256 of what a pipeline wrote, and what its stages said about their arithmetic."""

    hashes: dict[str, str]
    notes: str


class StageError(Exception):
    """A stage that ended with another exit code than 0, or below 0 by a signal."""

    def __init__(self, exit_code: int, message: str) -> None:
        super().__init__(f"exit code {exit_code}: {message}")
        self.exit_code = exit_code


def run(
    folder: Path,
    *,
    python: Sequence[str] = (sys.executable,),
    cores: int | None = None,
    numerics: str = "exact",
    pictures: bool = True,
) -> Result:
    """Run fetch, preprocess, for each network train and evaluate, and report once, in `folder`.

    Before them, fetch decodes pictures.

    Parameters
    ----------
    python : the words that start Python, those of an emulator for example
    cores : how many cores the stages are told that there are, None: as many as there are
    numerics : the parameter of that name
    pictures : whether to run report, which takes an emulator as long as both trainings

    Raises
    ------
    StageError
        A stage has failed.
    """
    outputs = []
    start = [*python, "-m"] if cores is None else [*python, "-c", _PRETENCE, str(cores)]

    def stage(name: str, **options: str | Path) -> None:
        words = [f"--{option}={value}" for option, value in options.items()]
        outputs.append(_stage([*start, f"stages.{name}", *words]))

    folder.mkdir(parents=True)
    raw, processed, data = (folder / name for name in ("raw", "processed", "data"))
    files = {name: folder / f"{name}.yaml" for name in NETWORKS}
    for name, params in files.items():
        settings = {"numerics": numerics, "preprocess": _DATA, **NETWORKS[name]}
        params.write_text(json.dumps(settings), encoding="utf-8")
    for colour in COLOURS:
        params = folder / f"{colour}.yaml"
        settings = {"fetch": _MODES, "preprocess": {"colour": colour, "size": _MODES_SIZE}}
        params.write_text(json.dumps(settings), encoding="utf-8")
        stage("fetch", params=params, raw=folder / "decoded" / colour)
    stage("fetch", params=files["adam"], raw=raw)
    stage("preprocess", params=files["adam"], raw=raw, processed=processed, reports=data)
    for name, params in files.items():
        model, reports = folder / name / "model.npz", folder / name / "reports"
        given = {"params": params, "processed": processed, "model": model, "reports": reports}
        stage("train", **given, checkpoints=folder / name / "checkpoints")
        stage("evaluate", **given)
    hashes = {f"{name} model": model_digest(folder / name / "model.npz") for name in files}
    tables = "".join(digest(folder / name / "reports") for name in files) + digest(data)
    hashes["reports"] = hashlib.sha256(tables.encode()).hexdigest()
    hashes["data"] = digest(processed)
    decoded = "".join(digest(folder / "decoded" / colour) for colour in COLOURS)
    hashes["decoded"] = hashlib.sha256(decoded.encode()).hexdigest()
    if pictures:
        first = next(iter(NETWORKS))
        reports, drawn = folder / first / "reports", folder / "pictures"
        stage(
            "report",
            params=files[first],
            **{table: reports / f"{table}.csv" for table in TABLES},
            **{metrics: reports / f"{metrics}.json" for metrics in METRICS},
            images=processed / "test_images.npy",
            data=data / "data.json",
            **{
                f"training-{kind}": processed / f"train_{kind}.npy" for kind in ("images", "labels")
            },
            model=folder / first / "model.npz",
            output=drawn,
        )
        # The page names the code that trained the model, too.
        (drawn / "report.html").unlink()
        hashes["pictures"] = digest(drawn)
    return Result(hashes, _notes(outputs))


def digest(path: Path) -> str:
    """Return a digest of a file, or of a folder's names and contents."""
    files = sorted(path.rglob("*")) if path.is_dir() else [path]
    whole = hashlib.sha256()
    for file in files:
        whole.update(f"{file.name} {hashlib.sha256(file.read_bytes()).hexdigest()}\n".encode())
    return whole.hexdigest()


def model_digest(path: Path) -> str:
    """Return a digest of a model's parameters; its file also names the code that trained it."""
    whole = hashlib.sha256()
    with zipfile.ZipFile(path) as archive:
        for name in sorted(name for name in archive.namelist() if name.endswith(".npy")):
            whole.update(f"{name} {hashlib.sha256(archive.read(name)).hexdigest()}\n".encode())
    return whole.hexdigest()


def environment_of_any_processor() -> dict[str, str]:
    """Return the environment without what this user has set for this processor."""
    return {
        name: value for name, value in os.environ.items() if not name.startswith(_OF_THIS_PROCESSOR)
    }


def _stage(command: Sequence[str]) -> str:
    done = subprocess.run(
        command,
        cwd=ROOT,
        env=environment_of_any_processor(),
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        message = (done.stderr.strip().splitlines() or ["no message"])[-1]
        raise StageError(done.returncode, message)
    return done.stdout


def _notes(outputs: Sequence[str]) -> str:
    """Return what the stages said about their arithmetic, each line once."""
    lines = [line for text in outputs for line in text.splitlines() if line.startswith("numerics:")]
    return "; ".join(dict.fromkeys(lines))


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as name:
        print(json.dumps(run(Path(name, "run")).hashes, indent=2, sort_keys=True))
