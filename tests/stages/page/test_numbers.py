"""Numbers as the page writes them, worked by hand, in Python and in the page's scripts."""

import json

import pytest
from table_models import PRICE

from stages.page.modules import SCRIPTS
from stages.page.numbers import (
    confidence_text,
    format_count,
    format_number,
    grouped,
    percent,
    target_text,
    tick_text,
    typeset,
)

NO_BREAK = "\N{NO-BREAK SPACE}"


def with_minus_sign(text):
    return text.replace("-", "\N{MINUS SIGN}")


NUMBERS = {
    0.0: "0",
    -0.24612: "-0.2461",
    0.07923: "0.07923",
    0.001: "0.001",
    0.00099: "9.90e-4",
    # Rounds to 1.00e-3 with three digits, which needs no exponent.
    0.00099951: "0.0009995",
    -4.7e-09: "-4.70e-9",
    0.5: "0.5",
    -12.0: "-12",
    150.5: "150.5",
    # Halfway between two numbers of four digits.
    2.0625: "2.063",
    1234.5: "1235",
    -1234.5: "-1235",
    1680.0: "1680",
    9999.4: "9999",
    9999.7: "10,000",
    12344.5: "12,345",
    12345.6: "12,346",
    -1234567.0: "-1,234,567",
    999999999999400.0: "999,999,999,999,400",
    999999999999999.9: "1.00e+15",
    1e15: "1.00e+15",
    -1.5e15: "-1.50e+15",
    2e21: "2.00e+21",
}
FRACTIONS = {
    0.0: "0.00 %",
    0.00004: "< 0.01 %",
    0.5: "50.00 %",
    # 99.125 is halfway between two percentages.
    0.99125: "99.13 %",
    0.9995: "99.95 %",
    19_999 / 20_000: "> 99.99 %",
    0.99996: "> 99.99 %",
    1.0: "100.00 %",
}
CONFIDENCES = {
    0.0: "0.0 %",
    0.0004: "< 0.1 %",
    0.5: "50.0 %",
    0.99949: "99.9 %",
    0.9995: "> 99.9 %",
    0.9996: "> 99.9 %",
    1.0: "> 99.9 %",
}


@pytest.mark.parametrize(("value", "text"), NUMBERS.items())
def test_a_number_has_a_minus_sign_four_digits_and_commas_from_five_digits_on(value, text):
    assert format_number(value) == with_minus_sign(text)


def test_no_number_is_minus_0():
    assert format_number(-0.0) == "0"


@pytest.mark.parametrize(
    ("value", "digits", "text"), [(1234.5, 3, "1235"), (150.5, 2, "151"), (99.7, 2, "100")]
)
def test_all_digits_before_the_point_are_there(value, digits, text):
    assert format_number(value, digits) == text


@pytest.mark.parametrize(("fraction", "text"), FRACTIONS.items())
def test_only_all_is_100_percent_and_only_none_is_0_percent(fraction, text):
    assert percent(fraction) == text.replace(" ", NO_BREAK)


@pytest.mark.parametrize(
    ("fraction", "text"), [(1999 / 2000, "> 99.9 %"), (0.0004, "< 0.1 %"), (1.0, "100.0 %")]
)
def test_with_one_decimal_too_only_all_is_100_percent(fraction, text):
    assert percent(fraction, 1) == text.replace(" ", NO_BREAK)


@pytest.mark.parametrize(("probability", "text"), CONFIDENCES.items())
def test_no_prediction_is_certain(probability, text):
    assert confidence_text(probability) == text.replace(" ", NO_BREAK)


# Each call has the arguments of a test above.
CALLS = """[
    ...%s.map(formatNumber), formatNumber(-0), ...%s.map((value) => percent(value)),
    percent(1999 / 2000, 1), ...%s.map((value) => confidenceText(value)),
    ...%s.map(shownNumber),
]"""


def run_script(browser, expression):
    """Return the value of an expression of view/numbers.js."""
    script = (SCRIPTS / "view" / "numbers.js").read_text(encoding="utf-8").replace("export ", "")
    browser.open("about:blank")
    return browser.run(f"(() => {{ {script}; return {expression}; }})()")


def test_the_scripts_write_the_same_texts(browser):
    shown = [-1234.5, 9999.7, 12344.5, 0.00099, 1e15, -0.24612]
    keys = [list(values) for values in (NUMBERS, FRACTIONS, CONFIDENCES)]
    texts = run_script(browser, CALLS % tuple(map(json.dumps, [*keys, shown])))
    assert texts == [
        *map(with_minus_sign, NUMBERS.values()),
        "0",
        *(text.replace(" ", NO_BREAK) for text in FRACTIONS.values()),
        "> 99.9 %".replace(" ", NO_BREAK),
        *(text.replace(" ", NO_BREAK) for text in CONFIDENCES.values()),
        *(-1235, 10000, 12345, 0.00099, 1e15, -0.2461),
    ]


def test_a_rate_has_two_digits():
    assert format_number(4.6e-8, 2) == with_minus_sign("4.6e-8")
    assert format_number(0.0123, 2) == "0.012"


def test_a_count_has_commas():
    assert (format_count(1000.0), format_count(80.0)) == ("1,000", "80")


@pytest.mark.parametrize(
    ("value", "text"),
    [(-100.0, "-100"), (1000.0, "1000"), (25000.0, "25,000"), (1e-5, "1e-5"), (2e9, "2e+9")],
)
def test_a_number_beside_an_axis_has_commas_from_five_digits_on(value, text):
    assert tick_text(value) == with_minus_sign(text)


def test_digits_after_the_point_have_no_commas():
    assert grouped("-1234567.1234567") == with_minus_sign("-1,234,567.1234567")
    assert typeset("-1e-07") == with_minus_sign("-1e-7")


def test_a_number_of_the_target_has_the_digits_of_its_deviation():
    """The deviation is 20."""
    assert target_text(PRICE, -78.0) == with_minus_sign("-78.00")
    assert target_text(PRICE, 123456.789) == "123,456.79"
