"""The workflow of continuous integration: what it runs, and what it writes."""

import os
import re
import subprocess

import pytest
from pipeline_repository import copy

from stages.shared import yaml12
from stages.shared.fingerprint import ROOT

WORKFLOW = yaml12.load((ROOT / ".github/workflows/ci.yml").read_text(encoding="utf-8"))
JOB = WORKFLOW["jobs"]["check"]
STEPS = JOB["steps"]
ELSEWHERE = WORKFLOW["jobs"]["elsewhere"]
SCRIPT = (ROOT / ".ci/run").read_text(encoding="utf-8")


def commands():
    return [step["run"] for step in STEPS if "run" in step]


def test_it_runs_for_pushes_and_pull_requests():
    assert set(WORKFLOW["on"]) == {"push", "pull_request"}


def test_it_may_only_read():
    assert WORKFLOW["permissions"] == {"contents": "read"}


def test_it_makes_what_the_script_for_a_clean_clone_makes():
    made = re.findall(r"^make \w+$", SCRIPT, re.MULTILINE)
    assert made == [run for run in commands() if run.startswith("make ")]


def test_it_installs_the_packages_that_the_script_installs():
    needed = set(re.findall(r"^need \S+ (\S+) ", SCRIPT, re.MULTILINE))
    assert {"faketime", "qemu-user"} <= needed
    (installing,) = (run for run in commands() if "apt-get install" in run)
    packages = installing.partition("--no-install-recommends")[2].split()
    # A browser is there already.
    assert set(packages) == needed - {"chromium"}


def test_it_runs_on_each_python_that_the_readme_names():
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    (first, last), *others = set(re.findall(r"Python 3\.(\d+) to 3\.(\d+)", readme))
    assert others == []
    matrix = JOB["strategy"]["matrix"]["python"]
    assert matrix == [f"3.{minor}" for minor in range(int(first), int(last) + 1)]
    (setup,) = (step for step in STEPS if "setup-python" in step.get("uses", ""))
    assert setup["with"]["python-version"] == "${{ matrix.python }}"


def test_a_failure_on_one_python_stops_no_other():
    assert JOB["strategy"]["fail-fast"] is False


def test_it_makes_targets_that_are_there():
    targets = re.findall(r"^([a-z][^:=]*):", (ROOT / "Makefile").read_text(), re.MULTILINE)
    made = [run.removeprefix("make ") for run in commands() if run.startswith("make ")]
    assert set(made) <= set(" ".join(targets).split())


def test_the_checkout_has_the_parent_commit():
    (checkout,) = (step for step in STEPS if "checkout" in step.get("uses", ""))
    assert checkout["with"]["fetch-depth"] == 0


def test_each_action_is_pinned_to_a_version():
    steps = [step for job in WORKFLOW["jobs"].values() for step in job["steps"]]
    assert [
        step["uses"] for step in steps if not re.search(r"@v\d+$", step.get("uses", "@v1"))
    ] == []


def test_the_golden_test_runs_on_arm_macos_and_windows_without_make():
    matrix = ELSEWHERE["strategy"]["matrix"]["system"]
    assert {name.partition("-")[0] for name in matrix} == {"ubuntu", "macos", "windows"}
    assert next(name for name in matrix if name.startswith("ubuntu")).endswith("-arm")
    install, verify = (step["run"] for step in ELSEWHERE["steps"] if "run" in step)
    assert install == "python tools/install.py requirements.lock"
    (command,) = re.findall(r'^"\$bin/python" tools/(\w+)\.py', verify, re.MULTILINE)
    assert command == "verify"


@pytest.mark.parametrize(("system", "name"), [("Windows", "Scripts"), ("macOS", "bin")])
def test_the_golden_test_runs_in_the_environment_that_was_installed(system, name, tmp_path):
    python = tmp_path / ".venv" / name / "python"
    python.parent.mkdir(parents=True)
    python.write_text('#!/bin/sh\necho "$0" "$1"\n', encoding="utf-8")
    python.chmod(0o755)
    done = subprocess.run(
        ["bash", "-e", "-c", ELSEWHERE["steps"][-1]["run"]],
        cwd=tmp_path,
        env=os.environ | {"RUNNER_OS": system},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.split() == [f".venv/{name}/python", "tools/verify.py"]


def summary(repo):
    """Return what the last step writes in a repository, run as GitHub runs it."""
    path = repo.home / "summary.md"
    repo.environment["GITHUB_STEP_SUMMARY"] = str(path)
    repo.output("bash", "-e", "-c", commands()[-1])
    return path.read_text(encoding="utf-8")


def rows(table):
    return [[cell.strip() for cell in line.split("|")[1:-1]] for line in table.splitlines()]


@pytest.fixture(scope="module")
def written(changed, tmp_path_factory):
    return summary(copy(changed, tmp_path_factory.mktemp("ci") / "copy"))


def test_the_summary_has_the_metrics_before_and_after(written, base, changed):
    metrics, _ = written.split("## Parameters")
    old, new = (repo.metrics()["test"]["accuracy"] for repo in (base, changed))
    (row,) = (row for row in rows(metrics) if row[:2] == ["reports/test.json", "accuracy"])
    assert [float(cell) for cell in row[2:4]] == [old, new]


def test_the_summary_has_the_parameter_that_changed_and_no_other(written):
    _, parameters = written.split("## Parameters")
    assert [row[1:] for row in rows(parameters) if "params.yaml" in row] == [
        ["train.lr", "0.04", "0.1"]
    ]


def test_a_commit_that_changes_nothing_has_a_summary_without_rows(base, tmp_path):
    repo = copy(base, tmp_path / "copy")
    repo.output("git", "commit", "--quiet", "--allow-empty", "--message", "nothing")
    assert not [row for row in rows(summary(repo)) if "reports/test.json" in row]
