"""The files below a folder of data, and those that are left out."""

import sys
from collections.abc import Collection
from pathlib import Path
from typing import Final

from nncore.data import listing
from nncore.data.listing import normalize
from nncore.errors import as_line
from stages.formats.dataset import FetchError

# Reasons, and files of each reason, that are printed; a folder may have thousands.
MAX_REASONS: Final = 10
MAX_FILES: Final = 3


class LeftOut:
    """The files of a folder that are not used, each with the reason."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._reasons: dict[str, str] = {}

    def add(self, path: str, reason: str) -> None:
        """Leave out a file; `path` is relative to the folder."""
        self._reasons[path] = reason

    def report(self) -> None:
        """Write the number of the files to standard error, and the first ones of each reason.

        The rarest reasons come first: a damaged picture must not be hidden behind many notes.
        """
        count = len(self._reasons)
        if not count:
            return
        what = "1 file is" if count == 1 else f"{count:,} files are"
        print(as_line(f"fetch: {self._root}: {what} left out"), file=sys.stderr)
        paths: dict[str, list[str]] = {}
        for path in sorted(self._reasons, key=normalize):
            paths.setdefault(self._reasons[path], []).append(path)
        # Of equally frequent reasons, that of the first file is first.
        ranked = sorted(paths.items(), key=lambda item: len(item[1]))
        for reason, files in ranked[:MAX_REASONS]:
            rest = len(files) - MAX_FILES
            more = f" and {rest:,} more" if rest > 0 else ""
            line = f"{', '.join(files[:MAX_FILES])}{more}: {reason}"
            print(f"fetch: - {as_line(line)}", file=sys.stderr)
        if rest := sum(len(files) for _, files in ranked[MAX_REASONS:]):
            print(f"fetch: and {rest:,} more", file=sys.stderr)


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
