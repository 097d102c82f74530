"""Settings that suit a table: what is left out, and a table of which nothing is left."""

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from table_runs import write

from nncore.errors import NncoreError
from stages.formats.tabular.adoption import survey_table, table_settings, training_counts
from stages.shared.data_params import FetchSettings


def setting(path, target, key):
    survey = survey_table(path, target)
    return next(choice for choice in table_settings(path, survey, 50) if choice[0] == key)


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


def test_test_rows_without_a_target_are_refused_with_the_remedy(tmp_path):
    """The test rows of a competition have none; fetch would refuse them after adopt."""
    train, test = tmp_path / "train.csv", tmp_path / "test.csv"
    train.write_text(table())
    test.write_text("size\n1\n2\n")
    with pytest.raises(NncoreError) as caught:
        survey_table(tmp_path, None)
    assert str(caught.value) == (
        f"{test}: expected a column 'class' as in training, got 'size'; use {train} alone, part "
        "of which becomes the test rows, and nncore predict for this file"
    )


def test_test_rows_need_no_column_that_is_left_out(tmp_path):
    (tmp_path / "train.csv").write_text(table(lambda row: f"name {row}"))
    (tmp_path / "test.csv").write_text("size,class\n1,a\n2,b\n")
    survey = survey_table(tmp_path, None)
    assert survey.test_rows == 2
    assert training_counts(survey, FetchSettings()) == [30, 30]


def test_training_rows_are_those_that_fetch_leaves(tmp_path):
    """Of 60 rows, 0.2 are 12 test rows, in proportion to the classes."""
    survey = survey_table(write(tmp_path, table()), None)
    assert training_counts(survey, FetchSettings()) == [24, 24]
    assert training_counts(survey, FetchSettings(test_size=20)) == [20, 20]
