"""The processes that are measured, one at a time: the stage preprocess, and trainings."""

import json
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from benchmarks.growth.results import Cost
from benchmarks.peers.process import ROOT
from benchmarks.system import megabytes

# All images train; what is left out has its default.
PARAMS = "preprocess: {{dtype: {dtype}, validation: {{held_out: 0}}}}\n"
# The stage as it is; its last lines state its memory.
STAGE = """
import runpy
try:
    runpy.run_module("stages.{name}", run_name="__main__")
finally:
    print(open("/proc/self/status", encoding="ascii", errors="ignore").read())
"""


def measure_preprocess(folder: Path, rounds: int, dtype: str) -> Cost:
    """Preprocess folder/raw to folder/processed, once to warm up and then once each round."""
    params, raw, processed = (folder / name for name in ("params.yaml", "raw", "processed"))
    params.write_text(PARAMS.format(dtype=dtype), encoding="utf-8")
    paths = ["--params", str(params), "--raw", str(raw), "--processed", str(processed)]
    paths += ["--reports", str(folder / "reports")]
    seconds, peaks = [], []
    for _ in range(1 + rounds):
        shutil.rmtree(processed, ignore_errors=True)
        duration, peak = run_stage("preprocess", *paths)
        seconds.append(duration)
        peaks.append(peak)
    return Cost(seconds[1:], max(peaks))


def run_stage(name: str, *arguments: str) -> tuple[float, float]:
    """Run a stage; return its seconds and the peak of its memory in MB."""
    # What others have yet to write to the disk would take part of its time.
    os.sync()
    begin = time.perf_counter()
    output = _output("-c", STAGE.format(name=name), *arguments)
    return time.perf_counter() - begin, megabytes(output, "VmHWM")


def measure_training(folder: Path, rounds: int, epochs: int) -> dict[str, Cost]:
    """Train on folder/processed, `mapped` and `in_memory` in turns, so many epochs in each.

    Both must end with the same loss.
    """
    processed = str(folder / "processed")
    answers: dict[str, list[dict[str, Any]]] = {"mapped": [], "in_memory": []}
    for _ in range(rounds):
        for place, runs in answers.items():
            text = _output("-m", "benchmarks.growth.training", processed, place, str(epochs))
            runs.append(json.loads(text))
    losses = {answer["loss"] for runs in answers.values() for answer in runs}
    if len(losses) > 1:
        raise SystemExit(f"expected the same loss of all trainings, got {sorted(losses)}")
    return {place: _cost(runs) for place, runs in answers.items()}


def _cost(answers: list[dict[str, Any]]) -> Cost:
    """Return the times of several processes, and the most that any of them needed."""
    return Cost(
        seconds=[seconds for answer in answers for seconds in answer["seconds"]],
        peak=max(answer["peak"] for answer in answers),
        own=max(answer["own"] for answer in answers),
        disk_reads=max(answer["disk_reads"] for answer in answers),
    )


def _output(*words: str) -> str:
    command = [sys.executable, *words]
    done = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, text=True, check=False)  # noqa: S603  this project's programs
    if done.returncode:
        raise SystemExit(f"expected exit code 0 of a process, got {done.returncode}; see above")
    return done.stdout
