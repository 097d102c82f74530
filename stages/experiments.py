"""What DVC knows of runs of the pipeline: in experiments, in commits and in the workspace."""

import hashlib
import json
import subprocess
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path, PurePath
from typing import Any, NamedTuple

from nncore.errors import NncoreError

WORKSPACE = "workspace"
_DONE = "success"


class ExperimentsError(NncoreError):
    """DVC can't tell what it knows."""


class Run(NamedTuple):
    """One run of the pipeline that came to its end.

    Attributes
    ----------
    name : of the experiment, the branch or the commit
    params : values by dotted keys; a list is a value
    metrics : values by dotted keys, the first part being the file's name: test.accuracy
    source : digest of all that the stages read and no stage makes: source files, locked versions
    """

    name: str
    params: dict[str, Any]
    metrics: dict[str, Any]
    source: str


class LeftOut(NamedTuple):
    """A run that can't be compared, and why."""

    name: str
    why: str


def known_runs(params: Path, reports: Path, commits: list[str]) -> tuple[list[Run], list[LeftOut]]:
    """Return the runs that DVC knows, each once, commits first, and those that have no results.

    Runs with the same parameters, source and metrics are one under several names: an experiment
    and what it has left in the workspace, or the commit that was made of it.

    Parameters
    ----------
    params, reports : the pipeline's parameters, and the folder of its metrics
    commits : options of `dvc exp show` that say which commits' experiments

    Raises
    ------
    ExperimentsError
        No Git and DVC repository, or one that DVC can't read.
    """
    baselines = _dvc("exp", "show", *commits)
    committed = [entry for entry in baselines if entry["rev"] != WORKSPACE]
    entries = [(entry, _DONE) for entry in committed]
    for baseline in baselines:
        for experiment in baseline["experiments"] or []:
            state = (experiment["executor"] or {}).get("state", _DONE)
            entries.append((experiment["revs"][0], state))
    entries += [(entry, _DONE) for entry in baselines if entry["rev"] == WORKSPACE]
    runs: dict[str, Run] = {}
    left_out = []
    for entry, state in entries:
        name = entry["name"] or (WORKSPACE if entry["rev"] == WORKSPACE else entry["rev"][:7])
        # An experiment that has not succeeded is shown with its parent's metrics.
        if why := _fault(entry, state):
            left_out.append(LeftOut(name, why))
            continue
        files = _metric_files(entry["data"], reports)
        run = _run(name, entry["data"], params, files)
        identity = json.dumps(run[1:], sort_keys=True)
        if identity in runs:
            continue
        if entry["rev"] == WORKSPACE and _dvc("status", "--with-deps", *files):
            left_out.append(LeftOut(name, "not up to date: dvc repro"))
            continue
        runs[identity] = run
    return list(runs.values()), left_out


def _fault(entry: Mapping[str, Any], state: str) -> str:
    if entry["error"]:
        message: str = entry["error"]["msg"]
        return " ".join(message.split()) or "failed"
    if state != _DONE:
        return state
    return "" if entry["data"] else "no results"


def _metric_files(data: Mapping[str, Any], reports: Path) -> dict[str, Any]:
    """Return what is in the metric files of a folder, by their paths."""
    return {
        path: content["data"]
        for path, content in data["metrics"].items()
        if PurePath(path).parent == PurePath(reports) and content.get("data")
    }


def _run(name: str, data: Mapping[str, Any], params: Path, files: Mapping[str, Any]) -> Run:
    metrics: dict[str, Any] = {}
    for path, content in files.items():
        metrics |= _leaves(content, f"{PurePath(path).stem}.")
    values = data["params"].get(params.as_posix(), {}).get("data") or {}
    return Run(name, _leaves(values), metrics, _source(data, params, files))


def _source(data: Mapping[str, Any], params: Path, files: Iterable[str]) -> str:
    """Return the digest of what stages read and none makes, other pipelines' folders apart."""
    others = {PurePath(path).parent for path in data["params"]} - {PurePath(params).parent}
    # DVC does not count metrics and plots among the outputs.
    reports = {PurePath(path).parent for path in files}
    read = {
        path: entry["hash"]
        for path, entry in data["deps"].items()
        if path not in data["outs"]
        and PurePath(path).parent not in reports
        and others.isdisjoint(PurePath(path).parents)
    }
    return hashlib.sha256(json.dumps(read, sort_keys=True).encode()).hexdigest()


def _leaves(values: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    """Return what is below `values` by dotted keys."""
    found: dict[str, Any] = {}
    for name, value in values.items():
        key = f"{prefix}{name}"
        found |= _leaves(value, f"{key}.") if isinstance(value, dict) else {key: value}
    return found


def _dvc(*arguments: str) -> Any:  # noqa: ANN401  JSON holds anything
    command = [sys.executable, "-m", "dvc", *arguments, "--json"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603  DVC
    if done.returncode:
        lines = [line for line in done.stderr.splitlines() if line.startswith("ERROR: ")]
        said = (lines or [f"exit code {done.returncode}"])[0].removeprefix("ERROR: ")
        raise ExperimentsError(
            f"expected a repository that `dvc {arguments[0]}` can read, got: {said}"
        )
    return json.loads(done.stdout)
