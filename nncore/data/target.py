"""The column of a table that a network predicts, and the scale of the network's targets."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Final

import numpy as np

from nncore.arrays import Array, Doubles, Floats
from nncore.errors import (
    DataError,
    as_line,
    require_above_zero,
    require_finite,
    require_text,
    to_python,
)

DIGITS_OF_TEXT: Final = 4
# Powers of 10 between which numbers are written without an exponent.
SMALLEST_POWER: Final = -9
LARGEST_POWER: Final = 15


@dataclass(frozen=True, kw_only=True)
class Target:
    """The column that a network predicts.

    Attributes
    ----------
    name : heading of the column
    mean, std : mean and standard deviation of a regression's training rows: its network learns
        (y - mean) / std. They are 0 and 1 if the network predicts classes
    """

    name: str
    mean: float = 0.0
    std: float = 1.0

    def __post_init__(self) -> None:
        to_python(self)
        require_text("name", self.name)
        require_finite("mean", self.mean)
        require_above_zero("std", self.std)
        # A model file of an integer would have other bytes.
        object.__setattr__(self, "mean", float(self.mean))
        object.__setattr__(self, "std", float(self.std))

    @property
    def power(self) -> int:
        """The power of 10 of the first digit of `std`."""
        return Decimal(self.std).adjusted()

    def rounded(self, number: float, digits: int) -> float:
        """Return a number, in the unit of the column, rounded to so many digits of `std`.

        A number far from 0, such as 1,000,000,151 in a column with std 77, keeps the digits that
        differ from row to row.
        """
        # Adding 0 turns -0 into 0.
        return round(number, digits - 1 - self.power) + 0.0

    def as_text(self, number: float) -> str:
        """Return a number for people, with `DIGITS_OF_TEXT` digits of `std`."""
        if not SMALLEST_POWER <= self.power < LARGEST_POWER:
            return f"{number:.{DIGITS_OF_TEXT}g}"
        decimals = max(0, DIGITS_OF_TEXT - 1 - self.power)
        return f"{self.rounded(number, DIGITS_OF_TEXT):.{decimals}f}"

    def standardized(self, numbers: Array) -> Floats:
        """Return numbers, in their unit, as a network learns them, float32 of the same shape."""
        return ((numbers - self.mean) / self.std).astype(np.float32)

    def original(self, outputs: Floats) -> Doubles:
        """Return a network's outputs in the unit of the column, float64 of the same shape.

        Raises
        ------
        DataError
            A number exceeds float64.
        """
        with np.errstate(over="ignore"):
            numbers = outputs.astype(np.float64) * self.std + self.mean
        if not np.isfinite(numbers).all():
            largest = np.abs(outputs).max()
            raise DataError(
                as_line(
                    f"target {self.name!r}: expected numbers that float64 holds, got an output of "
                    f"{largest:g} with std {self.std:g}"
                )
            )
        return numbers
