"""The predictions for the rows of a table as text, JSON values and CSV."""

import math
from collections.abc import Iterator
from typing import Any

import numpy as np

from nncore.arrays import Floats
from nncore.cli.output import (
    class_cells,
    class_header,
    class_table,
    class_values,
    format_percent,
    round_probability,
)
from nncore.model import Model
from nncore.network.prediction import Prediction
from nncore.text_tables import format_table

# Classes and their probabilities, or the numbers of a regression.
Predictions = Prediction | Floats

# Digits of a number in JSON and CSV, from the first digit of its target's std on; float32 has 7.
DIGITS_OF_FILE = 7


def text_header(model: Model) -> tuple[str, ...]:
    """Return the header of the rows of `text_rows`."""
    name = model.target.name if model.target else ""
    if not model.is_regression:
        return ("row", name or "class", "confidence")
    return ("row", name) if name else ("row", *_number_names(model))


def text_rows(model: Model, predictions: Predictions, first: int) -> Iterator[tuple[str, ...]]:
    """Yield row, class and confidence, or row and numbers, the first row's number being `first`."""
    if isinstance(predictions, Prediction):
        names = model.class_names
        pairs = zip(predictions.classes.tolist(), predictions.confidence.tolist(), strict=True)
        for row, (label, confidence) in enumerate(pairs, first):
            yield str(row), names[label], format_percent(confidence)
        return
    for row, numbers in enumerate(_as_rows(predictions), first):
        yield str(row), *(format_prediction(model, number) for number in numbers)


def json_rows(model: Model, predictions: Predictions, first: int) -> Iterator[dict[str, Any]]:
    """Yield the JSON values of each row, without its file."""
    if isinstance(predictions, Prediction):
        names = model.class_names
        for index in range(len(predictions.classes)):
            yield {"row": first + index, **class_values(names, predictions, index)}
        return
    for row, numbers in enumerate(_as_rows(predictions), first):
        rounded = [_round(model, number, DIGITS_OF_FILE) for number in numbers]
        yield {"row": row, "prediction": rounded[0] if len(rounded) == 1 else rounded}


def csv_header(model: Model) -> list[str]:
    """Return the header of the rows of `csv_rows`."""
    if model.is_regression:
        return ["row", *_number_names(model)]
    return ["row", *class_header(model.class_names)]


def csv_rows(model: Model, predictions: Predictions, first: int) -> Iterator[list[Any]]:
    """Yield the cells of each row, with the probabilities of all classes."""
    if isinstance(predictions, Prediction):
        for row, cells in enumerate(class_cells(model.class_names, predictions), first):
            yield [row, *cells]
        return
    for row, numbers in enumerate(_as_rows(predictions), first):
        yield [row, *(_round(model, number, DIGITS_OF_FILE) for number in numbers)]


class Summary:
    """How often each class was predicted, or the range of the numbers, over many rows."""

    def __init__(self, model: Model) -> None:
        self._model = model
        self._rows = 0
        self._counts, self._confidence = np.zeros((2, len(model.labels)))
        self._lowest, self._highest = math.inf, -math.inf

    def add(self, predictions: Predictions) -> None:
        """Count the predictions for some rows."""
        if isinstance(predictions, Prediction):
            classes, confidence, _ = predictions
            count = len(self._counts)
            self._counts += np.bincount(classes, minlength=count)
            self._confidence += np.bincount(classes, confidence, count)
        else:
            self._rows += len(predictions)
            self._lowest = min(self._lowest, float(predictions.min()))
            self._highest = max(self._highest, float(predictions.max()))

    def text(self) -> str:
        """Return the table."""
        model = self._model
        if model.is_regression:
            ends = (format_prediction(model, end) for end in (self._lowest, self._highest))
            return format_table([("rows", "lowest", "highest"), (f"{self._rows:,}", *ends)], ">")
        return class_table(model.class_names, self._counts, self._confidence, "rows")


def format_prediction(model: Model, number: float) -> str:
    """Return a regression's number for people, with digits that suit its target's std."""
    if model.target is None:
        return f"{number:.6g}"
    return model.target.as_text(number)


def _round(model: Model, number: float, digits: int) -> float:
    """Round to so many digits of the target's std."""
    if model.target is None:
        return round_probability(number)
    return model.target.rounded(number, digits)


def _number_names(model: Model) -> list[str]:
    outputs = model.network.outputs
    if outputs == 1:
        return ["prediction"]
    return [f"prediction_{number}" for number in range(1, outputs + 1)]


def _as_rows(numbers: Floats) -> list[list[float]]:
    rows: list[list[float]] = numbers.reshape(len(numbers), -1).tolist()
    return rows
