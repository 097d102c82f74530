"""The first difference between two files: a line, a member of an archive, an element or a byte."""

import io
import os
import stat
import zipfile
from itertools import zip_longest
from pathlib import Path
from typing import IO

from tools.verification.npy import compare_npy

CHUNK = 1 << 20
# Bytes at the start that distinguish text from other files, as Git does it.
SAMPLE = 8000
# Bytes of a line before and after the difference, and of a file that is no text.
BEFORE, AFTER = 30, 30
SHOWN = 8
END = "the end"
# Half a letter, where a line is cut.
REPLACEMENT = "\N{REPLACEMENT CHARACTER}"
# What a damaged, encrypted or unknown archive raises.
NO_ARCHIVE = (zipfile.BadZipFile, NotImplementedError, RuntimeError, OSError, EOFError, ValueError)


def contents(path: Path) -> dict[str, Path]:
    """Return the files of an output by their path in it, that of a file being "."; none if none.

    A folder's links are files, wherever they lead.
    """
    if path.is_dir() and not path.is_symlink():
        paths = (
            Path(folder, name)
            for folder, subfolders, names in os.walk(path)
            for name in (*subfolders, *names)
        )
        files = [file for file in paths if file.is_symlink() or not file.is_dir()]
        return {file.relative_to(path).as_posix(): file for file in sorted(files)}
    return {".": path} if path.is_symlink() or path.exists() else {}


def link_target(file: Path, project: Path) -> str | None:
    """Return where a symbolic link leads, relative to the project if it is there.

    A link into DVC's cache stands for the file to which it leads, so it has no target.
    """
    if not file.is_symlink():
        return None
    target = os.path.join(project, os.readlink(file))  # noqa: PTH115, PTH118  a target stays as it is
    if Path(target).is_relative_to(project / ".dvc" / "cache"):
        return None
    return os.path.relpath(target, project) if Path(target).is_relative_to(project) else target


def first_difference(
    old: tuple[Path, Path], new: tuple[Path, Path], *, modes: bool = False
) -> str | None:
    """Return the first difference between two files, or None; each comes with its project.

    With `modes`, a file that may be executed differs from one that may not.
    """
    (old_file, old_project), (new_file, new_project) = old, new
    links = link_target(old_file, old_project), link_target(new_file, new_project)
    if links != (None, None):
        a, b = (f"link to {link}" if link else "no link" for link in links)
        return f"{a} | {b}" if a != b else None
    with old_file.open("rb") as a_stream, new_file.open("rb") as b_stream:
        difference = compare(a_stream, b_stream)
    if difference is None and modes:
        a, b = (oct(file.stat().st_mode & stat.S_IXUSR) for file in (old_file, new_file))
        return f"may be executed: {a != '0o0'} | {b != '0o0'}" if a != b else None
    return difference


def compare(old: IO[bytes], new: IO[bytes]) -> str | None:
    """Return the first difference between two seekable streams, or None."""
    position = _first_position(old, new)
    if position is None:
        return None
    offset, line, line_start = position
    if _is_archive(old) and _is_archive(new):
        try:
            return _compare_archives(old, new) or f"{_bytes(old, new, offset)}; same members"
        except NO_ARCHIVE:
            pass
    if element := compare_npy(old, new):
        return element
    if _is_text(old, offset) and _is_text(new, offset):
        return _lines(old, new, line, line_start, offset)
    return _bytes(old, new, offset)


def _first_position(old: IO[bytes], new: IO[bytes]) -> tuple[int, int, int] | None:
    """Return the offset of the first differing byte, its line and where that line starts."""
    offset = line_start = 0
    line = 1
    while True:
        a, b = old.read(CHUNK), new.read(CHUNK)
        equal = len(a)
        if a != b:
            pairs = enumerate(zip_longest(a, b))
            equal = next(index for index, (one, other) in pairs if one != other)
        elif not a:
            return None
        if newlines := a.count(b"\n", 0, equal):
            line += newlines
            line_start = offset + a.rindex(b"\n", 0, equal) + 1
        offset += equal
        if a != b:
            return offset, line, line_start


def _is_archive(stream: IO[bytes]) -> bool:
    stream.seek(0)
    return stream.read(4) in {b"PK\3\4", b"PK\5\6"} and zipfile.is_zipfile(stream)


def _compare_archives(old: IO[bytes], new: IO[bytes]) -> str | None:
    """Return the first member of two ZIP files that differs, and where; None if all are equal."""
    with zipfile.ZipFile(old) as a, zipfile.ZipFile(new) as b:
        for one, other in zip_longest(a.namelist(), b.namelist(), fillvalue=END):
            if one != other:
                return f"members: {one} | {other}"
            with a.open(one) as a_member, b.open(one) as b_member:
                if _first_position(a_member, b_member) is None:
                    continue
            return f"{one}, {compare(io.BytesIO(a.read(one)), io.BytesIO(b.read(one)))}"
    return None


def _is_text(stream: IO[bytes], offset: int) -> bool:
    samples = []
    for start in (0, max(0, offset - SAMPLE // 2)):
        stream.seek(start)
        samples.append(stream.read(SAMPLE))
    return not any(b"\0" in sample for sample in samples)


def _lines(old: IO[bytes], new: IO[bytes], line: int, start: int, offset: int) -> str:
    """Return a line of both from near its first differing byte on, in quotes."""
    texts = []
    for stream in (old, new):
        stream.seek(max(start, offset - BEFORE))
        content = stream.read(min(offset - start, BEFORE) + AFTER)
        end = content.find(b"\n") + 1
        texts.append((content[: end or None], not end and len(content) > AFTER))
    # One of two lines may lack its end, and nothing else.
    if len({text.removesuffix(b"\n") for text, _ in texts}) > 1:
        texts = [(text.removesuffix(b"\n"), cut) for text, cut in texts]
    before = "…" if offset - start > BEFORE else ""
    shown = [
        f"{before}{text.decode(errors='replace').strip(REPLACEMENT)!r}{'…' * cut}" if text else END
        for text, cut in texts
    ]
    return f"line {line}: {' | '.join(shown)}"


def _bytes(old: IO[bytes], new: IO[bytes], offset: int) -> str:
    parts = []
    for stream in (old, new):
        stream.seek(offset)
        parts.append(stream.read(SHOWN).hex(" ") or END)
    return f"byte {offset}: {' | '.join(parts)}"
