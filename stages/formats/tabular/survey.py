"""What the columns of a table hold: numbers, categories, dates, free text."""

import math
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np

from nncore.data.table_file import Chunk
from nncore.data.table_values import as_category, as_numbers, is_missing

# More texts are no categories; and no more are remembered.
MAX_CATEGORIES: Final = 1000
# A column with more different texts than this names its rows, if they are more than half of them.
MAX_NAMES: Final = 20
# Of the values that are present. With more numbers, a text among them is likely a mistake.
MAX_NUMBERS_OF_CATEGORIES: Final = 0.9

# The squares of larger numbers, summed, may exceed float64.
MAX_MAGNITUDE: Final = 1e100

_DATE: Final = re.compile(
    r"(\d{4}[-/.]\d{1,2}[-/.]\d{1,2}|\d{1,2}[-/.]\d{1,2}[-/.]\d{2,4})([T ]\d{1,2}:\d{2}.*)?"
    r"|\d{1,2}:\d{2}(:\d{2}.*)?",
    re.ASCII,
)


@dataclass
class ColumnSurvey:
    """The values of a column so far.

    Attributes
    ----------
    rows, missing, numbers : numbers of rows, of missing values, and of numbers
    first_text : the first value that is no number, and its row, from 1; None if there is none
    texts : the different values as texts; None if they are more than `MAX_CATEGORIES`
    low, high : the smallest and the largest number
    """

    rows: int = 0
    missing: int = 0
    numbers: int = 0
    first_text: tuple[int, str] | None = None
    texts: set[str] | None = field(default_factory=set)
    low: float = math.inf
    high: float = -math.inf
    _counts: bool = True
    _last: float = math.nan

    def update(self, values: Sequence[Any]) -> None:
        """Take account of the next values."""
        numbers = as_numbers(values)
        if numbers is None:
            self._update_texts(values)
        else:
            present = numbers[~np.isnan(numbers)]
            self.missing += len(numbers) - len(present)
            self._update_numbers(present, is_whole=len(present) == len(numbers))
        if self.texts is not None:
            self.texts.update(as_category(value) for value in values if not is_missing(value))
            if len(self.texts) > MAX_CATEGORIES:
                self.texts = None
        self.rows += len(values)

    def _update_texts(self, values: Sequence[Any]) -> None:
        for row, value in enumerate(values, start=self.rows + 1):
            if is_missing(value):
                self.missing += 1
            elif (number := as_numbers([value])) is not None:
                self._update_numbers(number, is_whole=False)
            elif self.first_text is None:
                self.first_text = row, str(value)

    def _update_numbers(self, numbers: np.ndarray, *, is_whole: bool) -> None:
        self._counts &= is_whole
        if not len(numbers):
            return
        self.numbers += len(numbers)
        self.low = min(self.low, float(numbers.min()))
        self.high = max(self.high, float(numbers.max()))
        if self._counts:
            start = float(numbers[0]) - 1 if math.isnan(self._last) else self._last
            self._counts = bool((np.diff(numbers, prepend=start) == 1).all())
            self._last = float(numbers[-1])

    @property
    def present(self) -> int:
        """The number of values that are not missing."""
        return self.rows - self.missing

    @property
    def is_numeric(self) -> bool:
        """Whether all values that are not missing are numbers."""
        return self.first_text is None

    @property
    def counts_rows(self) -> bool:
        """Whether each number is the one before plus 1."""
        return self._counts and self.is_numeric and self.numbers > 1

    @property
    def is_constant(self) -> bool:
        """Whether the column tells nothing: one value in all rows, or none at all."""
        return not self.present or (
            not self.missing and self.texts is not None and len(self.texts) == 1
        )

    @property
    def are_dates(self) -> bool:
        """Whether the values are dates or times."""
        return bool(self.texts) and all(map(_DATE.fullmatch, self.texts or ()))


def survey_columns(names: Sequence[str], chunks: Iterable[Chunk]) -> dict[str, ColumnSurvey]:
    """Return what each column holds, by its heading."""
    surveys = {name: ColumnSurvey() for name in names}
    for chunk in chunks:
        for name, survey in surveys.items():
            survey.update(chunk[name])
    return surveys


def fault_of_inputs(survey: ColumnSurvey, *, categorical: bool) -> str:
    """Return why a column can't be an input, or an empty string.

    Parameters
    ----------
    categorical : whether the settings take it for one of categories
    """
    if survey.is_numeric and not categorical:
        largest = max(-survey.low, survey.high)
        return f"numbers up to {largest:g}, too large" if largest > MAX_MAGNITUDE else ""
    if survey.first_text and not categorical:
        if survey.are_dates:
            return "dates or times, which a network can't read; make numbers of them"
        row, text = survey.first_text
        if survey.numbers > MAX_NUMBERS_OF_CATEGORIES * survey.present:
            return f"numbers, but {text[:40]!r} in row {row}; mend it"
    if survey.texts is None:
        return f"more than {MAX_CATEGORIES:,} different texts, which are no categories"
    if MAX_NAMES < len(survey.texts) > survey.present / 2:
        return (
            f"{len(survey.texts):,} different texts in {survey.present:,} rows, names of the rows"
        )
    return ""
