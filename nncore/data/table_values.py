"""Values of a table as people write them: numbers, categories, and missing ones."""

import math
import unicodedata
from collections.abc import Sequence
from typing import Any

import numpy as np

from nncore.arrays import Doubles

# In lower case; pandas, R and the files of the UCI repository write these.
MISSING_TEXTS = frozenset({"", "na", "n/a", "nan", "null", "none", "?"})
_MAX_LENGTH = max(map(len, MISSING_TEXTS))
# Names of pandas' types, because pandas is optional.
_MISSING_TYPES = frozenset({"NAType", "NaTType"})


def is_missing(value: object) -> bool:
    """Return whether a value stands for a missing one, as in files and data frames."""
    if isinstance(value, str):
        text = value.strip()
        return len(text) <= _MAX_LENGTH and text.casefold() in MISSING_TEXTS
    if value is None or type(value).__name__ in _MISSING_TYPES:
        return True
    return isinstance(value, float | np.floating) and math.isnan(value)


def as_numbers(values: Sequence[Any]) -> Doubles | None:
    """Return (n,) numbers, NaN where one is missing, or None if a value is no finite number.

    A text such as 2026_11 is no number: people mean two numbers or a name by it.
    """
    try:
        numbers = np.array(values, np.float64)
    except (TypeError, ValueError, OverflowError):
        present = [math.nan if is_missing(value) else value for value in values]
        try:
            numbers = np.array(present, np.float64)
        except (TypeError, ValueError, OverflowError):
            return None
    is_number = np.isfinite(numbers)
    are_read = is_number.all() or all(
        is_missing(values[row]) for row in np.flatnonzero(~is_number).tolist()
    )
    # Python reads 2026_11 as 202611, and so does NumPy.
    return numbers if are_read and not _have_underscores(values) else None


def _have_underscores(values: Sequence[Any]) -> bool:
    try:
        # Values of a file are all texts: this is faster than a test of each.
        return "_" in "".join(values)
    except TypeError:
        return any(isinstance(value, str) and "_" in value for value in values)


def as_category(value: object) -> str:
    """Return the text of a value that names a category; 3.0 gives 3, like the integer.

    An é of two code points becomes one code point, because people see no difference.
    """
    if isinstance(value, float | np.floating) and float(value).is_integer():
        return str(int(value))
    text = str(value).strip()
    return text if text.isascii() else unicodedata.normalize("NFC", text)
