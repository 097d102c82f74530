"""Numbers as text: the forms of scripts/view/numbers.js, for what Python writes into the page."""

import math
import re
from decimal import ROUND_HALF_UP, Decimal, localcontext
from typing import Final

from nncore.data.target import Target

# A smaller number has an exponent, and so has one from MAX_PLAIN on.
MIN_PLAIN_EXPONENT: Final = -3
MAX_PLAIN: Final = 1e15
# Digits of a number with an exponent.
MAX_EXPONENTIAL_DIGITS: Final = 3
# From here on, a number beside an axis has an exponent: it would be too wide.
MIN_EXPONENTIAL: Final = 1e8
# No line breaks within a percentage.
_SPACE = "\N{NO-BREAK SPACE}"
PERCENT: Final = f"{_SPACE}%"
_EXPONENT = re.compile(r"e([-+])0*(?=\d)")
# A number of five digits before the point has commas. A year has none.
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

    The rounded number decides on its form. A number below 0.001, or from 10^15 on, has an exponent
    and at most three digits.
    """
    if not value:
        return "0"
    short = _rounded(value, f".{min(digits, MAX_EXPONENTIAL_DIGITS) - 1}e")
    decimals = max(digits - 1 - _exponent(_rounded(value, f".{digits - 1}e")), 0)
    plain = _rounded(value, f".{decimals}f")
    if _exponent(short) < MIN_PLAIN_EXPONENT or abs(float(plain)) >= MAX_PLAIN:
        return typeset(short)
    return grouped(plain.rstrip("0").rstrip(".") if decimals else plain)


def _rounded(value: float, form: str) -> str:
    """Return a number in a form; of two numbers that are as close, the one away from 0.

    JavaScript rounds so.
    """
    with localcontext(rounding=ROUND_HALF_UP):
        return format(Decimal(value), form)


def _exponent(text: str) -> int:
    return int(text.split("e")[1])


def format_count(value: float) -> str:
    """Return a number of things: a whole number with commas."""
    return f"{value:,.0f}"


def target_text(target: Target, number: float) -> str:
    """Return a number in the unit of the target, with the digits that its deviation leaves."""
    return grouped(target.as_text(number))


def tick_text(value: float) -> str:
    """Return the number beside a tick of an axis."""
    if abs(value) < MIN_EXPONENTIAL:
        # Prices of some millions may differ in their fourth digit.
        return grouped(f"{value:.8g}")
    return typeset(f"{value:.2g}")


def percent(fraction: float, decimals: int = 2) -> str:
    """Return a fraction in per cent; only all is 100 %, and only none is 0 %."""
    text = _rounded(100 * fraction, f".{decimals}f")
    least = float(f"1e-{decimals}")
    if fraction < 1 and float(text) >= 100:
        text = f">{_SPACE}{100 - least:.{decimals}f}"
    elif fraction > 0 and not float(text):
        text = f"<{_SPACE}{least:.{decimals}f}"
    return f"{text}{PERCENT}"


def confidence_text(probability: float) -> str:
    """Return the probability of a class in per cent; no class is certain, so none has 100 %."""
    return percent(min(probability, math.nextafter(1, 0)), 1)
