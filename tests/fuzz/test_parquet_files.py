"""Parquet files from anywhere are read as columns of numbers and texts, or refused in one line."""

import io

import pytest
from fuzzing import EXAMPLES, counted, edited, edits, table_and_chunks, unless_refused, variants
from hypothesis import given
from hypothesis import strategies as st

from stages.formats.tabular.survey import survey_columns

pa = pytest.importorskip("pyarrow", reason="the extra parquet")
pq = pytest.importorskip("pyarrow.parquet")

TABLE = pa.table(
    {
        "x": [1.5, None, 3.0] * 20,
        "n": range(60),
        "s": ["a", "bé", None] * 20,
        "d": pa.array(["u", "v", "w"] * 20).dictionary_encode(),
        "b": [True, False, None] * 20,
        "t": pa.array([1, 2, 3] * 20, pa.timestamp("us")),
    }
)
WAYS = (
    {},
    {"compression": "none"},
    {"compression": "gzip", "use_dictionary": False},
    {"compression": "zstd", "data_page_version": "2.0", "row_group_size": 25},
)


def written(**options):
    stream = io.BytesIO()
    pq.write_table(TABLE, stream, **options)
    return stream.getvalue()


FILES = [written(**options) for options in WAYS]


def with_changed_footer(content, changes):
    """Return a file whose description of the columns is edited, and still has its length."""
    size = int.from_bytes(content[-8:-4], "little")
    footer = edited(content[-8 - size : -8], changes)
    return content[: -8 - size] + footer + len(footer).to_bytes(4, "little") + b"PAR1"


def test_a_parquet_file_is_read_or_refused(tmp_path):
    path = tmp_path / "table.parquet"

    def check(content):
        path.write_bytes(content)
        if not (read := unless_refused(lambda: table_and_chunks(path), answers)):
            return
        table, chunks = read
        readable = [name for name in table.names if name not in table.unreadable]
        for chunk in chunks:
            assert list(chunk) == readable
            assert len({len(values) for values in chunk.values()}) == 1
            kinds = {type(value) for values in chunk.values() for value in values}
            assert kinds <= {int, float, str, type(None)}
        survey_columns(readable, chunks)
        answers["accepted"] += 1

    @EXAMPLES
    @given(
        file=st.sampled_from(FILES),
        change=st.sampled_from((edited, with_changed_footer)),
        changes=edits,
    )
    def holds(*, file, change, changes):
        for more in variants(changes):
            check(change(file, more))

    with counted("table, Parquet") as answers:
        for file in FILES:
            check(file)
        assert not answers["refused"]
        holds()
    assert not answers["lines"]
