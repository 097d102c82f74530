"""The names of the files of images, which the arrays do not hold."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from nncore.data.listing import normalize
from nncore.errors import PreprocessingError
from stages.shared.files import write_text

# data/raw has it for folders of pictures only, data/processed always: DVC needs fixed names.
NAMES_FILE = "files.json"
FORMAT = "nncore file names 1"
# By split, in the order of the images.
Names = Mapping[str, Sequence[str]]


def write_names(folder: Path, names: Names) -> None:
    """Write the names of the files of each split, none for a source without a file for each image.

    Parameters
    ----------
    names : relative POSIX paths, written in Unicode's NFC, so that no file system changes a byte;
        bytes that are no text are written as escape sequences
    """
    content = {
        "format": FORMAT,
        "names": {split: list(map(_as_text, files)) for split, files in names.items()},
    }
    # A name on each line, so that two versions can be compared.
    text = json.dumps(content, ensure_ascii=False, indent=0, sort_keys=True)
    write_text(folder / NAMES_FILE, text + "\n")


def read_names(folder: Path, counts: Mapping[str, int]) -> dict[str, list[str]]:
    """Return the names of the files of some splits; an empty dictionary if they have none.

    Parameters
    ----------
    counts : the splits, each with its number of images

    Raises
    ------
    PreprocessingError
        The file is not what a stage writes, or does not fit the images.
    """
    path = folder / NAMES_FILE
    if not path.exists():
        return {}
    try:
        content: Any = json.loads(path.read_bytes())
        names = content["names"] if content["format"] == FORMAT else None
    except (LookupError, RecursionError, TypeError, ValueError):
        names = None
    if names == {}:
        return {}
    if not isinstance(names, dict) or not all(_fits(names.get(s), n) for s, n in counts.items()):
        numbers = " and ".join(f"{count:,} {split}" for split, count in counts.items())
        raise PreprocessingError(
            f'{path}: expected "format": "{FORMAT}" and the names of {numbers} files, got another '
            "content; run fetch and preprocess again"
        )
    return {split: names[split] for split in counts}


def _fits(names: object, count: int) -> bool:
    is_list = isinstance(names, list) and len(names) == count
    return is_list and all(isinstance(name, str) for name in names)  # type: ignore[attr-defined]


def _as_text(name: str) -> str:
    text = normalize(name)
    # Most names are ASCII, and need no copy.
    return text if text.isascii() else text.encode("utf-8", "backslashreplace").decode("utf-8")
