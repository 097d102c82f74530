"""The names of the pictures in a folder, which rows of arrays no longer tell."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

from nncore.errors import PreprocessingError
from stages.shared.files import write_text

# In data/raw and in data/processed: the names of the files of each split, in the order of the
# images; empty for sources without a file for each image.
NAMES_FILE = "files.json"
Names = Mapping[str, Sequence[str]]


def write_names(folder: Path, names: Names) -> None:
    """Write the names of the files of each split, as relative POSIX paths."""
    text = json.dumps(names, ensure_ascii=False, indent=0, sort_keys=True)
    write_text(folder / NAMES_FILE, text + "\n")


def read_names(folder: Path) -> dict[str, list[str]]:
    """Return the names of the files of each split; an empty dictionary if they are not known.

    Raises
    ------
    PreprocessingError
        The file is not what a stage writes.
    """
    path = folder / NAMES_FILE
    if not path.exists():
        return {}
    try:
        names = json.loads(path.read_text(encoding="utf-8"))
    except ValueError:
        names = None
    if not isinstance(names, dict) or not all(
        isinstance(some, list) and all(isinstance(name, str) for name in some)
        for some in names.values()
    ):
        raise PreprocessingError(
            f"{path}: expected the names of files, got another content; run fetch again"
        )
    return names
