"""Which settings a sweep tries: all of a grid, so many at random, or those that are listed."""

import itertools
import math

import numpy as np
from pydantic import JsonValue

from stages.sweeps.settings import Assignment, Domain, Range, SearchSettings

# Of a number that is drawn: the C library's exp and log, whose last bits differ from machine to
# machine, must not decide what is trained; and a person can type it.
DIGITS = 4


def grid(space: dict[str, Domain]) -> list[Assignment]:
    """Return every combination of lists of values; the last parameter changes fastest."""
    values = [domain for domain in space.values() if not isinstance(domain, Range)]
    return [dict(zip(space, chosen, strict=True)) for chosen in itertools.product(*values)]


def random(space: dict[str, Domain], search: SearchSettings) -> list[Assignment]:
    """Return settings drawn independently; more trials begin with those of fewer."""
    rng = np.random.default_rng(search.seed)
    return [
        {key: _drawn(domain, rng.random()) for key, domain in space.items()}
        for _ in range(search.trials)
    ]


def tidy(value: float, domain: Range) -> float:
    """Return `value` with `DIGITS` significant digits, inside its range; a whole one as it is."""
    if isinstance(value, int):
        return value
    return min(max(float(f"{value:.{DIGITS}g}"), domain.low), domain.high)


def _drawn(domain: Domain, share: float) -> JsonValue:
    """Return the value that lies at `share`, in [0, 1), of the way through a domain."""
    if not isinstance(domain, Range):
        return domain[int(share * len(domain))]
    low, high = domain.low, domain.high
    whole = isinstance(low, int) and isinstance(high, int)
    if whole:
        # A whole number n is all from n - 1/2 to n + 1/2.
        low, high = low - 0.5, high + 0.5
    if domain.log:
        value = math.exp(math.log(low) + share * (math.log(high) - math.log(low)))
    else:
        value = low + share * (high - low)
    if whole:
        return min(max(round(value), round(domain.low)), round(domain.high))
    return tidy(value, domain)
