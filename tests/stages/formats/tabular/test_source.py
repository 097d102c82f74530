"""Tables in data/raw: kinds of columns, the target, the test rows, and what is refused."""

import os
import sys
import tracemalloc

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from table_runs import array, fetch, read_json, write

from nncore.data.table_file import open_table
from nncore.errors import NncoreError


@pytest.fixture
def frame():
    rng = np.random.default_rng(4)
    count = 120
    frame = pd.DataFrame(
        {
            "age": rng.integers(18, 90, count).astype(float),
            "city": rng.choice(["Bern", "Basel", "Zürich"], count),
            "zip": rng.choice([3000, 4000, 8000], count),
            "income": rng.lognormal(10, 1, count),
        }
    )
    frame["bought"] = np.where(frame["income"] > 20_000, "yes", "no")
    frame.loc[::9, "age"] = np.nan
    frame.loc[::13, "city"] = None
    return frame


def columns_of(raw):
    return {
        column["name"]: column["categories"] for column in read_json(raw, "dataset.json")["columns"]
    }


@pytest.mark.parametrize("name", ["table.csv", "table.tsv", "table.parquet", "semicolons.csv"])
def test_every_format_gives_the_same_files(tmp_path, frame, name):
    expected = tmp_path / "expected"
    expected.mkdir()
    frame.to_csv(expected / "table.csv", index=False)
    folder = tmp_path / "folder"
    folder.mkdir()
    if name.endswith(".parquet"):
        frame.to_parquet(folder / name, index=False)
    else:
        separator = "\t" if name.endswith(".tsv") else ";" if name.startswith("semi") else ","
        frame.to_csv(folder / name, index=False, sep=separator)
    first = fetch(expected / "table.csv", "bought", categorical=("zip",))
    second = fetch(folder / name, "bought", categorical=("zip",))
    files = sorted(path.name for path in first.iterdir())
    assert files == [
        *("dataset.json", "test_table.npy", "test_targets.npy"),
        *("train_table.npy", "train_targets.npy"),
    ]
    for file in files:
        assert (first / file).read_bytes() == (second / file).read_bytes(), file


def test_values_are_those_of_the_table(tmp_path, frame):
    frame.to_csv(tmp_path / "table.csv", index=False)
    raw = fetch(tmp_path / "table.csv", "bought", categorical=("zip",))
    assert columns_of(raw) == {
        "age": None,
        "city": ["Basel", "Bern", "Zürich"],
        "zip": ["3000", "4000", "8000"],
        "income": None,
    }
    assert read_json(raw, "dataset.json")["class_names"] == ["no", "yes"]
    table = np.concatenate([array(raw, f"{split}_table") for split in ("train", "test")])
    targets = np.concatenate([array(raw, f"{split}_targets") for split in ("train", "test")])
    # Each row has another income, by which it is found.
    order = np.argsort(table[:, 3])
    rows = frame.sort_values("income")
    np.testing.assert_array_equal(table[order, 0], rows["age"])
    np.testing.assert_array_equal(table[order, 3], rows["income"])
    city = rows["city"].map({"Basel": 0, "Bern": 1, "Zürich": 2}).astype(float)
    np.testing.assert_array_equal(table[order, 1], city)
    assert np.array_equal(targets[order], (rows["bought"] == "yes").astype(np.uint8))


def test_test_rows_are_drawn_by_the_seed_and_from_each_class(tmp_path, frame):
    frame.to_csv(tmp_path / "table.csv", index=False)
    splits = {}
    for seed in (1, 1, 2):
        raw = fetch(tmp_path / "table.csv", "bought", test_size=30, seed=seed)
        incomes = array(raw, "test_table")[:, 3]
        assert splits.setdefault(seed, incomes.tolist()) == incomes.tolist()
        fractions = [array(raw, f"{split}_targets").mean() for split in ("train", "test")]
        assert fractions[0] == pytest.approx(fractions[1], abs=0.04)
    assert splits[1] != splits[2]


