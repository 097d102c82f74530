"""What a run of the pipeline has left, held against what is committed.

Every function returns its faults as lines; no line, no fault.
"""

import base64
import getpass
import re
import socket
import subprocess
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from stages.shared import yaml12

ROOT = Path(__file__).parents[1]
# A shorter name of a place, a user or a host turns up in binary files by chance.
SHORTEST = 4
# In as much base64 as a page has, four letters turn up by chance too.
_EMBEDDED = re.compile(rb"[A-Za-z0-9+/]{200,}={0,2}")
DATES = ("%Y-%m-%d", "%Y%m%d", "%d.%m.%Y", "%d/%m/%Y", "%m/%d/%Y", "%d %b %Y", "%b %d %Y")


def differences(folder: Path) -> list[str]:
    """Return a line for each file that is not as HEAD has it, and for each hash in dvc.lock."""
    status = git(folder, "status", "--porcelain", "--untracked-files=all")
    lines = [line[3:].strip('"') for line in status.splitlines()]
    if "dvc.lock" in lines:
        committed = yaml12.load(git(folder, "show", "HEAD:dvc.lock"))
        lock = folder / "dvc.lock"
        produced = yaml12.load(lock.read_text(encoding="utf-8")) if lock.exists() else {}
        lines += [f"dvc.lock: {line}" for line in differing(committed, produced)]
    return lines


def differing(committed: Mapping[str, Any], produced: Mapping[str, Any]) -> list[str]:
    """Return a line for each entry on which two contents of dvc.lock disagree."""
    old, new = dict(_entries(committed)), dict(_entries(produced))
    return [f"{' '.join(key)}" for key in sorted(old.keys() | new) if old.get(key) != new.get(key)]


def _entries(lock: Mapping[str, Any]) -> Iterator[tuple[tuple[str, ...], object]]:
    for stage, parts in lock.get("stages", {}).items():
        for part, content in parts.items():
            if isinstance(content, list):
                yield from (((stage, part, entry["path"]), entry) for entry in content)
            else:
                yield (stage, part), content


def artefacts(folder: Path) -> list[Path]:
    """Return dvc.lock and every file that it names as an output."""
    lock = yaml12.load((folder / "dvc.lock").read_text(encoding="utf-8"))
    paths = [folder / key[2] for key, _ in _entries(lock) if key[1] == "outs"]
    inside = [file for path in paths for file in (path.rglob("*") if path.is_dir() else [path])]
    return sorted({folder / "dvc.lock", *(file for file in inside if file.is_file())})


def _meant(embedded: re.Match[bytes]) -> bytes:
    """Return what a piece of base64 stands for."""
    whole = len(embedded[0]) // 4 * 4
    return base64.b64decode(embedded[0][:whole])


def traces(files: Iterable[Path], words: Iterable[str]) -> list[str]:
    """Return a line for each file that holds one of `words`."""
    found = []
    for file in files:
        content = _EMBEDDED.sub(_meant, file.read_bytes())
        held = sorted(word for word in words if word.encode() in content)
        found += [f"{file.name}: holds {word!r}" for word in held]
    return found


def telling_words(workspace: Path | str, now: datetime) -> set[str]:
    """Return what tells of a place, a person or a day: paths, names, dates around the globe."""
    places = {str(path) for path in (workspace, ROOT, Path.home())}
    names = {socket.gethostname(), getpass.getuser()}
    days = [now + timedelta(hours=hours) for hours in (-12, 0, 14)]
    return {
        *(word for word in places | names if len(word) >= SHORTEST),
        *(day.strftime(form) for day in days for form in DATES),
    }


def git(folder: Path, *arguments: str) -> str:
    """Return what a Git command prints in a folder."""
    command = ["git", "-c", "core.quotePath=false", *arguments]
    done = subprocess.run(command, cwd=folder, capture_output=True, check=True)
    return done.stdout.decode()
