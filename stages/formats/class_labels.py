"""Labels as people write them, and the classes that they name."""

import re
import unicodedata
from collections.abc import Iterable, Sequence
from typing import Final

import numpy as np

from nncore.arrays import Array, Bytes
from nncore.errors import DataError

# A label is a byte in data/raw.
MAX_CLASSES: Final = 256
MAX_NAME_LENGTH: Final = 200

_INTEGER = re.compile(r"0|-?[1-9]\d{0,17}", re.ASCII)
# Unicode's control characters, halves of surrogate pairs, line and paragraph separators. Python's
# `isprintable` refuses joiners too, which several scripts need.
_UNPRINTABLE = {"Cc", "Cs", "Zl", "Zp"}


def collect_labels(
    chunks: Iterable[Array], source: str, class_names: Sequence[str] | None = None
) -> tuple[tuple[str, ...], Bytes]:
    """Return the names of the classes and the labels as their indices.

    Integers are in numerical order, and other labels in the order of their code points.

    Parameters
    ----------
    chunks : (·,) arrays of integers or strings
    source : name of the labels, for messages
    class_names : the classes, for labels of a test set; otherwise the different labels

    Returns
    -------
    (names, labels) : names of at most `MAX_CLASSES` classes, and (n,) uint8

    Raises
    ------
    DataError
        There are no labels or too many classes, a name can't be written, or a label is not among
        `class_names`.
    """
    indices = {name: index for index, name in enumerate(class_names or ())}
    encoded = []
    count = 0
    for chunk in chunks:
        distinct, positions = np.unique(chunk, return_inverse=True)
        names = [str(label) for label in distinct.tolist()]
        for name, label in zip(names, distinct, strict=True):
            if name not in indices:
                row = count + int(np.argmax(chunk == label))
                if class_names is not None:
                    raise DataError(
                        f"{source}: expected the labels of the training images, "
                        f"got {name!r} for image {row}"
                    )
                _check_name(name, source, row)
                indices[name] = len(indices)
        if len(indices) > MAX_CLASSES:
            raise DataError(
                f"{source}: expected at most {MAX_CLASSES} different labels, got more; "
                "labels name classes"
            )
        encoded.append(np.array([indices[name] for name in names], np.uint8)[positions])
        count += len(chunk)
    if not encoded:
        raise DataError(f"{source}: expected at least one, got none")
    if class_names is not None:
        return tuple(class_names), np.concatenate(encoded)
    names = _ordered(indices)
    ranks = np.array([names.index(name) for name in indices], np.uint8)
    return tuple(names), ranks[np.concatenate(encoded)]


def is_printable(name: str) -> bool:
    """Return whether the name of a class is text in one line, in any script."""
    return not {unicodedata.category(character) for character in name} & _UNPRINTABLE


def _ordered(names: Iterable[str]) -> list[str]:
    """Return integers in numerical order, anything else in the order of its code points."""
    return sorted(names, key=int) if all(map(_INTEGER.fullmatch, names)) else sorted(names)


def _check_name(name: str, source: str, row: int) -> None:
    if not name.strip() or len(name) > MAX_NAME_LENGTH or not is_printable(name):
        raise DataError(
            f"{source}: expected labels of 1 to {MAX_NAME_LENGTH} characters in one line, "
            f"got {name[:MAX_NAME_LENGTH]!r} for image {row}"
        )
