"""What the columns of a table hold: numbers, categories, dates, free text."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np

from nncore.data.table_file import Chunk
from nncore.data.table_values import as_category, as_numbers, is_missing
from stages.formats.tabular.text_forms import are_dates, are_formatted_numbers

# More texts, or longer ones, are no categories. At most so many texts are stored.
MAX_CATEGORIES: Final = 1000
MAX_TEXT_LENGTH: Final = 200
# A column with more different texts than this names its rows, if they are more than half of them.
FEW_TEXTS: Final = 20
# Fraction of the present values. With more numbers, a text among them is likely a mistake.
MAX_NUMBERS_OF_CATEGORIES: Final = 0.9

# The squares of larger numbers, summed, may exceed float64.
MAX_MAGNITUDE: Final = 1e100


@dataclass
class ColumnSurvey:
    """The values of a column so far.

    Attributes
    ----------
    rows, missing, numbers : numbers of rows, of missing values, and of numbers
    first_text : the first value that is no number, and its row, from 1; None if there is none
    sample : the different values as texts, or the first of them
    has_more : whether they are more than `MAX_CATEGORIES`
    is_long : whether a text is longer than `MAX_TEXT_LENGTH`; its start is in `sample`
    low, high : the smallest and the largest number
    """

    rows: int = 0
    missing: int = 0
    numbers: int = 0
    first_text: tuple[int, str] | None = None
    sample: set[str] = field(default_factory=set)
    has_more: bool = False
    is_long: bool = False
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
        if not self.has_more:
            self._update_sample(values)
        self.rows += len(values)

    def _update_sample(self, values: Sequence[Any]) -> None:
        texts = {as_category(value) for value in values if not is_missing(value)}
        if any(len(text) > MAX_TEXT_LENGTH for text in texts):
            self.is_long = True
            texts = {text[: MAX_TEXT_LENGTH + 1] for text in texts}
        self.sample |= texts
        self.has_more = len(self.sample) > MAX_CATEGORIES
        if self.has_more and self.is_numeric:
            # Nothing reads the texts of a numeric column, and a table may have many columns.
            self.sample = set()

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
    def texts(self) -> set[str] | None:
        """The different values as texts; None if they are too many or too long for categories."""
        return None if self.has_more or self.is_long else self.sample

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
        """Whether the column carries no information: one value in all rows, or none at all."""
        return not self.present or (
            not self.missing and self.texts is not None and len(self.texts) == 1
        )


def survey_columns(names: Iterable[str], chunks: Iterable[Chunk]) -> dict[str, ColumnSurvey]:
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
    fault = "" if categorical else _fault_of_texts(survey)
    if fault or survey.is_long or survey.texts is None:
        lengths = f"texts of more than {MAX_TEXT_LENGTH} characters"
        many = f"more than {MAX_CATEGORIES:,} different texts"
        return fault or f"{lengths if survey.is_long else many}, which are no categories"
    if FEW_TEXTS < len(survey.texts) > survey.present / 2:
        return (
            f"{len(survey.texts):,} different texts in {survey.present:,} rows, names of the rows"
        )
    return ""


def _fault_of_texts(survey: ColumnSurvey) -> str:
    """Return what the texts of a column stand for, or an empty string for categories."""
    if survey.first_text is None:
        return ""
    if are_dates(survey.sample):
        return "dates or times, which a network can't read; make numbers of them"
    row, text = survey.first_text
    others = [text for text in survey.sample if as_numbers([text]) is None]
    is_rare = survey.numbers > MAX_NUMBERS_OF_CATEGORIES * survey.present
    if is_rare or are_formatted_numbers(others):
        return (
            f"numbers, but {text[:40]!r} in row {row}; write numbers as 1234.5, or add the column "
            "to fetch.table.categorical"
        )
    return ""
