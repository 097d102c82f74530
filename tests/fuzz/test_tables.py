"""Tables from anywhere are read as a second reader reads them, or refused as errors of nncore."""

import csv
import io

import numpy as np
from fuzzing import EXAMPLES, counted, edited, variants
from fuzzing import edits as byte_edits
from hypothesis import given
from hypothesis import strategies as st

from nncore.errors import NncoreError
from stages.formats.class_labels import collect_labels
from stages.formats.csv_table import read_csv

TABLES = (
    "label,a,b,c,d\n7,0,1,2,3\n1,255,4,5,6\n",
    '\ufeff"x","label","y",z,w\r\n0,"é, b",1,2,"3"\r\n\r\n255,お,4,5,6\r\n',
    "7,0,1,2,3\n1,255,4,5,6",
)
CELLS = st.sampled_from(
    ["", "0", "255", "256", "-1", "1.0", "1e2", "\0", '"', '""', '"1"', ",", "\n", "\r", "label"]
)


def oracle(content):
    """Read a table at once, by the definition of its format."""
    text = content.decode("utf-8-sig")
    rows = [row for row in csv.reader(io.StringIO(text, newline=""), strict=True) if row]
    names = [cell.strip(" \t").casefold() for cell in rows[0]]
    column = names.index("label") if "label" in names else 0
    pixels = [name for name in names[1:] if name in map(str, range(256))]
    if "label" in names or len(pixels) < len(names[1:]) / 2:
        del rows[0]
    labels = [row.pop(column).strip(" \t") for row in rows]
    return labels, [[int(cell) for cell in row] for row in rows]


def test_a_table_is_read_as_another_reader_reads_it_or_refused(tmp_path):
    path = tmp_path / "file.csv"

    @EXAMPLES
    @given(
        table=st.sampled_from(TABLES),
        cells=st.lists(st.tuples(st.integers(0, 60), CELLS), max_size=3),
        changes=byte_edits,
    )
    def holds(*, table, cells, changes):
        text = table
        for place, cell in cells:
            text = text[:place] + cell + text[place:]
        check(text.encode())
        for more in variants(changes):
            check(edited(table.encode(), more))

    def check(content):
        path.write_bytes(content)
        try:
            read = read_csv(path)
            names, codes = collect_labels(read.labels(), "labels")
            images = np.concatenate(list(read.images()))
        except NncoreError as error:
            answers["lines"] += str(error).count("\n")
            answers["refused"] += 1
            return
        labels, pixels = oracle(content)
        assert [names[code] for code in codes] == labels
        assert images.reshape(len(images), -1).tolist() == pixels
        answers["accepted"] += 1

    with counted("table") as answers:
        for table in TABLES:
            check(table.encode())
        assert not answers["refused"]
        holds()
    assert not answers["lines"]
