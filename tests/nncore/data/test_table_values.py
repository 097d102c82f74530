"""Values of tables as numbers, against Python's own reading of them."""

import math
from decimal import Decimal

import numpy as np
import pytest

from nncore.data.table_values import MISSING_TEXTS, as_numbers


@pytest.mark.parametrize("text", ["7", " 7 ", "+7", "-0.5", "1e5", "1E+05", ".5", "7.", "-0"])
def test_a_text_is_the_number_that_python_reads(text):
    assert as_numbers((text, "1")).tolist() == [float(text), 1.0]
    assert as_numbers([text, None])[0] == float(text)


@pytest.mark.parametrize("text", ["2026_11", "1_000", "_", "x", "1,5", "inf", "1e400", "0x10"])
def test_other_texts_are_no_numbers(text):
    """Python reads 2026_11, too: as 202611."""
    for values in ((text,), ("1", text), (text, "NA"), [text, 1.5], [None, text]):
        assert as_numbers(values) is None


@pytest.mark.parametrize("text", ["-nan", "+NaN"])
def test_what_python_reads_as_nan_is_missing_only_if_its_text_is(text):
    """Otherwise a row could have a target that is no number."""
    assert math.isnan(float(text))
    assert as_numbers(("1", text)) is None
    assert as_numbers((text, "NA")) is None


@pytest.mark.parametrize("value", [*sorted(MISSING_TEXTS), None, math.nan, np.float32("nan")])
def test_a_missing_value_is_nan(value):
    assert np.isnan(as_numbers([value])).all()
    assert np.array_equal(as_numbers(["2", value, 3]), [2.0, math.nan, 3.0], equal_nan=True)


def test_numbers_of_any_type_are_read():
    values = [1, 2.5, True, Decimal("0.25"), np.int8(4), np.float32(0.5)]
    assert as_numbers(values).tolist() == [1.0, 2.5, 1.0, 0.25, 4.0, 0.5]
    assert as_numbers([]).shape == (0,)
