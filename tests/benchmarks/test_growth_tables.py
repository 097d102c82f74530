"""`python -m benchmarks.growth.table_rows`: a made-up table, and what it costs."""

import csv
import re
import sys

import pytest

from benchmarks.growth import table_rows


def test_a_made_up_table_has_numbers_categories_and_missing_values():
    head, *rows = csv.reader(table_rows.lines(500))
    assert (len(head), head[0], head[-1]) == (51, "id", "y")
    assert {len(row) for row in rows} == {51}
    # Rows that are drawn again differ in the first column.
    assert len({row[0] for row in rows}) == len(rows) == 500
    assert {row[9] for row in rows} - {""} == {f"c{index}" for index in range(8)}
    missing = sum(cell == "" for row in rows for cell in row) / (500 * 50)
    assert 0.005 < missing < 0.015
    assert list(table_rows.lines(20)) == list(table_rows.lines(20))


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_a_run_prints_a_row_for_each_size(monkeypatch, tmp_path, capsys):
    sizes = ["--rows", "400", "200", "--columns", "10", "--folder", str(tmp_path)]
    monkeypatch.setattr(sys, "argv", ["table_rows", *sizes])
    table_rows.main()
    lines = capsys.readouterr().out.splitlines()
    rows = [re.findall(r"[\d,.]+", line) for line in lines if re.match(r"\| [24]00 ", line)]
    assert [row[0] for row in rows] == ["200", "400"]
    assert all(len(row) == len(table_rows.HEAD) for row in rows)
    assert not list(tmp_path.iterdir())
