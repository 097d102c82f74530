"""The files below a folder, in one order on every system, and those that are left out.

The order is that of the code points of the NFC-normalised relative POSIX paths. Nothing but a
regular file is ever opened, and no link leads out of the folder.
"""

import os
import stat
import sys
import unicodedata
from collections.abc import Collection, Iterator
from pathlib import Path, PurePosixPath
from typing import Final

from nncore.errors import as_line
from stages.formats.dataset import FetchError

# Lines about files that are left out; a folder may have thousands.
MAX_LINES: Final = 10
# Files and folders that systems put into the folders of their users.
_SYSTEM_NAMES: Final = {"thumbs.db", "desktop.ini", "__macosx"}


def normalize(path: str) -> str:
    """Return a path or a name in the Unicode form by which it is ordered and compared."""
    return unicodedata.normalize("NFC", path)


class LeftOut:
    """The files of a folder that are not used, each with the reason."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._reasons: dict[str, str] = {}

    def add(self, path: str, reason: str) -> None:
        """Leave out a file; `path` is relative to the folder."""
        self._reasons[path] = reason

    def report(self) -> None:
        """Write the number of the files and the first of them to standard error."""
        count = len(self._reasons)
        if not count:
            return
        what = "1 file is" if count == 1 else f"{count:,} files are"
        print(as_line(f"fetch: {self._root}: {what} left out"), file=sys.stderr)
        for path in sorted(self._reasons, key=normalize)[:MAX_LINES]:
            print(f"fetch: - {as_line(f'{path}: {self._reasons[path]}')}", file=sys.stderr)
        if count > MAX_LINES:
            print(f"fetch: and {count - MAX_LINES:,} more", file=sys.stderr)


def list_files(
    root: Path, suffixes: Collection[str], left_out: LeftOut
) -> tuple[list[str], list[str]]:
    """Return the files below a folder and its folders, both as relative POSIX paths in order.

    Parameters
    ----------
    suffixes : the suffixes of the files, in lower case
    left_out : receives hidden files, those of other suffixes, links that leave the folder, links to
        folders, and devices, pipes and sockets

    Raises
    ------
    FetchError
        `root` is no folder, or two names in a folder are equal in Unicode's NFC and without case,
        so that another system could not hold both.
    """
    if not root.is_dir():
        got = "a file" if root.exists() else "nothing there"
        raise FetchError(f"fetch.path: expected a folder, got {got}: {root}")
    real_root = os.path.realpath(root)
    files, folders, pending = [], [], [""]
    while pending:
        folder = pending.pop()
        for entry in _scan(root, folder, left_out):
            path = f"{folder}{entry.name}"
            if entry.name.startswith(".") or entry.name.lower() in _SYSTEM_NAMES:
                left_out.add(path, "hidden, or a file of the system")
            elif entry.is_dir(follow_symlinks=False):
                folders.append(path)
                pending.append(f"{path}/")
            elif reason := _fault(entry, real_root, suffixes):
                left_out.add(path, reason)
            else:
                files.append(path)
    return sorted(files, key=normalize), sorted(folders, key=normalize)


def _scan(root: Path, folder: str, left_out: LeftOut) -> Iterator[os.DirEntry[str]]:
    """Yield the entries of a folder, after a check that their names differ on every system."""
    try:
        with os.scandir(root / folder) as entries:
            listed = list(entries)
    except OSError as error:
        left_out.add(folder or ".", f"expected a readable folder, got “{error.strerror}”")
        return
    names: dict[str, str] = {}
    for entry in sorted(listed, key=lambda entry: entry.name):
        key = normalize(normalize(entry.name).casefold())
        if key in names:
            first, second = (
                as_line(f"{root / folder / name}") for name in (names[key], entry.name)
            )
            raise FetchError(
                f"{first}: expected names that differ by more than case and Unicode form, "
                f"got also {second}; rename one of them"
            )
        names[key] = entry.name
    yield from listed


def _fault(entry: os.DirEntry[str], real_root: str, suffixes: Collection[str]) -> str:
    """Return why a file is left out, an empty string if it is not; the file is not opened."""
    if entry.is_symlink():
        target = Path(os.path.realpath(entry.path))
        if not target.is_relative_to(real_root):
            return "a link that leaves the folder"
        if target.is_dir():
            return "a link to a folder"
    try:
        mode = entry.stat().st_mode
    except OSError as error:
        return f"expected a readable file, got “{error.strerror}”"
    if not stat.S_ISREG(mode):
        return "a device, a pipe or a socket"
    suffix = PurePosixPath(entry.name).suffix
    if suffix.lower() not in suffixes:
        return f"expected a suffix of {', '.join(suffixes)}, got {suffix or 'none'}"
    return ""
