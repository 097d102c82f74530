"""What `make processors` calls right and wrong."""

import pytest

from tools.processors import COLUMNS, Row, rows, shown, verdict
from tools.reduced_pipeline import Result

HASHES = dict.fromkeys(COLUMNS, "0123456789abcdef")
REFERENCE = Result(HASHES, "")
OTHER = HASHES | {"adam model": "f123456789abcdef"}
EXACT, FAST = Row("a"), Row("b", numerics="fast")


@pytest.mark.parametrize(
    ("row", "result", "expected"),
    [
        (EXACT, REFERENCE, ("same", True)),
        (EXACT, Result(OTHER, ""), ("DIFFERS", False)),
        (EXACT, Result(HASHES, "numerics: …"), ("same", False)),
        (EXACT, Result({}, "failed: exit code -4"), ("failed: exit code -4", False)),
        (FAST, Result(OTHER, "numerics: …"), ("differs, and says so", True)),
        (FAST, Result(OTHER, ""), ("differs, SAYS NOTHING", False)),
        (FAST, Result({}, "failed: exit code -4"), ("failed: exit code -4", False)),
    ],
)
def test_verdict(row, result, expected):
    assert verdict(row, result, REFERENCE) == expected


def test_the_reference_comes_first_and_is_exact():
    first, *others = rows("qemu-x86_64")
    assert first.numerics == "exact"
    assert not first.prefix
    assert {row.numerics for row in others} == {"exact", "fast"}


def test_a_processor_without_avx2_must_give_the_same_bytes():
    assert [row.numerics for row in rows("qemu-x86_64") if "no AVX2" in row.name] == ["exact"] * 2


def test_every_column_has_a_hash_or_a_dash():
    assert shown(REFERENCE) == ["0123456789ab"] * len(COLUMNS)
    assert shown(Result({}, "failed")) == ["-"] * len(COLUMNS)
