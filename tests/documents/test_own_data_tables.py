"""docs/own-data.md: the commands for a table are typed and answer what is shown."""

import doctest
import json
import re
import shutil

import pytest
from pipeline_repository import create

from nncore.data.table_values import MISSING_TEXTS
from stages.formats.tabular.adoption import TARGETS
from stages.formats.tabular.survey import MAX_CATEGORIES
from stages.shared.fingerprint import ROOT

PAGE = (ROOT / "docs/own-data.md").read_text(encoding="utf-8")
(SECTION,) = re.findall(r"^## A table of columns\n(.*?)^## ", PAGE, re.DOTALL | re.MULTILINE)
COMMANDS = [
    (command, shown)
    for block in re.findall(r"^```console\n(.*?)^```$", SECTION, re.DOTALL | re.MULTILINE)
    for command, shown in re.findall(r"\$ (.*\n)((?:(?!\$ ).*\n)*)", block)
]
MARK = "\x1e"


@pytest.fixture(scope="module")
def typed(once):
    def make(home):
        repo = create(home)
        shutil.copyfile(ROOT / "params.yaml", repo["params.yaml"])
        shutil.copytree(ROOT / "data/tables", repo["data/tables"])
        repo.commit()
        lines = "".join(f"{command}printf '{MARK}%s\\n' $?\n" for command, _ in COMMANDS)
        repo.record("bash", "-c", f"exec 2>&1\n{lines}")

    return once("own-tables", make)


@pytest.fixture(scope="module")
def answers(typed):
    """Return the answer to each command and its exit code."""
    parts = re.split(rf"{MARK}(\d+)\n", typed.recorded())
    return list(zip(parts[0::2], map(int, parts[1::2]), strict=False))


def test_the_page_has_the_commands():
    assert [command.split()[0] for command, _ in COMMANDS] == [
        *("python", "dvc", "python"),
        *("python", "dvc"),
    ]


@pytest.mark.parametrize("index", range(len(COMMANDS)))
def test_a_command_succeeds_and_answers_as_shown(answers, index):
    answer, code = answers[index]
    assert code == 0, answer
    flags = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE
    shown = COMMANDS[index][1]
    assert not shown or doctest.OutputChecker().check_output(shown, answer, flags), answer


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
