"""Values of a table that stand for a missing one."""

import numpy as np

# Lower case, as in files of pandas, R and the UCI repository.
MISSING_TEXTS = frozenset({"", "na", "n/a", "nan", "null", "none", "?"})
# Of pandas, which compare like no other value.
_MISSING_TYPES = frozenset({"NAType", "NaTType"})


def is_missing(value: object) -> bool:
    """Tell whether a value of a table, as people write it, stands for a missing one."""
    if isinstance(value, str):
        return value.strip().casefold() in MISSING_TEXTS
    if value is None or type(value).__name__ in _MISSING_TYPES:
        return True
    # NaN alone is not equal to itself.
    return isinstance(value, float | np.floating) and bool(value != value)  # noqa: PLR0124
