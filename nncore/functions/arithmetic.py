"""The choice of an arithmetic: exact, or plain floating point."""

from typing import Protocol

import numpy as np

from nncore.arrays import Doubles, Floats
from nncore.config.numerics import Numerics
from nncore.functions import exact, plain


class Arithmetic(Protocol):
    """The functions that activations, losses and penalties call.

    `nncore.functions.exact` and `nncore.functions.plain` define and document them.
    """

    # ruff: noqa: D102
    def exp(self, values: Floats, out: Floats) -> None: ...
    def sigmoid(self, values: Floats, out: Floats, work: Floats) -> None: ...
    def tanh(self, values: Floats, out: Floats, work: Floats) -> None: ...
    def softmax(self, z: Floats, out: Floats, work: Floats) -> None: ...
    def log(self, values: Floats) -> Floats: ...
    def log1p(self, values: Floats) -> Floats: ...
    def sum_rows(self, values: Floats) -> Doubles: ...
    def sum_all(self, values: Floats) -> float: ...
    def sum_of_squares(self, values: Floats) -> float: ...
    def row_sums_of_squares(self, values: Floats) -> Floats: ...


def is_exact(numerics: Numerics, dtype: np.dtype) -> bool:
    """Return whether a network computes exactly: exact sums of float64 need longer numbers."""
    return numerics == "exact" and dtype == np.float32


def choose_arithmetic(numerics: Numerics, dtype: np.dtype) -> Arithmetic:
    """Return the module whose functions a network of this dtype uses."""
    return exact if is_exact(numerics, dtype) else plain
