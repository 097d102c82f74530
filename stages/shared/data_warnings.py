"""Likely mistakes in the data: a line for each, with its remedy."""

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from nncore.errors import as_line

# The least number of training samples of a class, so that a network can learn it.
MIN_CLASS_SAMPLES = 10
# The ratio of the largest class to the smallest from which weights make a difference.
MAX_CLASS_RATIO = 4
# Names of classes in a line.
MAX_LISTED = 5
# Characters of a file's name in a line.
MAX_FILE_WIDTH = 80
# Characters of a name in a line.
MAX_LABEL_WIDTH = 40
SPLIT_NAMES = {"train": "training", "validation": "validation", "test": "test"}


def data_warnings(report: Mapping[str, Any], class_names: Sequence[str]) -> list[str]:
    """Return the warnings of what `describe_data` returns, the gravest first."""
    return [
        *_duplicates(report["duplicates"], report["images"]),
        *class_warnings(report["classes"], class_names),
        *_images(report["images"], report["shape"]),
    ]


def _example(files: Mapping[str, Any] | None, key: str) -> str:
    """Return the names of two files with equal images in parentheses, if they are known."""
    if not files:
        return ""
    first, second = (as_line(name, MAX_FILE_WIDTH) for name in files[key][0][:2])
    return f" (such as {first} and {second})"


def _duplicates(counts: Mapping[str, Any], images: Mapping[str, Any]) -> Iterator[str]:
    files = counts.get("files")
    for split, source in (("test", "train"), ("test", "validation"), ("validation", "train")):
        key = f"{split}_in_{source}"
        if count := counts[key]:
            name, other = SPLIT_NAMES[split], SPLIT_NAMES[source]
            yield (
                f"{count:,} of {images[split]['count']:,} {name} images are {other} images too"
                f"{_example(files, key)}, so the {name} accuracy is too high; remove them "
                "from one of the two sets"
            )
    if count := counts["contradicting_labels"]:
        yield (
            f"{count:,} images have a copy with another label"
            f"{_example(files, 'contradicting_labels')}, so no network gets all of them right; "
            "correct their labels, or remove them"
        )
    if copies := counts["within"]["train"]:
        example = _example(files and files["within"], "train")
        yield (
            f"{copies:,} of {images['train']['count']:,} training images are copies of another "
            f"one{example}, so they count more than once; remove them, unless that is meant"
        )


def class_warnings(
    classes: Mapping[str, Mapping[str, int]], names: Sequence[str], sample: str = "image"
) -> Iterator[str]:
    """Yield the warnings of classes with too few samples, or too many.

    Parameters
    ----------
    classes : by name, the number of samples of each split
    sample : image or row
    """
    train = [classes[name]["train"] for name in names]
    if not train[0] and all(train[1:]):
        yield (
            f"no training {sample} has the first label, of the class {_format_name(names[0])}; if "
            "the labels count from 1, subtract 1 from them"
        )
    elif empty := [name for name, count in zip(names, train, strict=True) if not count]:
        yield (
            f"no training {sample} is of {_format_classes(empty)}; add some, or leave these "
            "classes out"
        )
    few = [name for name, count in zip(names, train, strict=True) if 0 < count < MIN_CLASS_SAMPLES]
    if few:
        yield (
            f"fewer than {MIN_CLASS_SAMPLES} training {sample}s are of {_format_classes(few)}; add "
            f"{sample}s, or leave these classes out"
        )
    present = [count for count in train if count]
    if max(present) >= MAX_CLASS_RATIO * min(present):
        yield (
            f"the largest class has {max(present):,} training {sample}s and the smallest "
            f"{min(present):,}, so the large ones count for more, unless train.class_weight is "
            "balanced"
        )
    if absent := [name for name in names if not classes[name]["test"]]:
        yield (
            f"no test {sample} is of {_format_classes(absent)}, so nothing measures how well these "
            f"are recognized; move some of their training {sample}s to the test set, or raise "
            "fetch.test_size if fetch draws it"
        )


def _images(images: Mapping[str, Any], shape: Sequence[int]) -> Iterator[str]:
    train, test = images["train"], images["test"]
    if train["levels"] <= 2:
        levels = " and ".join(map(str, dict.fromkeys((train["lowest"], train["highest"]))))
        yield (
            f"the training images use {train['levels']} of 256 levels, {levels}; if they should be "
            "grey, write them with values from 0 to 255"
        )
    if not train["highest"] <= 4 * test["highest"] <= 16 * train["highest"]:
        yield (
            f"the training images have values up to {train['highest']}, the test images up to "
            f"{test['highest']}; write both with the same values"
        )
    pixels = math.prod(shape[:2])
    if 2 * train["constant_pixels"] > pixels:
        yield (
            f"{train['constant_pixels']:,} of {pixels:,} pixels are the same in all training "
            "images; crop the images to the other pixels"
        )
    for split, entry in images.items():
        if entry["blank"]:
            name = SPLIT_NAMES[split]
            of = f"{entry['blank']:,} of {entry['count']:,}"
            yield f"{of} {name} images are of one value alone; remove them"


def _format_classes(names: Sequence[str]) -> str:
    """Return names of classes, of many the first ones, as one printable text."""
    subject = "the class" if len(names) == 1 else f"{len(names):,} classes:"
    shown = ", ".join(map(_format_name, names[:MAX_LISTED]))
    return f"{subject} {shown}{', …' if len(names) > MAX_LISTED else ''}"


def _format_name(name: str) -> str:
    return as_line(name, MAX_LABEL_WIDTH)
