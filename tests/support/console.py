"""A page's commands: typed in one shell, they must answer what the page shows."""

import doctest
import re
from collections.abc import Iterable
from typing import NamedTuple

# Before each exit code in the shell's output, which no command prints.
_MARK = "\x1e"
_FLAGS = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE


class Command(NamedTuple):
    """What is typed, and what the page shows of the answer; nothing shown is nothing required."""

    typed: str
    shown: str


def commands(page: str) -> list[Command]:
    """Return the commands of a page's console blocks, in order."""
    result = []
    for block in re.findall(r"^```console\n(.*?)^```$", page, re.DOTALL | re.MULTILINE):
        for part in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]:
            typed = re.match(r".*\n(?:> .*\n)*", part)[0]
            command = re.sub(r"^> ", "", typed, flags=re.MULTILINE)
            result.append(Command(command, part.removeprefix(typed)))
    return result


def script(typed: Iterable[str], after: dict[str, str] | None = None) -> str:
    """Return a script of commands that marks each exit code; `after` follows some commands."""
    lines = (f"{text}printf '{_MARK}%s\\n' $?\n{(after or {}).get(text, '')}" for text in typed)
    return "exec 2>&1\n" + "".join(lines)


def answers(output: str) -> list[tuple[str, int]]:
    """Return the answer to each command of a script, and its exit code."""
    parts = re.split(rf"{_MARK}(\d+)\n", output)
    return list(zip(parts[0::2], map(int, parts[1::2]), strict=False))


def is_as_shown(answer: str, shown: str) -> bool:
    """Return whether an answer is what a page shows, where `...` stands for anything."""
    return doctest.OutputChecker().check_output(shown, answer, _FLAGS)


def check(answer: str, code: int, shown: str) -> None:
    """Require that a command has succeeded and answered what its page shows, if anything."""
    assert code == 0, answer
    assert not shown or is_as_shown(answer, shown), answer