def test_a_second_file_has_the_test_rows(tmp_path, frame):
    folder = tmp_path / "data"
    folder.mkdir()
    frame[:90].to_csv(folder / "train.csv", index=False)
    test = frame[90:].assign(city="Genf", other=1)
    test[test.columns[::-1]].to_parquet(folder / "test.parquet", index=False)
    raw = fetch(folder, "bought")
    assert np.array_equal(array(raw, "train_table")[:, 3], frame["income"][:90])
    assert np.array_equal(array(raw, "test_table")[:, 3], frame["income"][90:])
    # The list has the categories of all rows; preprocess writes those of the training rows.
    assert columns_of(raw)["city"] == ["Basel", "Bern", "Genf", "Zürich"]
    assert set(array(raw, "test_table")[:, 1]) == {2.0}


def test_a_class_of_the_test_rows_alone_is_refused_with_its_row(tmp_path):
    """Rows count from 1, with those that have no target."""
    (tmp_path / "train.csv").write_text("x,y\n" + "1,a\n2,b\n" * 9)
    (tmp_path / "test.csv").write_text("x,y\n1,a\n2,\n1,\n2,c\n")
    assert refusal(tmp_path, "y") == (
        f"{tmp_path / 'test.csv'}: the column 'y': expected the labels of the training rows, "
        "got 'c' for row 4; remove it, or train with it too"
    )


def test_a_test_row_with_a_text_among_numbers_is_refused_with_its_row(tmp_path):
    (tmp_path / "train.csv").write_text("x,y\n" + "1,a\n2,b\n" * 9)
    (tmp_path / "test.csv").write_text("x,y\n1,a\n2,\n1,b\nlarge,a\n")
    assert refusal(tmp_path, "y") == (
        f"{tmp_path / 'test.csv'}: column 'x': expected numbers, got 'large' in row 4"
    )


def test_numbers_are_predicted_with_the_identity(tmp_path, frame):
    frame.to_csv(tmp_path / "table.csv", index=False)
    raw = fetch(tmp_path / "table.csv", "income", output="identity", test_size=0.25)
    assert read_json(raw, "dataset.json")["class_names"] is None
    targets = [array(raw, f"{split}_targets") for split in ("train", "test")]
    assert [len(part) for part in targets] == [90, 30]
    assert np.array_equal(np.sort(np.concatenate(targets)), np.sort(frame["income"]))


def test_texts_are_classes_with_the_identity_too(tmp_path, frame):
    frame.to_csv(tmp_path / "table.csv", index=False)
    raw = fetch(tmp_path / "table.csv", "bought", output="identity")
    assert read_json(raw, "dataset.json")["class_names"] == ["no", "yes"]


def test_rows_without_a_target_are_left_out_with_a_count(tmp_path, frame, capsys):
    frame.loc[[3, 50, 119], "bought"] = None
    frame.to_csv(tmp_path / "table.csv", index=False)
    raw = fetch(tmp_path / "table.csv", "bought")
    assert "3 rows left out: the target 'bought' is missing" in capsys.readouterr().out
    incomes = np.concatenate([array(raw, f"{s}_table")[:, 3] for s in ("train", "test")])
    assert np.array_equal(np.sort(incomes), np.sort(frame.drop([3, 50, 119])["income"]))


def test_constant_and_empty_columns_are_left_out_by_name(tmp_path, frame, capsys):
    frame.assign(one=1, none=np.nan).to_csv(tmp_path / "table.csv")
    raw = fetch(tmp_path / "table.csv", "bought")
    assert "'', 'one', 'none' left out" in capsys.readouterr().out
    assert list(columns_of(raw)) == ["age", "city", "zip", "income"]


def test_a_column_that_counts_the_rows_is_named(tmp_path, frame, capsys):
    frame.assign(id=range(7, 127)).to_csv(tmp_path / "table.csv", index=False)
    raw = fetch(tmp_path / "table.csv", "bought")
    assert "'id' counts the rows" in capsys.readouterr().out
    assert "id" in columns_of(raw)
    assert "id" not in columns_of(fetch(tmp_path / "table.csv", "bought", drop=("id",)))


