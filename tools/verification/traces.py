"""Traces of a place, a person or a day in files."""

import base64
import getpass
import re
import socket
import zipfile
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import IO

from tools.verification.differences import NO_ARCHIVE

# A shorter name of a place, a user or a host turns up in binary files by chance.
SHORTEST = 4
LONGEST = 4096
# Bytes that are searched at once.
PART = 1 << 28
# Names that a text may well have for another reason.
COMMON = {"admin", "host", "localhost", "root", "runner", "user", "worker"}
# The prefix of a system's Python; many a script begins with it.
SYSTEM = {"/usr", "/usr/local"}
# In as much base64 as a page has, four letters turn up by chance too.
_EMBEDDED = re.compile(rb"[A-Za-z0-9+/]{200,}={0,2}")
DATES = ("%Y-%m-%d", "%Y%m%d", "%d.%m.%Y", "%d/%m/%Y", "%m/%d/%Y", "%d %b %Y", "%b %d %Y")


def traces(file: Path, words: Iterable[str]) -> list[str]:
    """Return the `words` that a file holds.

    A word stands alone: no letter or digit goes before or follows it, and no point before a date,
    whose digits would be those of a fraction.
    """
    patterns = {word: _alone(word) for word in words}
    held: set[str] = set()
    for part in _contents(file):
        held |= {
            word
            for word, pattern in patterns.items()
            if word.encode() in part and pattern.search(part)
        }
    return sorted(held)


def _alone(word: str) -> re.Pattern[bytes]:
    """Return the pattern of a word or date that is no part of a longer one."""
    others = rb"[\d.]" if word[0].isdigit() else rb"[A-Za-z0-9_]"
    after = rb"\d" if word[-1].isdigit() else rb"[A-Za-z0-9_]"
    return re.compile(rb"(?<!%s)%s(?!%s)" % (others, re.escape(word.encode()), after))


def _contents(file: Path) -> Iterator[bytes]:
    """Return what a file holds, in parts: as it is, in a link, and unpacked."""
    if file.is_symlink():
        yield str(file.readlink()).encode()
    if not file.is_file():
        return
    with file.open("rb") as stream:
        yield from _parts(stream)
    if zipfile.is_zipfile(file):
        with suppress(*NO_ARCHIVE), zipfile.ZipFile(file) as archive:
            for member in archive.namelist():
                with archive.open(member) as unpacked:
                    yield from _parts(unpacked)


def _parts(stream: IO[bytes]) -> Iterator[bytes]:
    """Return a stream in parts that overlap, each with its base64 decoded."""
    before = b""
    while part := stream.read(PART):
        yield _EMBEDDED.sub(_meant, before + part)
        before = part[-LONGEST:]


def _meant(embedded: re.Match[bytes]) -> bytes:
    """Return what a piece of base64 stands for."""
    whole = len(embedded[0]) // 4 * 4
    return base64.b64decode(embedded[0][:whole])


@dataclass(frozen=True)
class Search:
    """The paths, names and days that are searched for, and the words that are left out."""

    paths: tuple[str, ...]
    names: tuple[str, ...]
    days: tuple[datetime, ...]
    left_out: tuple[str, ...]

    @property
    def words(self) -> set[str]:
        """Return all words, with each day in every form."""
        dates = (day.strftime(form) for day in self.days for form in DATES)
        return {*self.paths, *self.names, *dates}

    def __str__(self) -> str:
        """Return what is searched for, in one line."""
        days = (f"{day:%Y-%m-%d}" for day in self.days)
        parts = [*self.paths, *map(repr, self.names), *dict.fromkeys(days)]
        left_out = f"; not for {', '.join(self.left_out)}" if self.left_out else ""
        return f"searched for {', '.join(parts)}{left_out}"


def make_search(
    places: Iterable[Path | str], days: Iterable[datetime], *, strict: bool = True
) -> Search:
    """Return the search for some places, the host, the user, and for days around the globe."""
    names = [socket.gethostname()]
    # A container may run as a user without a name.
    with suppress(KeyError, OSError):
        names.append(getpass.getuser())
    reasons = {
        word: "too short" if len(word) < SHORTEST else "too common"
        for word in (*map(str, places), *names)
        if len(word) < SHORTEST or word in SYSTEM or (word in COMMON and not strict)
    }
    around = {day + timedelta(hours=hours) for day in days for hours in (-12, 0, 14)}
    return Search(
        paths=tuple(sorted({*map(str, places)} - reasons.keys())),
        names=tuple(sorted({*names} - reasons.keys())),
        days=tuple(sorted(around)),
        left_out=tuple(f"{word!r} ({reason})" for word, reason in sorted(reasons.items())),
    )
