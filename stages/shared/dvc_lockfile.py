"""The file dvc.lock, whole or cut short."""

import re
import subprocess
from pathlib import Path
from typing import Any

from dvc.schema import COMPILED_LOCKFILE_SCHEMA
from dvc.utils.serialize import YAMLFileCorruptedError, parse_yaml
from dvc.utils.strictyaml import merge_conflict_marker
from voluptuous import Invalid

from nncore.files import atomic_write

# The first letter of a stage's name.
_STAGE = re.compile(r"^  \S", re.MULTILINE)


def is_cut(content: bytes) -> bool:
    """Return whether a dvc.lock ends within a stage, so that DVC refuses it or leaves it as it is.

    A file that ends with a whole stage, or with one that lacks outputs, is not cut: DVC runs what
    is missing. Any other fault, such as a merge conflict, is for its author to mend.
    """
    written = content.partition(b"\0")[0]
    lock = _parse(content)
    if lock is not None and written.endswith(b"\n"):
        *_, last = (lock.get("stages") or {"": {}}).values()
        *_, output = last.get("outs") or [{"size": 0}]
        # DVC compares digests alone, and would leave an entry without the rest as it is.
        folder = str(output.get("md5")).endswith(".dir")
        return not {"size", *(["nfiles"] if folder else [])} <= output.keys()
    text = written.decode(errors="replace")
    if merge_conflict_marker.search(text):
        return False
    starts = [match.start() for match in _STAGE.finditer(text)]
    if not starts:
        return True
    before = text[: starts[-1]].encode()
    return any(_parse(before + stages) is not None for stages in (b"", b"  {}\n"))


def mend_lock(path: Path) -> str:
    """Replace a cut dvc.lock by the newest whole one in Git; remove it if Git has none.

    The caller holds DVC's lock of the project.

    Returns
    -------
    str
        A line that states the fault and what was done.
    """
    fault = describe_damage(path.read_bytes())
    # A run of DVC that comes to its end adds dvc.lock to the index.
    for revision, name in (("", "Git's index"), ("HEAD", "the last commit")):
        content = _content_in_git(revision, path)
        if _parse(content) is not None and not is_cut(content):
            atomic_write(path, content)
            return f"{path} was {fault}: restored it from {name}"
    path.unlink()
    return f"{path} was {fault}, and Git has none: removed it; DVC begins a new one"


def describe_damage(content: bytes) -> str:
    """Return how a killed DVC has left a file: empty or cut short."""
    return "cut short" if content.strip(b"\0") else "empty"


def _parse(content: bytes) -> dict[str, Any] | None:
    """Return what a dvc.lock holds, or None where DVC refuses it."""
    try:
        text = content.decode()
        lock: dict[str, Any] = COMPILED_LOCKFILE_SCHEMA(parse_yaml(text, "dvc.lock"))
    except (UnicodeDecodeError, YAMLFileCorruptedError, Invalid):
        return None
    return lock


def _content_in_git(revision: str, path: Path) -> bytes:
    """Return the content of a file in a revision or, without one, in the index; else nothing."""
    command = ["git", "show", f"{revision}:./{path.name}"]
    done = subprocess.run(command, cwd=path.parent, capture_output=True, check=False)  # noqa: S603
    return done.stdout
