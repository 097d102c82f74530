"""The files that a repository's page shows: they state what the project is."""

import json
import re
import subprocess
import tomllib

import nncore
from stages import watch
from stages.shared import yaml12
from stages.shared.fingerprint import ROOT

FORMS = sorted((ROOT / ".github/ISSUE_TEMPLATE").glob("*.yml"))


def load(path):
    return yaml12.load(path.read_text(encoding="utf-8"))


def test_the_citation_has_what_its_format_requires_and_what_pyproject_says():
    citation = load(ROOT / "CITATION.cff")
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert {"cff-version", "message", "title", "authors"} <= set(citation)
    assert (citation["version"], citation["license"]) == (nncore.__version__, project["license"])


def test_forms_of_issues_have_what_github_requires():
    assert len(FORMS) == 3
    for form in map(load, FORMS):
        assert {"name", "description", "body"} <= set(form)
        fields = [field for field in form["body"] if field["type"] != "markdown"]
        names = [field["id"] for field in fields]
        assert len(set(names)) == len(names) > 0
        assert all(field["attributes"]["label"] for field in fields)


def test_the_dev_container_has_the_port_of_watch_and_makes_targets_that_exist():
    text = (ROOT / ".devcontainer/devcontainer.json").read_text(encoding="utf-8")
    container = json.loads(re.sub(r"^ *//.*$", "", text, flags=re.MULTILINE))
    assert container["forwardPorts"] == [watch.PORT]
    targets = re.findall(
        r"^([a-z-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE
    )
    assert container["postCreateCommand"].removeprefix("make ") in targets


def test_make_help_names_each_target_that_a_person_runs():
    done = subprocess.run(["make", "help"], cwd=ROOT, capture_output=True, text=True, check=True)
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    (targets,) = re.findall(r"^\.PHONY: (.*)$", makefile, re.MULTILINE)
    named = re.findall(r"\bmake ([a-z-]+)", done.stdout)
    assert set(targets.split()) == set(named)
