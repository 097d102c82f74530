"""Checks of settings: one line with the setting's name, what was expected and what was got."""

import sys
from typing import get_args

from nncore.errors import NncoreError

# Read by pydantic where params.yaml is checked: no unknown key, no silent conversion.
STRICT = {"extra": "forbid", "strict": True, "allow_inf_nan": False}


class SettingsError(NncoreError):
    """A setting out of its range, or at odds with another."""


def require(holds: object, name: str, expected: str, got: object) -> None:
    """Raise `SettingsError` unless `holds`."""
    if not holds:
        shown = list(got) if isinstance(got, tuple) else got
        raise SettingsError(f"{name} must be {expected}, got {shown!r}")


def require_choice(name: str, choices: object, got: object) -> None:
    """Require that `got` is one of a `Literal`'s values."""
    allowed = get_args(choices)
    require(got in allowed, name, f"one of {', '.join(allowed)}", got)


def require_at_least(name: str, least: float, got: float) -> None:
    """Require a finite number of at least `least`."""
    _require_number(name, got)
    require(_finite(got) and got >= least, name, f"at least {least}", got)


def require_count(name: str, least: int, got: int) -> None:
    """Require an integer of at least `least`."""
    require(type(got) is int, name, "an integer", got)
    require(got >= least, name, f"at least {least}", got)


def require_finite(name: str, got: float) -> None:
    """Require a finite number."""
    _require_number(name, got)
    require(_finite(got), name, "finite", got)


def require_above_zero(name: str, got: float) -> None:
    """Require a finite number above 0."""
    _require_number(name, got)
    require(_finite(got) and got > 0, name, "a finite number above 0", got)


def require_share(name: str, got: float) -> None:
    """Require a number in [0, 1)."""
    _require_number(name, got)
    require(0 <= got < 1, name, "at least 0 and below 1", got)


def _require_number(name: str, got: object) -> None:
    good = isinstance(got, int | float) and not isinstance(got, bool)
    require(good, name, "a number", got)


def _finite(got: float) -> bool:
    # A comparison, because an integer may be too large to become a float.
    return abs(got) <= sys.float_info.max
