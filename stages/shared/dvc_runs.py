"""Runs of the pipeline, read from DVC: experiments, commits and the workspace."""

import json
import subprocess
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path, PurePath
from typing import Any, Final, NamedTuple

from nncore.errors import NncoreError
from stages.shared.digests import json_digest
from stages.shared.dotted_keys import flatten

WORKSPACE = "workspace"
_SUCCESS = "success"
# The stage `sources` reads these and writes fingerprints into that folder. The fingerprints count
# instead: a comment changes none. No metric depends on those of the report.
_CODE = {"nncore", "requirements.lock", "stages"}
_FINGERPRINTS = PurePath("reports/sources")
_REPORT_FINGERPRINTS = _FINGERPRINTS / "report.txt"
# Sections of the parameters on which no metric depends.
_SECTIONS_WITHOUT_METRICS = {"report", "sweep"}
# Attempts at a DVC command that finds a temporary repository gone.
ATTEMPTS: Final = 3


class ExperimentsError(NncoreError):
    """DVC can't list the runs of this repository."""


class Run(NamedTuple):
    """A completed run of the pipeline.

    Attributes
    ----------
    name : name of the experiment or branch, or digits of the commit
    params : values by dotted keys; a list is a value
    metrics : values by dotted keys that begin with the name of the file: test.accuracy
    source : digest of what no parameter decides: the code of the stages, and given files
    """

    name: str
    params: dict[str, Any]
    metrics: dict[str, Any]
    source: str


class SkippedRun(NamedTuple):
    """A run that can't be compared, and the reason."""

    name: str
    why: str


def load_runs(
    params: Path, reports: Path, commits: list[str]
) -> tuple[list[Run], list[SkippedRun]]:
    """Return all runs, commits first, and the runs that can't be compared.

    Runs with the same parameters, source and metrics are one run under several names: an
    experiment, the workspace after `dvc exp apply`, the commit of both. The first name counts.

    Parameters
    ----------
    params, reports : parameter file of the pipeline, and folder of its metrics
    commits : options of `dvc exp show` that select commits

    Raises
    ------
    ExperimentsError
        There is no Git and DVC repository, or DVC can't read it.
    """
    baselines = _dvc("exp", "show", *commits)
    committed = [entry for entry in baselines if entry["rev"] != WORKSPACE]
    entries = [(entry, _SUCCESS) for entry in committed]
    for baseline in baselines:
        for experiment in baseline["experiments"] or []:
            state = (experiment["executor"] or {}).get("state", _SUCCESS)
            entries.append((experiment["revs"][0], state))
    entries += [(entry, _SUCCESS) for entry in baselines if entry["rev"] == WORKSPACE]
    runs: dict[str, Run] = {}
    skipped = []
    for entry, state in entries:
        name = entry["name"] or (WORKSPACE if entry["rev"] == WORKSPACE else entry["rev"][:7])
        # DVC gives an unfinished or failed experiment the metrics of its parent.
        if why := _fault(entry, state):
            skipped.append(SkippedRun(name, why))
            continue
        files = _metric_files(entry["data"], reports)
        run = _run(name, entry["data"], params, files)
        identity = json.dumps(run[1:], sort_keys=True)
        if identity in runs:
            continue
        if entry["rev"] == WORKSPACE and _dvc("status", "--with-deps", *files):
            skipped.append(SkippedRun(name, "not up to date: dvc repro"))
            continue
        runs[identity] = run
    return list(runs.values()), skipped


def _fault(entry: Mapping[str, Any], state: str) -> str:
    if entry["error"]:
        message: str = entry["error"]["msg"]
        return " ".join(message.split()) or "failed"
    if state != _SUCCESS:
        return state
    return "" if entry["data"] else "no results"


def _metric_files(data: Mapping[str, Any], reports: Path) -> dict[str, Any]:
    """Return the content of the metric files in a folder, by path."""
    return {
        path: content["data"]
        for path, content in data["metrics"].items()
        if PurePath(path).parent == PurePath(reports) and content.get("data")
    }


def _run(name: str, data: Mapping[str, Any], params: Path, files: Mapping[str, Any]) -> Run:
    metrics: dict[str, Any] = {}
    for path, content in files.items():
        metrics.update(flatten({PurePath(path).stem: content}))
    # On Windows, DVC writes backslashes.
    sections = {Path(path): entry for path, entry in data["params"].items()}
    values = sections.get(params, {}).get("data") or {}
    values = {
        section: value
        for section, value in values.items()
        if section not in _SECTIONS_WITHOUT_METRICS
    }
    return Run(name, dict(flatten(values)), metrics, _source_digest(data, params, files))


def _source_digest(data: Mapping[str, Any], params: Path, files: Iterable[str]) -> str:
    """Return the digest of what no parameter decides: the code of the stages, and given files."""
    # A project may have several pipelines, each with parameters in its folder.
    other_folders = {PurePath(path).parent for path in data["params"]} - {PurePath(params).parent}
    # DVC lists metrics and plots apart from the outputs.
    reports = {PurePath(path).parent for path in files}
    hashes = {
        path: entry["hash"]
        for path, entry in data["deps"].items()
        if path not in _CODE
        and PurePath(path) != _REPORT_FINGERPRINTS
        and (path not in data["outs"] or PurePath(path).parent == _FINGERPRINTS)
        and PurePath(path).parent not in reports
        and other_folders.isdisjoint(PurePath(path).parents)
    }
    return json_digest(hashes)


def _dvc(*arguments: str) -> Any:  # noqa: ANN401  JSON holds anything
    command = [sys.executable, "-m", "dvc", *arguments, "--json"]
    for _ in range(ATTEMPTS):
        process = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603  DVC
        # While a queue runs, its temporary repositories come and go, also between DVC's list of
        # them and its look into each.
        if not process.returncode or "does not exist" not in process.stderr:
            break
    if process.returncode:
        lines = [line for line in process.stderr.splitlines() if line.startswith("ERROR: ")]
        message = (lines or [f"exit code {process.returncode}"])[0].removeprefix("ERROR: ")
        raise ExperimentsError(
            f"expected a repository that `dvc {arguments[0]}` can read, got: {message}"
        )
    return json.loads(process.stdout)
