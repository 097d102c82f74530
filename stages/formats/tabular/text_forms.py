"""Texts that are dates, or numbers in a form for people."""

import re
from collections.abc import Callable, Collection
from typing import Final

# Fraction of the different texts of a column; the others may stand for missing values.
MIN_FRACTION: Final = 0.9

_MONTH: Final = r"(jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*\.?"
_TIME: Final = r"\d{1,2}:\d{2}(:\d{2}.*)?"
_DATE: Final = re.compile(
    r"(\d{4}[-/.]\d{1,2}[-/.]\d{1,2}|\d{1,2}[-/.]\d{1,2}[-/.]\d{2,4}"
    rf"|\d{{1,2}}[- ]{_MONTH}[-, ]+\d{{2,4}}|{_MONTH} \d{{1,2}},? \d{{4}})([T ,]+{_TIME})?"
    rf"|{_TIME}",
    re.ASCII | re.IGNORECASE,
)
# 1,234.50, 1.234,50, 1,5, $5, 5 € and 12 %; also those that are too large.
_NUMBER: Final = re.compile(
    r"[-+]?([$€£¥] ?)?(\d{1,3}([,.' ]\d{3})+|\d+)([.,]\d+)?(e\+?\d+)?( ?[%$€£¥])?|[-+]?inf(inity)?",
    re.ASCII | re.IGNORECASE,
)


def are_dates(texts: Collection[str]) -> bool:
    """Return whether nearly all texts are dates or times."""
    return _are(texts, _DATE.fullmatch)


def are_formatted_numbers(texts: Collection[str]) -> bool:
    """Return whether nearly all texts, none of which float64 holds, are numbers as people write."""
    return _are(texts, _NUMBER.fullmatch)


def _are(texts: Collection[str], matches: Callable[[str], object]) -> bool:
    count = sum(bool(matches(text)) for text in texts)
    return bool(texts) and count >= MIN_FRACTION * len(texts)
