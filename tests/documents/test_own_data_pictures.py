"""docs/own-data.md: the commands for a folder of pictures are typed and answer what is shown."""

import doctest
import re
import shutil

import pytest
from pipeline_repository import create

from nncore.data.pictures import MAX_PICTURE_PIXELS, SUFFIXES
from stages.shared.fingerprint import ROOT

PAGE = (ROOT / "docs/own-data.md").read_text(encoding="utf-8")
(SECTION,) = re.findall(r"^## A folder of pictures\n(.*?)^## ", PAGE, re.DOTALL | re.MULTILINE)
# A command with its continued lines, and the answer up to the next one.
COMMANDS = [
    (re.sub(r"^[$>] ", "", typed, flags=re.MULTILINE), shown)
    for block in re.findall(r"^```console\n(.*?)^```$", SECTION, re.DOTALL | re.MULTILINE)
    for typed, shown in re.findall(r"(\$ .*\n(?:> .*\n)*)((?:(?!\$ ).*\n)*)", block)
]
# Before each exit code in the shell's output, which no command prints.
MARK = "\x1e"


@pytest.fixture(scope="module")
def answers(once):
    """Return the answer to each command and its exit code."""

    def make(home):
        repo = create(home)
        shutil.copyfile(ROOT / "params.yaml", repo["params.yaml"])
        shutil.copytree(ROOT / "data/shapes", repo["data/shapes"])
        repo.commit()
        typed = "".join(f"{command}printf '{MARK}%s\\n' $?\n" for command, _ in COMMANDS)
        repo.record("bash", "-c", f"exec 2>&1\n{typed}")

    parts = re.split(rf"{MARK}(\d+)\n", once("own-pictures", make).recorded())
    return list(zip(parts[0::2], map(int, parts[1::2]), strict=False))


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
def test_a_command_succeeds_and_answers_as_shown(answers, index):
    answer, code = answers[index]
    assert code == 0, answer
    flags = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE
    shown = COMMANDS[index][1]
    assert not shown or doctest.OutputChecker().check_output(shown, answer, flags), answer


def test_after_a_change_all_stages_run(answers):
    ran = re.findall("^Running stage '(.*)'", answers[-1][0], re.MULTILINE)
    assert ran == ["fetch", "preprocess", "train", "evaluate", "report"]


def test_the_formats_and_the_limit_are_those_of_the_reader():
    (sentence,) = re.findall(r"reads (PNG.*?), by the suffix", SECTION)
    names = [name.lower() for name in re.split(", | and ", sentence)]
    assert {suffix[1:] for suffix in SUFFIXES} == {*names, "jpg", "tif"}
    (limit,) = re.findall(r"more than (\d+) megapixels", SECTION)
    assert int(limit) == MAX_PICTURE_PIXELS // 10**6
