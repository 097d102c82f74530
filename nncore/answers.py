"""What a model says of files of images: as tables, as JSON values, as CSV."""

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from nncore.model import Prediction

BEST = 3


class Answer(NamedTuple):
    """What a model says of a file: of its one picture, or of each image of a set."""

    file: Path
    is_set: bool
    prediction: Prediction


def tables(names: Sequence[str], answers: Iterable[Answer]) -> Iterator[str]:
    """Yield a table of all pictures, then one for each set.

    Parameters
    ----------
    names : of the classes, in order
    """
    answers = list(answers)
    header = ("image", "class", "confidence", "second", "", "third", "")
    pictures: list[tuple[str, ...]] = []
    for file, is_set, prediction in answers:
        if not is_set:
            best = [(names[label], _percent(share)) for label, share in _best(prediction, 0)]
            pictures.append((str(file), *chain.from_iterable(best)))
    if pictures:
        # A model may have fewer classes than columns are meant for.
        yield aligned([header[: len(pictures[0])], *pictures], "<<><><>")
    for file, is_set, prediction in answers:
        if is_set:
            title = f"{_shown(str(file))}: {len(prediction.classes):,} images"
            yield f"{title}\n{_counts(names, prediction)}"


def json_values(names: Sequence[str], answers: Iterable[Answer]) -> Iterator[dict[str, Any]]:
    """Yield what is said of each image; a picture has no index."""
    for file, is_set, prediction in answers:
        for index in range(len(prediction.classes)):
            best = [(names[label], _rounded(share)) for label, share in _best(prediction, index)]
            yield {
                "file": str(file),
                "index": index if is_set else None,
                "class": best[0][0],
                "confidence": best[0][1],
                "best": [{"class": name, "probability": share} for name, share in best],
            }


def csv_text(names: Sequence[str], answers: Iterable[Answer]) -> str:
    """Return a line for each image, with the probabilities of all classes."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["file", "index", "class", "confidence", *(f"p_{name}" for name in names)])
    for file, is_set, (classes, confidence, probabilities) in answers:
        numbers = np.column_stack([confidence, probabilities]).tolist()
        for index, (label, row) in enumerate(zip(classes, numbers, strict=True)):
            place = index if is_set else None
            writer.writerow([file, place, names[label], *map(_rounded, row)])
    return text.getvalue()


def aligned(rows: Sequence[Sequence[str]], sides: str) -> str:
    """Return a table with two spaces between columns.

    Parameters
    ----------
    rows : of equally many cells
    sides : < or > for each column: to which side its cells are moved
    """
    shown = [[_shown(cell) for cell in row] for row in rows]
    widths = [max(map(len, column)) for column in zip(*shown, strict=True)]
    formats = [f"{side}{width}" for side, width in zip(sides, widths, strict=False)]
    return "\n".join("  ".join(map(format, row, formats)).rstrip() for row in shown)


def _best(prediction: Prediction, index: int) -> list[tuple[int, float]]:
    """Return an image's likeliest classes and their probabilities, the predicted one first."""
    probabilities = prediction.probabilities[index]
    # Clipping may have made another class as likely as the predicted one.
    others = np.arange(len(probabilities)) != prediction.classes[index]
    order = np.lexsort((others, -probabilities))[:BEST]
    return [(int(label), float(probabilities[label])) for label in order]


def _counts(names: Sequence[str], prediction: Prediction) -> str:
    """Return a table of the classes that a model has seen in a set."""
    classes, confidence, _ = prediction
    counts = np.bincount(classes, minlength=len(names))
    sums = np.bincount(classes, weights=confidence, minlength=len(names))
    rows = [("class", "images", "share", "mean confidence")]
    for name, count, total in zip(names, counts, sums, strict=True):
        mean = _percent(total / count) if count else ""
        rows.append((name, f"{count:,}", _percent(count / len(classes)), mean))
    return aligned(rows, "<>>>")


def _percent(share: float) -> str:
    return f"{100 * share:.1f} %"


def _rounded(share: float) -> float:
    """Return six significant digits: enough to compare, too few to show a processor's last bits."""
    return float(f"{share:.6g}")


def _shown(text: str) -> str:
    """Return `text` without what a terminal would obey."""
    return text if text.isprintable() else repr(text)
