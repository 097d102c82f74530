"""docs/own-data.md: the commands for a table are typed and answer what is shown."""

import json
import re
import shutil

import pytest
from console import answers, check, commands, script
from pipeline_repository import create

from nncore.data.table_values import MISSING_TEXTS
from stages.formats.tabular.adoption import TARGETS
from stages.formats.tabular.survey import MAX_CATEGORIES
from stages.shared.fingerprint import ROOT

PAGE = (ROOT / "docs/own-data.md").read_text(encoding="utf-8")
(SECTION,) = re.findall(r"^## A table of columns\n(.*?)^## ", PAGE, re.DOTALL | re.MULTILINE)
COMMANDS = commands(SECTION)


@pytest.fixture(scope="module")
def typed(once):
    def make(home):
        repo = create(home)
        shutil.copyfile(ROOT / "params.yaml", repo["params.yaml"])
        shutil.copytree(ROOT / "data/tables", repo["data/tables"])
        repo.commit()
        repo.record("bash", "-c", script(command for command, _ in COMMANDS))

    return once("own-tables", make)


@pytest.fixture(scope="module")
def answered(typed):
    """Return the answer to each command and its exit code."""
    return answers(typed.recorded())


def test_the_page_has_the_commands():
    assert [command.split()[0] for command, _ in COMMANDS] == [
        *("python", "dvc", "python"),
        *("python", "dvc"),
    ]


@pytest.mark.parametrize("index", range(len(COMMANDS)))
def test_a_command_succeeds_and_answers_as_shown(answered, index):
    check(*answered[index], COMMANDS[index].shown)


def test_the_network_predicts_better_than_the_mean(typed):
    metrics = json.loads(typed["reports/test.json"].read_text(encoding="utf-8"))
    assert 0.3 < metrics["r2"] < 1


def test_the_facts_are_those_of_the_reader():
    (names,) = re.findall(r"\*\*Missing values\*\* are empty cells, (.*?)\. A missing", SECTION)
    listed = {name.casefold() for name in re.findall(r"`(.*?)`", names)}
    assert listed | {""} == MISSING_TEXTS
    (targets,) = re.findall(r"A column called (.*?) is the target", SECTION)
    assert tuple(re.findall(r"`(.*?)`", targets)) == TARGETS
    assert f"more than {MAX_CATEGORIES:,} different texts" in SECTION
