"""The tutorial: every command is typed, in one shell, and answers what the page shows."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from console import Command, answers, check, commands, is_as_shown, script
from pipeline_repository import Repository

from stages.shared.fingerprint import ROOT

PAGE = (ROOT / "docs/tutorial.md").read_text(encoding="utf-8")
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
def answered(once):
    """Return the answer to each command and its exit code."""

    def make(home):
        repo = Repository(home)
        repo.root.mkdir(parents=True)
        (home / "python").mkdir()
        source(home / "source")
        origin = Repository(home)
        origin.root = home / "source"
        origin.output("git", "init", "--quiet", "--initial-branch=main")
        origin.commit()
        typed = (command.replace("URL", str(origin.root)) for command, _ in COMMANDS)
        repo.record("bash", "-c", script(typed, {"cd nncore\n": environment()}))

    return answers(once("tutorial", make).recorded())


@pytest.mark.parametrize("index", range(len(COMMANDS)))
def test_command_succeeds_and_answers_as_shown(answered, index):
    check(*answered[index], COMMANDS[index].shown)


def test_a_page_is_taken_apart_into_commands_and_answers():
    page = "```console\n$ a\n$ b <<E\n> c\n> E\none\n\ntwo\n```\n\n```python\n$ no\n```\n"
    assert commands(page) == [Command("a\n", ""), Command("b <<E\nc\nE\n", "one\n\ntwo\n")]


def test_another_number_would_be_seen():
    assert not is_as_shown("a\naccuracy 0.979\nb\n", "...\naccuracy 0.978\n...\n")
