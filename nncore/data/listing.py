"""The files below a folder, in the same order on every system, and those that are left out.

The order is that of the code points of the NFC-normalised relative POSIX paths. No file is opened,
and no link leads out of the folder.
"""

import os
import stat
import unicodedata
from collections.abc import Callable, Collection
from pathlib import Path, PurePosixPath
from typing import Final

# Files and folders that operating systems create in users' folders.
_SYSTEM_NAMES: Final = {"thumbs.db", "desktop.ini", "__macosx"}
# Phones write these pictures.
_HEIF_ADVICE: Final = "; heif-convert of the package libheif-examples makes it a .jpg"
_CONVERSIONS: Final = {".heic": _HEIF_ADVICE, ".heif": _HEIF_ADVICE}


def normalize(path: str) -> str:
    """Return a path or a name in the Unicode form by which it is ordered and compared."""
    return unicodedata.normalize("NFC", path)


def list_files(
    root: Path, suffixes: Collection[str], leave_out: Callable[[str, str], object]
) -> tuple[list[str], list[str]]:
    """Return the files below a folder and its folders, both as relative POSIX paths in order.

    Parameters
    ----------
    root : a folder
    suffixes : the suffixes of the files, in lower case
    leave_out : called with the relative path and the reason: for hidden files, files of other
        suffixes, links that leave the folder, links to folders, devices, pipes, sockets, and
        unreadable folders
    """
    real_root = os.path.realpath(root)
    files, folders, pending = [], [], [""]
    while pending:
        folder = pending.pop()
        try:
            with os.scandir(root / folder) as entries:
                folder_entries = list(entries)
        except OSError as error:
            leave_out(folder or ".", f"expected a readable folder, got “{error.strerror}”")
            continue
        for entry in folder_entries:
            path = f"{folder}{entry.name}"
            if entry.name.startswith(".") or entry.name.lower() in _SYSTEM_NAMES:
                leave_out(path, "hidden, or a file of the system")
            elif entry.is_dir(follow_symlinks=False):
                folders.append(path)
                pending.append(f"{path}/")
            elif reason := _fault(entry, real_root, suffixes):
                leave_out(path, reason)
            else:
                files.append(path)
    return sorted(files, key=_order), sorted(folders, key=_order)


def _order(path: str) -> tuple[str, str]:
    # Two paths may be equal after normalisation.
    return normalize(path), path


def _fault(entry: os.DirEntry[str], real_root: str, suffixes: Collection[str]) -> str:
    """Return the reason to leave a file out, or an empty string; the file is not opened."""
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
        remedy = _CONVERSIONS.get(suffix.lower(), "")
        return f"expected a suffix of {', '.join(suffixes)}, got {suffix or 'none'}{remedy}"
    return ""
