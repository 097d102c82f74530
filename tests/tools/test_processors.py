"""What `make processors` calls right and wrong."""

import json

import pytest

from tools.processors import Row, hash_cells, kernel_rows, rows, verdict
from tools.reduced_pipeline import EXPECTED, Result

HASHES = {
    "data": "0123456789abcdef",
    "adam model": "23456789abcdef01",
    "pictures": "6789abcdef012345",
}
OTHER = HASHES | {"adam model": "f123456789abcdef"}
EXACT, FAST, SKYLAKE = Row("a"), Row("b", numerics="fast"), Row("c", may_be_unknown=True)


@pytest.mark.parametrize(
    ("row", "result", "expected"),
    [
        (EXACT, Result(HASHES, ""), ("same", True)),
        (EXACT, Result({"data": HASHES["data"]}, ""), ("same", True)),
        (EXACT, Result(OTHER, ""), ("DIFFERS: adam model", False)),
        (EXACT, Result(HASHES, "numerics: …"), ("same", False)),
        (EXACT, Result({}, "failed: exit code -4"), ("failed: exit code -4", False)),
        (SKYLAKE, Result({}, ""), ("not on this processor", True)),
        (FAST, Result(OTHER, "numerics: …"), ("differs, and says so", True)),
        (FAST, Result(OTHER, ""), ("differs, SAYS NOTHING", False)),
        (FAST, Result({}, "failed: exit code -4"), ("failed: exit code -4", False)),
    ],
)
def test_a_row_is_right_if_its_hashes_or_its_warning_are_those_expected(row, result, expected):
    assert verdict(row, result, HASHES) == expected


def test_every_row_is_exact():
    """And so is that of a processor without AVX2."""
    planned = rows("qemu-x86_64")
    assert {row.numerics for row in planned} == {"exact"}
    assert len([row for row in planned if "no AVX2" in row.name]) == 3
    assert len({row.name for row in planned}) == len(planned)


def test_every_kernel_has_one_two_and_four_threads():
    assert [row.cores for row in kernel_rows()] == [1, 2, 4] * 5


def test_one_number_that_differs_changes_the_hash_and_a_picture_does_not():
    (numbers, pictures), (others, same) = (
        hash_cells(Result(HASHES, "")),
        hash_cells(Result(OTHER, "")),
    )
    assert numbers != others
    assert pictures == same == "6789abcdef01"


def test_what_was_not_computed_has_a_dash():
    without = {name: digest for name, digest in HASHES.items() if name != "pictures"}
    assert hash_cells(Result(without, "")) == [hash_cells(Result(HASHES, ""))[0], "-"]
    assert hash_cells(Result({}, "failed")) == ["-", "-"]


def test_what_is_expected_names_every_part():
    expected = json.loads(EXPECTED.read_text(encoding="utf-8"))
    assert set(expected) == {
        "adam model",
        "data",
        "decoded",
        "momentum model",
        "pictures",
        "reports",
    }
