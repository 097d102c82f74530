"""Numbers as the page writes them, worked by hand."""

import pytest
from table_models import PRICE

from stages.page.numbers import (
    confidence_text,
    format_count,
    format_number,
    grouped,
    target_text,
    tick_text,
    typeset,
)


def with_minus_sign(text):
    return text.replace("-", "\N{MINUS SIGN}")


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.0, "0"),
        (-0.24612, "-0.2461"),
        (0.07923, "0.07923"),
        (0.001, "0.001"),
        (0.00099, "9.90e-4"),
        (-4.7e-09, "-4.70e-9"),
        (1680.0, "1680"),
        (9999.4, "9999"),
        (12345.6, "12,346"),
        (-1234567.0, "-1,234,567"),
        (1.5e15, "1.500e+15"),
    ],
)
def test_a_number_has_a_minus_sign_four_digits_and_commas_from_five_digits_on(value, text):
    assert format_number(value) == with_minus_sign(text)


def test_a_rate_has_two_digits():
    assert format_number(4.6e-8, 2) == with_minus_sign("4.6e-8")
    assert format_number(0.0123, 2) == "0.012"


def test_a_count_has_commas():
    assert (format_count(1000.0), format_count(80.0)) == ("1,000", "80")


@pytest.mark.parametrize(
    ("value", "text"),
    [(-100.0, "-100"), (1000.0, "1000"), (25000.0, "25,000"), (1e-5, "1e-5"), (2e9, "2e+9")],
)
def test_a_number_beside_an_axis(value, text):
    assert tick_text(value) == with_minus_sign(text)


def test_digits_after_the_point_have_no_commas():
    assert grouped("-1234567.1234567") == with_minus_sign("-1,234,567.1234567")
    assert typeset("-1e-07") == with_minus_sign("-1e-7")


def test_a_number_of_the_target_has_the_digits_of_its_deviation():
    """The deviation is 20."""
    assert target_text(PRICE, -78.0) == with_minus_sign("-78.00")
    assert target_text(PRICE, 123456.789) == "123,456.79"


def test_no_prediction_is_certain():
    assert (confidence_text(0.99949), confidence_text(0.9996)) == ("99.9 %", "> 99.9 %")
