"""Values of a table's columns as texts for people, from the inputs of a network."""

from decimal import Decimal

import numpy as np

from nncore.arrays import Floats
from nncore.data.columns import CategoricalColumn, Column, NumericColumn, TableColumns

MISSING = "missing"
OTHER = "another"
# Significant digits: float32 has seven, so a value with at most six is shown unchanged.
DIGITS = 6


def column_values(columns: TableColumns, inputs: Floats) -> list[tuple[str, ...]]:
    """Return the values of each row as texts, in the order of the columns.

    A missing value is `MISSING`; a category that no training row has is `OTHER`. A missing number
    of a column without missing numbers in training reads as the mean.

    Parameters
    ----------
    inputs : (n, inputs) as `TableColumns.encode` returns them
    """
    pairs = zip(columns.columns, columns.input_slices, strict=True)
    texts = [_texts(column, inputs[:, span]) for column, span in pairs]
    return list(zip(*texts, strict=True))


def _texts(column: Column, inputs: Floats) -> list[str]:
    if isinstance(column, NumericColumn):
        deviations = inputs[:, 0].astype(np.float64) * column.std
        missing = inputs[:, 1] == 1 if column.has_missing else np.zeros(len(inputs), bool)
        return [
            MISSING if absent else _number(deviation, column.mean)
            for deviation, absent in zip(deviations.tolist(), missing.tolist(), strict=True)
        ]
    return [_category(column, row) for row in inputs]


def _category(column: CategoricalColumn, row: Floats) -> str:
    names = (*column.categories, *([MISSING] if column.has_missing else []))
    return names[int(row.argmax())] if row.any() else OTHER


def _number(deviation: float, mean: float) -> str:
    """Return the sum as a text, without the digits that are float32's rounding error."""
    number = deviation + mean
    # The error is relative to the larger of the two: else a 0 among large numbers would not be 0.
    largest = max(abs(number), abs(deviation))
    if not largest:
        return "0"
    decimals = DIGITS - 1 - Decimal(largest).adjusted()
    # Adding 0 turns -0 into 0.
    return f"{round(number, decimals) + 0.0:.{DIGITS}g}"
