"""Samplers of settings: a grid, and random draws; Optuna's is in `optuna_search`."""

import itertools
from decimal import Decimal

import numpy as np
from pydantic import JsonValue

from stages.sweeps.settings import Assignment, Domain, Range, SearchSettings

# Few enough to type.
SIGNIFICANT_DIGITS = 4


def grid(space: dict[str, Domain]) -> list[Assignment]:
    """Return all combinations of the lists of values; the last parameter changes fastest."""
    values = [domain for domain in space.values() if not isinstance(domain, Range)]
    return [
        dict(zip(space, combination, strict=True)) for combination in itertools.product(*values)
    ]


def random(space: dict[str, Domain], search: SearchSettings) -> list[Assignment]:
    """Return independent random settings; more trials begin with the settings of fewer."""
    rng = np.random.default_rng(search.seed)
    return [
        {key: _value_at_fraction(domain, rng.random()) for key, domain in space.items()}
        for _ in range(search.trials)
    ]


def round_to_range(value: float, domain: Range) -> float:
    """Return `value` rounded to `SIGNIFICANT_DIGITS`, but within its range."""
    return min(max(float(f"{value:.{SIGNIFICANT_DIGITS}g}"), domain.low), domain.high)


def _value_at_fraction(domain: Domain, fraction: float) -> JsonValue:
    """Return the value at `fraction`, in [0, 1), of the way through a domain."""
    if not isinstance(domain, Range):
        return domain[int(fraction * len(domain))]
    low, high = domain.low, domain.high
    is_integer = isinstance(low, int) and isinstance(high, int)
    if is_integer:
        # An integer n stands for the interval from n - 1/2 to n + 1/2.
        low, high = low - 0.5, high + 0.5
    if domain.log:
        # Decimal's functions give the same digits everywhere, which the C library's need not.
        start, end = Decimal(low).ln(), Decimal(high).ln()
        value = float((start + Decimal(fraction) * (end - start)).exp())
    else:
        value = low + fraction * (high - low)
    if is_integer:
        return min(max(round(value), round(domain.low)), round(domain.high))
    return round_to_range(value, domain)
