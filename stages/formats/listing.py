"""The files below a folder of data, and those that are left out."""

import sys
from collections.abc import Collection
from pathlib import Path
from typing import Final

from nncore.data import listing
from nncore.data.listing import normalize
from nncore.errors import as_line
from stages.formats.dataset import FetchError

# Lines about files that are left out; a folder may have thousands.
MAX_LINES: Final = 10


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
    """Return the files below a folder and its folders, as `nncore.data.listing.list_files` does.

    Raises
    ------
    FetchError
        `root` is no folder, or two paths are equal in Unicode's NFC and without case, so that
        another system could not hold both.
    """
    if not root.is_dir():
        got = "a file" if root.exists() else "nothing there"
        raise FetchError(f"fetch.path: expected a folder, got {got}: {root}")
    files, folders = listing.list_files(root, suffixes, left_out.add)
    paths: dict[str, str] = {}
    for path in (*folders, *files):
        key = normalize(normalize(path).casefold())
        if key in paths:
            first, second = (as_line(f"{root / name}") for name in (paths[key], path))
            raise FetchError(
                f"{first}: expected names that differ by more than case and Unicode form, "
                f"got also {second}; rename one of them"
            )
        paths[key] = path
    return files, folders
