"""Labels as people write them, and the classes that they name."""

import re
from collections.abc import Callable, Iterable, Sequence

import numpy as np

from nncore.arrays import Array, Bytes
from nncore.errors import MAX_VALUE_LENGTH, DataError, as_line
from stages.shared.class_names import MAX_CLASSES, NAME_RULE, comparison_key, is_class_name

_INTEGER = re.compile(r"0|-?[1-9]\d{0,17}", re.ASCII)


def collect_labels(
    chunks: Iterable[Array],
    source: str,
    class_names: Sequence[str] | None = None,
    *,
    sample: str = "image",
    sample_number: Callable[[int], int] = int,
) -> tuple[tuple[str, ...], Bytes]:
    """Return the names of the classes and the labels as their indices.

    Integers are in numerical order, and other labels in the order of their code points.

    Parameters
    ----------
    chunks : (·,) arrays of integers or strings
    source : name of the labels, for messages
    class_names : the classes, for labels of a test set; otherwise the different labels
    sample : what a label belongs to, for messages
    sample_number : from the index of a label to the number of its sample, for messages

    Returns
    -------
    (names, labels) : names of at most `MAX_CLASSES` classes, and (n,) uint8

    Raises
    ------
    DataError
        There are no labels or too many classes, a name can't be written, two names differ only by
        case or Unicode form, or a label is not among `class_names`.
    """
    indices = {name: index for index, name in enumerate(class_names or ())}
    spellings: dict[str, str] = {}
    encoded = []
    count = 0
    for chunk in chunks:
        distinct, positions = np.unique(chunk, return_inverse=True)
        names = [str(label) for label in distinct.tolist()]
        for name, label in zip(names, distinct, strict=True):
            if name not in indices:
                number = sample_number(count + int(np.argmax(chunk == label)))
                if class_names is not None:
                    raise DataError(
                        f"{source}: expected the labels of the training {sample}s, "
                        f"got {name!r} for {sample} {number}; remove it, or train with it too"
                    )
                first = spellings.setdefault(comparison_key(name), name)
                _check_name(name, first, source, f"{sample} {number}")
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
    names = _sort_labels(indices)
    ranks = np.array([names.index(name) for name in indices], np.uint8)
    return tuple(names), ranks[np.concatenate(encoded)]


def _sort_labels(names: Iterable[str]) -> list[str]:
    """Return integers in numerical order, anything else in the order of its code points."""
    return sorted(names, key=int) if all(map(_INTEGER.fullmatch, names)) else sorted(names)


def _check_name(name: str, first: str, source: str, place: str) -> None:
    """Refuse a name that can't be written, or that is too like `first`, an earlier one."""
    if not is_class_name(name):
        got = as_line(repr(name), MAX_VALUE_LENGTH)
        raise DataError(f"{source}: expected labels of {NAME_RULE}, got {got} for {place}")
    if name != first:
        raise DataError(
            f"{source}: expected labels that differ by more than case and Unicode form, "
            f"got {first!r} and, for {place}, {name!r}; write both alike"
        )
