"""Settings that suit a table: what is left out, and a table of which nothing is left."""

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from table_runs import write

from nncore.errors import NncoreError
from stages.formats.tabular.adoption import survey_table, table_settings


def setting(path, target, key):
    survey = survey_table(path, target)
    return next(choice for choice in table_settings(path, survey, 8) if choice[0] == key)


def table(*columns, count=60):
    """Return a table of columns, functions of the row, a number and a class."""
    headings = [*(f"c{index}" for index in range(len(columns))), "size", "class"]
    lines = [
        [*(str(column(row)) for column in columns), str(row % 7), "ab"[row % 2]]
        for row in range(count)
    ]
    return "\n".join(map(",".join, [headings, *lines, [""]]))


def test_columns_that_can_be_no_inputs_are_left_out_each_with_its_reason(tmp_path):
    path = write(tmp_path, table(lambda row: f"{row % 28 + 1}.5.2026", lambda row: row + 3))
    _, names, why = setting(path, None, "fetch.table.drop")
    assert names == ["c0", "c1"]
    assert why == (
        "c0: dates or times, which a network can't read; make numbers of them; "
        "c1: numbers that count the rows"
    )


def test_of_many_such_columns_the_first_have_reasons(tmp_path):
    path = write(tmp_path, table(*[lambda row: f"name {row}"] * 40))
    _, names, why = setting(path, "class", "fetch.table.drop")
    assert len(names) == 40
    assert [part.partition(":")[0] for part in why.split("; ")] == ["c0", "c1", "c2", "…"]


def test_a_column_of_lists_is_left_out(tmp_path):
    path = tmp_path / "table.parquet"
    columns = {"x": [0.0, 1.5, 1.0, 4.0] * 9, "tags": [["a"]] * 36, "y": ["a", "b"] * 18}
    pq.write_table(pa.table(columns), path)
    assert setting(path, "y", "fetch.table.drop")[1] == ["tags"]
    with pytest.raises(NncoreError, match=r"got 'tags' of the type list<element: string>$"):
        survey_table(path, "tags")


def test_a_table_of_which_no_column_is_left_is_one_line_with_a_reason(tmp_path):
    lines = "".join(f"$5.00,{'ab'[row % 2]}\n$6.50,a\n" for row in range(30))
    path = write(tmp_path, "price,class\n" + lines)
    with pytest.raises(NncoreError) as caught:
        survey_table(path, None)
    assert "got none: the column 'price' holds numbers, but '$5.00' in row 1" in str(caught.value)
    assert "\n" not in str(caught.value)
