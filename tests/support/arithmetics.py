"""The arithmetics and dtypes in which a function computes."""

import numpy as np
import pytest

from nncore.functions import exact, plain

ARITHMETICS = pytest.mark.parametrize(
    ("dtype", "arithmetic"),
    [(np.float32, exact), (np.float32, plain), (np.float64, plain)],
    ids=["exact", "float32", "float64"],
)
