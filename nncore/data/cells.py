"""Cells of a table, as people write them and as data frames have them."""

import math
from collections.abc import Mapping

import numpy as np

# Lower case, as in files of pandas, R and the UCI repository.
MISSING_TEXTS = frozenset({"", "na", "n/a", "nan", "null", "none", "?"})
# Of pandas, which compare like no other value.
_MISSING_TYPES = frozenset({"NAType", "NaTType"})


def is_missing(value: object) -> bool:
    """Tell whether the value of a cell stands for a missing one."""
    if isinstance(value, str):
        return value.strip().casefold() in MISSING_TEXTS
    if value is None or type(value).__name__ in _MISSING_TYPES:
        return True
    # NaN alone is not equal to itself.
    return isinstance(value, float | np.floating) and bool(value != value)  # noqa: PLR0124


def find_category(value: object, index_of: Mapping[str, float], unseen: float) -> float:
    """Return the index of a cell's category; NaN where it is missing, `unseen` where unknown.

    A file has 3 and true where a data frame has 3.0 and True, or the other way round.
    """
    if is_missing(value):
        return math.nan
    text = str(value)
    if isinstance(value, str) or text in index_of:
        return index_of.get(text, unseen)
    if isinstance(value, bool | np.bool_):
        return index_of.get(text.lower(), unseen)
    return index_of.get(text.removesuffix(".0") if text.endswith(".0") else f"{text}.0", unseen)
