"""The names of the files that hold equal images, for data.json; of many, the first ones."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

import numpy as np

from nncore.arrays import Bytes, Indices
from nncore.data.inspection import find_contradictions
from stages.shared.file_names import Names

# Groups of equal images of each sort, and files of a group: a folder may hold thousands of copies.
MAX_GROUPS: Final = 20
MAX_FILES: Final = 5
Groups = list[list[str]]


def name_copies(
    numbers: Mapping[str, Indices], labels: Mapping[str, Bytes], files: Names
) -> dict[str, Any]:
    """Return the names of the files of equal images, by the keys of their counts in data.json.

    Parameters
    ----------
    numbers : (n,) for each split, from `nncore.data.inspection.number_images`: equal images have
        equal numbers
    labels : (n,) the classes of the same images
    files : names of the files of the same images

    Returns
    -------
    groups of names : of contradicting labels, the first file of each label; of an image that
        another split has too, its file and the first one there; of copies within a split, the
        first `MAX_FILES`
    """

    def pairs(split: str, other: str) -> Groups:
        rows = np.flatnonzero(np.isin(numbers[split], numbers[other]))[:MAX_GROUPS].tolist()
        copies = [int((numbers[other] == numbers[split][row]).argmax()) for row in rows]
        return [
            [files[split][row], files[other][copy]] for row, copy in zip(rows, copies, strict=True)
        ]

    return {
        "contradicting_labels": _contradictions(numbers, labels, files),
        "test_in_train": pairs("test", "train"),
        "test_in_validation": pairs("test", "validation"),
        "validation_in_train": pairs("validation", "train"),
        "within": {split: _within(numbers[split], files[split]) for split in numbers},
    }


def _contradictions(
    numbers: Mapping[str, Indices], labels: Mapping[str, Bytes], files: Names
) -> Groups:
    all_numbers = np.concatenate(list(numbers.values()))
    all_labels = np.concatenate([labels[split] for split in numbers])
    names = [name for split in numbers for name in files[split]]
    contradicting = all_numbers[find_contradictions(all_numbers, all_labels)]
    first = np.sort(np.unique(contradicting, return_index=True)[1])[:MAX_GROUPS]
    groups = []
    for number in contradicting[first]:
        rows = np.flatnonzero(all_numbers == number)
        of_labels = np.sort(np.unique(all_labels[rows], return_index=True)[1])[:MAX_FILES]
        groups.append([names[row] for row in rows[of_labels].tolist()])
    return groups


def _within(numbers: Indices, files: Sequence[str]) -> Groups:
    _, first, counts = np.unique(numbers, return_index=True, return_counts=True)
    rows = np.sort(first[counts > 1])[:MAX_GROUPS]
    groups = (np.flatnonzero(numbers == numbers[row])[:MAX_FILES].tolist() for row in rows)
    return [[files[row] for row in group] for group in groups]
