"""What `make processors` calls right and wrong."""

import pytest

from tools.processors import COLUMNS, Row, rows, shown, verdict
from tools.reduced_pipeline import Result

HASHES = dict.fromkeys(COLUMNS, "0123456789abcdef")
REFERENCE = Result(HASHES, "")
OTHER = HASHES | {"adam model": "f123456789abcdef"}
COVERED, NOT_COVERED = Row("a"), Row("b", covered=False)


@pytest.mark.parametrize(
    ("row", "result", "expected"),
    [
        (COVERED, REFERENCE, ("same", True)),
        (COVERED, Result(OTHER, ""), ("DIFFERS", False)),
        (COVERED, Result(HASHES, "numerics: …"), ("same", False)),
        (COVERED, Result({}, "failed: exit code -4"), ("failed: exit code -4", False)),
        (NOT_COVERED, Result(OTHER, "numerics: …"), ("differs, and says so", True)),
        (NOT_COVERED, Result(OTHER, ""), ("differs, SAYS NOTHING", False)),
        (NOT_COVERED, Result({}, "failed: exit code -4"), ("failed: exit code -4", False)),
    ],
)
def test_verdict(row, result, expected):
    assert verdict(row, result, REFERENCE) == expected


def test_the_reference_comes_first_and_is_covered():
    first, *others = rows("qemu-x86_64")
    assert first.covered
    assert not first.prefix
    assert {row.covered for row in others} == {True, False}


def test_every_column_has_a_hash_or_a_dash():
    assert shown(REFERENCE) == ["0123456789ab"] * len(COLUMNS)
    assert shown(Result({}, "failed")) == ["-"] * len(COLUMNS)
