"""Numbers as text: the forms of scripts/view/numbers.js, for what Python writes into the page."""

import re
from typing import Final

from nncore.data.target import Target

# A number of so many digits before the point has commas. A year has none.
MIN_GROUPED: Final = 1e4
# Below, a number has an exponent.
MIN_PLAIN: Final = 1e-3
# From here on, a number beside an axis has an exponent: it would be too wide.
MIN_EXPONENTIAL: Final = 1e8
# No prediction is certain, so none is shown as 100.0 %.
_ALMOST_CERTAIN = 0.9995
_EXPONENT = re.compile(r"e([-+])0*(?=\d)")
_WHOLE_DIGITS = re.compile(r"(?<![\d.])\d{5,}")


def typeset(text: str) -> str:
    """Return a number that Python wrote with a minus sign, and with no 0 before its exponent.

    A line may break after a hyphen, but not after a minus sign.
    """
    return _EXPONENT.sub(r"e\1", text).replace("-", "\N{MINUS SIGN}")


def grouped(text: str) -> str:
    """Return a number with commas in five and more digits before its point, typeset."""
    return _WHOLE_DIGITS.sub(lambda digits: f"{int(digits[0]):,}", typeset(text))


def format_number(value: float, digits: int = 4) -> str:
    """Return a number with significant digits, or with all before its point.

    A small number has an exponent and at most three digits.
    """
    size = abs(value)
    if value == int(value) or size >= MIN_GROUPED:
        return grouped(f"{value:.0f}" if size < 1e15 else f"{value:.{digits - 1}e}")
    if size >= MIN_PLAIN:
        return typeset(f"{value:.{digits}g}")
    return typeset(f"{value:.{min(digits, 3) - 1}e}")


def format_count(value: float) -> str:
    """Return a number of things: a whole number with commas."""
    return f"{value:,.0f}"


def target_text(target: Target, number: float) -> str:
    """Return a number in the unit of the target, with the digits that its deviation leaves."""
    return grouped(target.as_text(number))


def tick_text(value: float) -> str:
    """Return a number for a place beside an axis."""
    if abs(value) < MIN_EXPONENTIAL:
        # Prices of some millions may differ in their fourth digit.
        return grouped(f"{value:.8g}")
    return typeset(f"{value:.2g}")


def confidence_text(confidence: float) -> str:
    """Return the probability of a predicted class in per cent."""
    return f"{100 * confidence:.1f} %" if confidence < _ALMOST_CERTAIN else "> 99.9 %"
