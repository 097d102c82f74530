"""docs/own-data.md: the commands for a folder of pictures are typed and answer what is shown."""

import re
import shutil

import pytest
from console import answers, check, commands, script
from pipeline_repository import create

from nncore.data.pictures import MAX_PICTURE_PIXELS, SUFFIXES
from stages.shared.fingerprint import ROOT

PAGE = (ROOT / "docs/own-data.md").read_text(encoding="utf-8")
(SECTION,) = re.findall(r"^## A folder of pictures\n(.*?)^## ", PAGE, re.DOTALL | re.MULTILINE)
COMMANDS = commands(SECTION)


@pytest.fixture(scope="module")
def answered(once):
    """Return the answer to each command and its exit code."""

    def make(home):
        repo = create(home)
        shutil.copyfile(ROOT / "params.yaml", repo["params.yaml"])
        shutil.copytree(ROOT / "data/shapes", repo["data/shapes"])
        repo.commit()
        repo.record("bash", "-c", script(command for command, _ in COMMANDS))

    return answers(once("own-pictures", make).recorded())


def test_the_page_has_the_commands():
    assert [command.split()[0] for command, _ in COMMANDS] == [
        "cp",
        "python",
        "dvc",
        "python",
        "head",
        "rm",
        "dvc",
    ]


@pytest.mark.parametrize("index", range(len(COMMANDS)))
def test_a_command_succeeds_and_answers_as_shown(answered, index):
    check(*answered[index], COMMANDS[index].shown)


def test_after_a_change_all_stages_run(answered):
    ran = re.findall("^Running stage '(.*)'", answered[-1][0], re.MULTILINE)
    assert ran == ["fetch", "preprocess", "train", "evaluate", "report"]


def test_the_formats_and_the_limit_are_those_of_the_reader():
    (sentence,) = re.findall(r"reads (PNG.*?), by the suffix", SECTION)
    names = [name.lower() for name in re.split(", | and ", sentence)]
    assert {suffix[1:] for suffix in SUFFIXES} == {*names, "jpg", "tif"}
    (limit,) = re.findall(r"more than (\d+) megapixels", SECTION)
    assert int(limit) == MAX_PICTURE_PIXELS // 10**6
