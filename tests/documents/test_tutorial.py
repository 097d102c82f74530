"""The tutorial: every command is typed, in one shell, and answers what the page shows."""

import doctest
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

import pytest
from pipeline_repository import Repository

from stages.shared.fingerprint import ROOT

PAGE = (ROOT / "docs/tutorial.md").read_text(encoding="utf-8")
# Before each answer in the shell's output, which no command prints.
MARK = "\x1e"


class Command(NamedTuple):
    """What is typed, and what the page shows of the answer; nothing shown is nothing asked."""

    typed: str
    shown: str


def commands(page):
    """Return the commands of a page's console blocks, in order."""
    found = []
    for block in re.findall(r"^```console\n(.*?)^```$", page, re.DOTALL | re.MULTILINE):
        for part in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]:
            typed = re.match(r".*\n(?:> .*\n)*", part)[0]
            command = re.sub(r"^> ", "", typed, flags=re.MULTILINE)
            found.append(Command(command, part.removeprefix(typed)))
    return found


COMMANDS = commands(PAGE)


def source(folder):
    """Make a repository of the files that Git knows, as they are in the workspace."""
    listed = subprocess.run(
        ["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout
    for name in filter(None, listed.split("\0")):
        if (ROOT / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(ROOT / name, folder / name)


def environment():
    """Return commands that let make find this environment instead of setting up another."""
    here = Path(sys.executable).parent
    return (
        f"mkdir -p .venv/bin\necho 'PATH={here}:$PATH' > .venv/bin/activate\n"
        f"printf '#!/bin/sh\nexec {sys.executable} \"$@\"\n' > .venv/bin/python\n"
        "chmod +x .venv/bin/python\n"
        "grep -oh '^[A-Za-z0-9._-]*==[^ ;]*' requirements*.lock > .venv/installed.txt\n"
    )


@pytest.fixture(scope="module")
def typed(once):
    """Return the answers to all commands, as `code, newline, output` each."""

    def make(home):
        repo = Repository(home)
        repo.root.mkdir(parents=True)
        (home / "python").mkdir()
        source(home / "source")
        origin = Repository(home)
        origin.root = home / "source"
        origin.output("git", "init", "--quiet", "--initial-branch=main")
        origin.commit()
        script = "exec 2>&1\n"
        for command, _ in COMMANDS:
            script += command.replace("URL", str(origin.root))
            script += f"printf '{MARK}%s\\n' $?\n"
            script += environment() if command == "cd nncore\n" else ""
        repo.record("bash", "-c", script)

    answers = once("tutorial", make).recorded()
    # An answer stands before its mark, and the exit code behind it.
    parts = re.split(rf"{MARK}(\d+)\n", answers)
    return list(zip(parts[0::2], map(int, parts[1::2]), strict=False))


@pytest.mark.parametrize("index", range(len(COMMANDS)))
def test_command_succeeds_and_answers_as_shown(typed, index):
    answer, code = typed[index]
    assert code == 0, answer
    shown = COMMANDS[index].shown
    if not shown:
        return
    flags = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE
    assert doctest.OutputChecker().check_output(shown, answer, flags), answer


def test_a_page_is_taken_apart_into_commands_and_answers():
    page = "```console\n$ a\n$ b <<E\n> c\n> E\none\n\ntwo\n```\n\n```python\n$ no\n```\n"
    assert commands(page) == [Command("a\n", ""), Command("b <<E\nc\nE\n", "one\n\ntwo\n")]


def test_another_number_would_be_seen():
    flags = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE
    checker = doctest.OutputChecker()
    assert not checker.check_output("...\naccuracy 0.978\n...\n", "a\naccuracy 0.979\nb\n", flags)
