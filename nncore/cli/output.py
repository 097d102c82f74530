"""Predictions as text tables, JSON values and CSV; errors as lines."""

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain, groupby
from operator import attrgetter
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from nncore.arrays import Floats, Indices
from nncore.cli.picture_table import picture_table
from nncore.errors import as_line, escape_unprintable
from nncore.network.prediction import Prediction
from nncore.text_tables import format_table

MAX_CLASSES_PER_IMAGE = 3
PROBABILITY_DIGITS = 6


class FilePrediction(NamedTuple):
    """The prediction for a file: a picture, or a set of samples.

    Attributes
    ----------
    file : the file
    is_set : whether the file is a set of samples
    prediction : the prediction for all its samples
    folder : the folder below which a picture was found; None for a file that the user named
    """

    file: Path
    is_set: bool
    prediction: Prediction
    folder: Path | None = None


def as_text(
    names: Sequence[str], predictions: Iterable[FilePrediction], unit: str
) -> Iterator[str]:
    """Yield a table of the pictures, one for each folder of pictures, then one for each set.

    Pictures of a folder are named by their paths in it. Long names are cut: `as_json` and `as_csv`
    have the whole ones.

    Parameters
    ----------
    names : names of the classes, in order
    predictions : predictions for the files
    unit : what a set holds, in the plural
    """
    predictions = list(predictions)
    pictures = [entry for entry in predictions if not entry.is_set]
    for folder, entries in groupby(pictures, key=attrgetter("folder")):
        rows = [_picture_row(names, entry) for entry in entries]
        title = f"{escape_unprintable(str(folder))}: {len(rows):,} image{'s'[: len(rows) > 1]}\n"
        yield f"{title if folder else ''}{picture_table(rows)}"
    for file, is_set, prediction, _ in predictions:
        if is_set:
            title = f"{escape_unprintable(str(file))}: {len(prediction.classes):,} {unit}"
            counts = np.bincount(prediction.classes, minlength=len(names))
            sums = np.bincount(
                prediction.classes, weights=prediction.confidence, minlength=len(names)
            )
            yield f"{title}\n{class_table(names, counts, sums, unit)}"


def as_json(
    names: Sequence[str], predictions: Iterable[FilePrediction]
) -> Iterator[dict[str, Any]]:
    """Yield the JSON values of each sample; the index of a picture is None."""
    for file, is_set, prediction, _ in predictions:
        for index in range(len(prediction.classes)):
            yield {
                "file": str(file),
                "index": index if is_set else None,
                **class_values(names, prediction, index),
            }


def as_csv(names: Sequence[str], predictions: Iterable[FilePrediction]) -> str:
    """Return CSV with a row for each sample and the probabilities of all classes."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["file", "index", *class_header(names)])
    for file, is_set, prediction, _ in predictions:
        for index, cells in enumerate(class_cells(names, prediction)):
            writer.writerow([file, index if is_set else None, *cells])
    return text.getvalue()


def class_values(names: Sequence[str], prediction: Prediction, index: int) -> dict[str, Any]:
    """Return the JSON values of a sample: class, confidence and the most probable classes."""
    best = [
        {"class": names[label], "probability": round_probability(probability)}
        for label, probability in _best_classes(prediction, index)
    ]
    return {"class": best[0]["class"], "confidence": best[0]["probability"], "best": best}


def class_header(names: Sequence[str]) -> list[str]:
    """Return the header of `class_cells`."""
    return ["class", "confidence", *(f"p_{name}" for name in names)]


def class_cells(names: Sequence[str], prediction: Prediction) -> Iterator[list[Any]]:
    """Yield the cells of each sample in CSV: class, confidence and all probabilities."""
    classes, confidence, probabilities = prediction
    numbers = np.column_stack([confidence, probabilities]).tolist()
    for label, row in zip(classes.tolist(), numbers, strict=True):
        yield [names[label], *map(round_probability, row)]


def _picture_row(names: Sequence[str], entry: FilePrediction) -> list[str]:
    """Return a picture and its most probable classes, each followed by its probability."""
    name = entry.file.relative_to(entry.folder) if entry.folder else entry.file
    best = _best_classes(entry.prediction, 0)
    cells = [(names[label], format_percent(probability)) for label, probability in best]
    return [str(name), *chain.from_iterable(cells)]


def _best_classes(prediction: Prediction, index: int) -> list[tuple[int, float]]:
    """Return a sample's most probable classes with probabilities, the predicted class first."""
    probabilities = prediction.probabilities[index]
    # Clipping may have made another class as probable as the predicted class.
    others = np.arange(len(probabilities)) != prediction.classes[index]
    order = np.lexsort((others, -probabilities))[:MAX_CLASSES_PER_IMAGE]
    return [(int(label), float(probabilities[label])) for label in order]


def class_table(
    names: Sequence[str], counts: Floats | Indices, confidence: Floats | Indices, unit: str
) -> str:
    """Return a table of the predicted classes of a set.

    Parameters
    ----------
    counts, confidence : (classes,) number of samples of each predicted class, at least one in
        total, and the sum of their confidences
    unit : what the set holds, in the plural
    """
    rows = [("class", unit, "fraction", "mean confidence")]
    total = counts.sum()
    for name, count, confidence_sum in zip(names, counts, confidence, strict=True):
        mean = format_percent(confidence_sum / count) if count else ""
        rows.append((name, f"{count:,.0f}", format_percent(count / total), mean))
    return format_table(rows, "<>>>")


def format_percent(fraction: float) -> str:
    """Return a fraction as a percentage."""
    return f"{100 * fraction:.1f} %"


def round_probability(probability: float) -> float:
    """Round to `PROBABILITY_DIGITS` digits, which hides last bits that depend on the processor."""
    return float(f"{probability:.{PROBABILITY_DIGITS}g}")


def format_error(error: Exception) -> str:
    """Return an error as one printable line."""
    if isinstance(error, OSError) and error.filename:
        return as_line(f"{error.filename}: {error.strerror}")
    return as_line(str(error)) or type(error).__name__
