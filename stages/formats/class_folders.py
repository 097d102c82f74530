"""The classes of files that lie in class folders, which may lie in the folders train and test."""

from pathlib import Path, PurePosixPath
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from nncore.arrays import Bytes, Indices
from nncore.data.listing import normalize
from nncore.errors import MAX_VALUE_LENGTH, as_line
from stages.formats.dataset import FetchError
from stages.formats.listing import LeftOut
from stages.shared.class_names import MAX_CLASSES, NAME_RULE, is_class_name

_VALIDATION: Final = frozenset({"val", "valid", "validation"})
# A folder of such a name that holds folders of pictures is no class.
_NAMES_OF_SPLITS: Final = _VALIDATION | {"train", "test"}


class LabelledFiles(NamedTuple):
    """Files and their classes.

    Attributes
    ----------
    files : relative POSIX paths, in order
    labels : (n,) uint8, index of the class in `class_names`
    is_test : (n,) bool, whether a file is in the folder of test pictures; None without one
    class_names : NFC-normalised names of the class folders, in code-point order
    test_folder : the folder of test pictures in lower case: test or, in its place, val; None
        without
    """

    files: list[str]
    labels: Bytes
    is_test: NDArray[np.bool_] | None
    class_names: tuple[str, ...]
    test_folder: str | None

    def select(self, rows: Indices) -> "LabelledFiles":
        """Return the files at `rows`."""
        is_test = None if self.is_test is None else self.is_test[rows]
        files = [self.files[row] for row in rows]
        return self._replace(files=files, labels=self.labels[rows], is_test=is_test)


def label_files(
    root: Path, files: list[str], folders: list[str], left_out: LeftOut
) -> LabelledFiles:
    """Return the files that lie in class folders, or deeper, with their classes.

    If there are the folders train and test, the class folders are those in them, else those in
    `root`. If test holds no such folders, val takes its place. A class folder may be empty.

    Parameters
    ----------
    files, folders : relative POSIX paths of all files and folders below `root`
    left_out : receives the files in no class folder

    Raises
    ------
    FetchError
        Fewer than 2 classes or more than 256, or a name is not printable, not unique or that of a
        split.
    """
    test_folder = _test_folder(files, folders)
    splits = () if test_folder is None else ("train", test_folder)
    depth = 1 if splits else 0
    names = sorted(
        {
            normalize(parts[depth])
            for parts in map(_parts, folders)
            if len(parts) == depth + 1 and (not splits or _split(parts) in splits)
        }
    )
    _check_splits(root, files, splits)
    _check_names(root, names)
    labels = {name: label for label, name in enumerate(names)}
    labelled: list[tuple[str, int, bool]] = []
    for path in files:
        parts = _parts(path)
        if splits and _split(parts) not in splits:
            left_out.add(path, f"in neither of {' and '.join(splits)}")
        elif len(parts) < depth + 2:
            left_out.add(path, "in no class folder")
        else:
            labelled.append((path, labels[normalize(parts[depth])], _split(parts) == test_folder))
    return LabelledFiles(
        [path for path, _, _ in labelled],
        np.array([label for _, label, _ in labelled], np.uint8),
        np.array([is_test for _, _, is_test in labelled], np.bool_) if splits else None,
        tuple(names),
        test_folder,
    )


def _parts(path: str) -> tuple[str, ...]:
    return PurePosixPath(path).parts


def _split(parts: tuple[str, ...]) -> str:
    return normalize(parts[0]).casefold()


def _test_folder(files: list[str], folders: list[str]) -> str | None:
    """Return the folder of test pictures beside train; None if the folders are those of classes.

    The test pictures of ImageNet and of competitions have no labels, so val takes their place.
    """
    # Of classes with these names, the pictures would lie in the folders themselves.
    deep = {_split(parts) for parts in map(_parts, files) if len(parts) > 2}
    others = sorted(_VALIDATION & deep)
    if "train" in deep and "test" not in deep and len(others) == 1:
        return others[0]
    tops = {normalize(folder).casefold() for folder in folders if "/" not in folder}
    return "test" if tops.issuperset({"train", "test"}) else None


def _check_splits(root: Path, files: list[str], splits: tuple[str, ...]) -> None:
    """Refuse class folders such as valid and val, whose classes are the folders in them."""
    depth = 1 if splits else 0
    paths = (parts for parts in map(_parts, files) if not splits or _split(parts) in splits)
    found = sorted(
        {
            "/".join(parts[: depth + 1])
            for parts in paths
            if len(parts) > depth + 2 and normalize(parts[depth]).casefold() in _NAMES_OF_SPLITS
        }
    )
    if not found:
        return
    remedy = f"set fetch.path to {root / found[0]}"
    if len(found) > 1:
        remedy = "rename them to train and test, or set fetch.path to one of them"
    raise FetchError(
        as_line(
            f"{root}: expected folders of classes, or train and test with these in each, "
            f"got folders in {' and '.join(found)}; {remedy}"
        )
    )


def _check_names(root: Path, names: list[str]) -> None:
    if not 2 <= len(names) <= MAX_CLASSES:
        got = f"{len(names)}: {names[0]}" if len(names) == 1 else str(len(names))
        remedy = "; fetch.path is the folder that holds the folders of the classes"
        if not names:
            remedy += ", and fetch.custom names IDX files"
        raise FetchError(
            as_line(
                f"{root}: expected 2 to {MAX_CLASSES} folders with the names of the classes, "
                f"got {got}{remedy if len(names) < 2 else ''}"
            )
        )
    folded: dict[str, str] = {}
    for name in names:
        if not is_class_name(name):
            got = as_line(repr(name), MAX_VALUE_LENGTH)
            raise FetchError(
                f"{root}: expected names of the class folders of {NAME_RULE}, got {got}; "
                "rename this folder"
            )
        other = folded.setdefault(normalize(name.casefold()), name)
        if other != name:
            raise FetchError(
                f"{root}: expected names of classes that differ by more than case, got {other!r} "
                f"and {name!r}; rename one of them"
            )