def refusal(path, target, **settings):
    with pytest.raises(NncoreError) as caught:
        fetch(path, target, **settings)
    line = str(caught.value)
    assert "\n" not in line
    assert len(line) <= 1000
    assert not list((path.parent / "raw").iterdir())
    return line


def rows(*columns, count=60):
    """Return a table of columns, functions of the row, and of a class."""
    headings = ",".join([*(f"c{index}" for index in range(len(columns))), "class"])
    lines = [
        ",".join([*(str(column(row)) for column in columns), "ab"[row % 2]]) for row in range(count)
    ]
    return "\n".join([headings, *lines, ""])


@pytest.mark.parametrize(
    ("column", "fault"),
    [
        (lambda row: f"2026-01-{row % 28 + 1:02}", "the column 'c0' holds dates or times"),
        (lambda row: f"{row % 28 + 1}/7/26 12:30", "the column 'c0' holds dates or times"),
        (lambda row: f"{row % 28 + 1} Jan 2026", "the column 'c0' holds dates or times"),
        (lambda row: f"March {row % 28 + 1}, 2026", "the column 'c0' holds dates or times"),
        (lambda row: "?" if row == 3 else f"{row}:30:15.5", "the column 'c0' holds dates or times"),
        (lambda row: "soon" if row == 3 else f"2026-01-{row % 28 + 1:02}", "holds dates or times"),
        (lambda row: f"name {row}", "holds 60 different texts in 60 rows, names of the rows"),
        (
            lambda row: "1,5" if row == 7 else row,
            "holds numbers, but '1,5' in row 8; write numbers as 1234.5",
        ),
        (lambda row: f"{row % 9},5", "holds numbers, but '0,5' in row 1; write numbers as 1234.5"),
        (
            lambda row: f"${row % 9},000.50",
            "holds numbers, but '$0,000.50' in row 1; write numbers as 1234.5",
        ),
        (lambda row: f"{row % 9} %", "holds numbers, but '0 %' in row 1; write numbers as 1234.5"),
        (
            lambda row: "inf" if row % 2 else row,
            "holds numbers, but 'inf' in row 2; write numbers as 1234.5",
        ),
        (lambda row: "-nan" if row == 4 else row % 9, "holds numbers, but '-nan' in row 5; write"),
        (lambda row: f"2026_{row:02}", "holds 60 different texts in 60 rows, names of the rows"),
        (lambda row: "x" * (200 + row % 2), "holds texts of more than 200 characters"),
        (lambda row: 1e200 * row, "holds numbers up to 5.9e+201, too large"),
    ],
)
def test_columns_that_can_be_no_inputs_are_refused_by_name(tmp_path, column, fault):
    path = write(tmp_path, rows(lambda row: f'"{column(row)}"'))
    line = refusal(path, "class")
    assert fault in line
    assert line.endswith("or set fetch.table.drop to [c0]")


def test_all_such_columns_are_in_the_remedy(tmp_path):
    path = write(tmp_path, rows(lambda row: f"n{row}", lambda row: row, lambda row: f"t{row}"))
    assert refusal(path, "class").endswith("or set fetch.table.drop to [c0, c2]")
    assert list(columns_of(fetch(path, "class", drop=("c0", "c2")))) == ["c1"]


def test_more_than_a_thousand_categories_are_refused(tmp_path):
    path = write(tmp_path, rows(lambda row: f"t{row % 10_000}", count=30_000))
    assert "holds more than 1,000 different texts" in refusal(path, "class")


@pytest.mark.parametrize(
    ("target", "settings", "fault"),
    [
        (None, {}, "expected the heading of the column to predict, got none; "),
        ("clas", {}, "expected the heading of the column to predict, got 'clas'; "),
        ("c0", {}, "expected classes of several rows, got 60 different values in 60 rows"),
        ("c0", {"output": "identity", "test_size": 60}, "expected 1 to 59 of 60 samples"),
        ("c1", {"output": "identity"}, "expected different numbers, got 3 everywhere"),
        ("c1", {}, "expected at least 2 classes, got one in all rows"),
        ("class", {"drop": ("c9",)}, "beside the target, got 'c9'; it has 'c0', 'c1'"),
        ("class", {"drop": ("class",)}, "beside the target, got 'class', the target; it has"),
        ("class", {"categorical": ("c0", "class")}, "fetch.table.categorical: expected headings"),
        ("class", {"drop": ("c0", "c1")}, "expected a column beside the target, got none"),
    ],
)
def test_targets_and_settings_that_do_not_fit_are_refused(tmp_path, target, settings, fault):
    path = write(tmp_path, rows(lambda row: row * 1.5, lambda _: 3))
    assert fault in refusal(path, target, **settings)


