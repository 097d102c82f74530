"""Values of a table as people write them: numbers, categories, and missing ones."""

import math
import unicodedata
from collections.abc import Sequence
from typing import Any

import numpy as np

from nncore.arrays import Doubles

# In lower case, as in files of pandas, R and the UCI repository.
MISSING_TEXTS = frozenset({"", "na", "n/a", "nan", "null", "none", "?"})
_MAX_LENGTH = max(map(len, MISSING_TEXTS))
# Of pandas, which is optional.
_MISSING_TYPES = frozenset({"NAType", "NaTType"})


def is_missing(value: object) -> bool:
    """Tell whether a value stands for a missing one."""
    if isinstance(value, str):
        text = value.strip()
        return len(text) <= _MAX_LENGTH and text.casefold() in MISSING_TEXTS
    if value is None or type(value).__name__ in _MISSING_TYPES:
        return True
    return isinstance(value, float | np.floating) and math.isnan(value)


def as_numbers(values: Sequence[Any]) -> Doubles | None:
    """Return (n,) numbers, NaN where one is missing, or None if a value is no finite number."""
    try:
        numbers = np.array(values, np.float64)
    except (TypeError, ValueError, OverflowError):
        present = [math.nan if is_missing(value) else value for value in values]
        try:
            numbers = np.array(present, np.float64)
        except (TypeError, ValueError, OverflowError):
            return None
    return None if np.isinf(numbers).any() else numbers


def as_category(value: object) -> str:
    """Return the text of a value that names a category; that of 3.0 is 3, as of an integer.

    An é of two code points becomes one, because people see no difference.
    """
    if isinstance(value, float | np.floating) and float(value).is_integer():
        return str(int(value))
    text = str(value).strip()
    return text if text.isascii() else unicodedata.normalize("NFC", text)