@pytest.mark.parametrize("sign", [1, -1])
def test_targets_whose_squares_exceed_float64_are_refused(tmp_path, sign):
    path = write(tmp_path, rows(lambda row: sign * row * 1e150, lambda row: row % 7))
    line = refusal(path, "c0", output="identity", drop=("class",))
    assert "the column 'c0': expected numbers up to 1e+100, got 5.9e+151" in line


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("", "expected a row of headings, got an empty file"),
        ("a,b\n", "the target 'b': expected a value in each row, got none"),
        ("a,a,b\n1,2,x\n", "expected columns with different headings, got two columns 'a'"),
        ("a,b\n1,x\n2\n", "expected 2 cells as in the headings, got 1 in line 3"),
        ("a,b\n1,x\n2,y,z\n", "expected 2 cells as in the headings, got 3 in line 3"),
        ('a,b\n1,"x\n', "expected quotes in pairs in each line, got one in line 2"),
        ("a,b\n1,x\0\n", "expected text, got a byte 0 in line 2"),
    ],
)
def test_broken_files_are_refused(tmp_path, text, fault):
    assert fault in refusal(write(tmp_path, text), "b")


def test_a_byte_order_mark_is_no_part_of_a_heading(tmp_path):
    path = tmp_path / "table.csv"
    path.write_bytes(b"\xef\xbb\xbf" + rows(lambda row: row % 7).encode())
    assert list(columns_of(fetch(path, "class"))) == ["c0"]


def test_text_in_another_encoding_is_refused(tmp_path):
    path = tmp_path / "table.csv"
    path.write_bytes(rows(lambda row: "Zürich" if row % 3 else "Bern").encode("latin-1"))
    assert "expected text in UTF-8" in refusal(path, "class")


def test_a_formula_is_a_text_like_any_other(tmp_path):
    formulas = ("=1+1", "=CMD|' /C calc'!A0", "@SUM(1)")
    path = write(tmp_path, rows(lambda row: formulas[row % 3]))
    assert columns_of(fetch(path, "class")) == {"c0": sorted(formulas)}


def test_a_few_texts_among_numbers_are_categories(tmp_path):
    path = write(tmp_path, rows(lambda row: "6+" if row % 7 == 6 else row % 7))
    assert columns_of(fetch(path, "class")) == {"c0": ["0", "1", "2", "3", "4", "5", "6+"]}


def test_numbers_in_another_form_can_be_categories(tmp_path):
    path = write(tmp_path, rows(lambda row: f"{row % 3} %"))
    raw = fetch(path, "class", categorical=("c0",))
    assert columns_of(raw) == {"c0": ["0 %", "1 %", "2 %"]}


def test_categories_in_two_unicode_forms_are_one(tmp_path):
    forms = ("Z\u00fcrich", "Zu\u0308rich", "Bern")
    path = write(tmp_path, rows(lambda row: forms[row % 3]))
    assert columns_of(fetch(path, "class")) == {"c0": ["Bern", "Z\u00fcrich"]}


def test_a_class_has_at_most_200_characters(tmp_path):
    """One text of 131,000 characters would make an array of 16 GB."""
    text = "c0,class\n" + "1,a\n2,b\n" * 15_000 + f"3,{'c' * 131_000}\n"
    line = refusal(write(tmp_path, text), "class")
    assert "expected texts of at most 200 characters, got a longer one" in line
    folder = tmp_path / "split"
    folder.mkdir()
    write(folder, text[: len(text) // 3].rpartition("\n")[0], "train.csv")
    write(folder, text, "test.csv")
    (tmp_path / "raw").mkdir(exist_ok=True)
    assert "got one of 131,000" in refusal(folder, "class")


def test_categories_of_test_rows_are_bounded_too(tmp_path):
    write(tmp_path, rows(lambda row: f"t{row % 5}"), "train.csv")
    write(tmp_path, rows(lambda row: f"t{row}", count=3000), "test.csv")
    (tmp_path.parent / "raw").mkdir(exist_ok=True)
    assert "holds more than 1,000 different texts" in refusal(tmp_path, "class")


def test_a_header_of_millions_of_columns_is_refused(tmp_path):
    path = write(tmp_path, ",".join(map(str, range(1_000_000))))
    assert "expected at most 32,768 columns, got 1,000,000" in refusal(path, "1")


@pytest.fixture
def nested(tmp_path):
    """Write a Parquet file with a column of lists."""
    path = tmp_path / "table.parquet"
    count = 40
    pq.write_table(
        pa.table(
            {
                "x": [float(row) ** 0.5 for row in range(count)],
                "items": [[row] for row in range(count)],
                "y": ["a", "b"] * (count // 2),
            }
        ),
        path,
    )
    return path


def test_a_column_of_lists_is_refused_by_name(nested):
    line = refusal(nested, "y")
    assert "expected columns of numbers or texts, got 'items' of the type list" in line
    assert line.endswith("flatten it, or add it to fetch.table.drop")
    assert "got 'items' of the type list" in refusal(nested, "items")


def test_a_column_of_lists_can_be_left_out(nested):
    assert list(columns_of(fetch(nested, "y", drop=("items",)))) == ["x"]


def test_a_long_text_that_a_parquet_file_repeats_is_held_once(tmp_path):
    """With a text of some MB, a small file would exceed any memory."""
    text = pa.array(["x" * 20_000])
    column = pa.DictionaryArray.from_arrays(pa.array([0] * 20_000, pa.int32()), text)
    path = tmp_path / "table.parquet"
    table = pa.table({"x": column, "y": ["a", "b"] * 10_000})
    with pq.ParquetWriter(path, table.schema, store_schema=False) as writer:
        writer.write_table(table)
    assert path.stat().st_size < 1 << 18
    chunk = next(open_table(path).chunks())
    assert len(set(map(id, chunk["x"]))) == 1


def test_a_damaged_parquet_file_is_refused(tmp_path):
    (tmp_path / "table.parquet").write_bytes(b"PAR1 and no more")
    assert "expected a Parquet file, got" in refusal(tmp_path / "table.parquet", "y")


@pytest.mark.parametrize("start", ["", "a,y\n1,b\n"])
def test_a_line_of_a_gibibyte_is_refused_in_little_memory(tmp_path, start):
    path = write(tmp_path, start)
    # It takes no room on a disk.
    os.truncate(path, 1 << 30)
    tracemalloc.start()
    try:
        line = refusal(path, "y")
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    number = start.count("\n") + 1
    assert line.endswith(
        f"expected lines of at most 16,777,216 characters, got a longer one, line {number}"
    )
    assert peak < 100e6


def test_ten_thousand_categories_are_refused_as_inputs_and_as_classes(tmp_path):
    path = write(tmp_path, rows(lambda row: f"t{row % 10_000}", lambda row: row, count=20_000))
    assert "'c0' holds more than 1,000 different texts" in refusal(path, "class")
    line = refusal(path, "c0", drop=("class",))
    assert "the target 'c0': expected at most 256 classes, got more; choose another" in line


def test_without_pyarrow_a_line_has_the_remedy(tmp_path, monkeypatch):
    """It is no traceback: pyarrow is optional."""
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    monkeypatch.delitem(sys.modules, "nncore.data.parquet", raising=False)
    path = tmp_path / "table.parquet"
    path.write_bytes(b"PAR1")
    assert refusal(path, "y") == (
        f"{path}: expected pyarrow to be installed; run: python -m pip install pyarrow"
    )


def test_a_missing_file_is_an_os_error(tmp_path):
    for name in ("table.csv", "table.parquet"):
        with pytest.raises(OSError, match=name):
            fetch(tmp_path / name, "y")
