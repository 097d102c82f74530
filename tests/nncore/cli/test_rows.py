"""`nncore predict` and `describe` of models of tables and of regressions."""

import csv
import json
import sys
import tracemalloc
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from table_models import AGE, CITY, PRICE, ROWS, classified, priced

from nncore.cli.rows import format_prediction
from nncore.config.architecture import Architecture
from nncore.data.columns import TableColumns
from nncore.model import Model
from nncore.model_file import save
from nncore.network.network import Network

# A model that answers by the city alone: Bern no, Genf yes, others perhaps.
LOGITS = np.log([[8, 1, 1], [1, 8, 1]])


@pytest.fixture
def run(run_nncore):
    """Return a function that runs the command line in a new folder with models and a table."""
    save(Path("price.npz"), priced())
    save(Path("answer.npz"), answering())
    write("new.csv", "age,city", *(f"{age or ''},{city}" for age, city in ROWS))
    return run_nncore


def answering():
    model = classified(())
    model.network.parameters[:] = 0
    model.network.weights[0][2:4] = LOGITS
    model.network.biases[0][2] = np.log(2)
    return model


def write(path, *lines):
    Path(path).write_text("\n".join(lines) + "\n", encoding="utf-8")


def cells(path):
    with Path(path).open(newline="", encoding="utf-8") as stream:
        return list(csv.reader(stream))


UNSEEN = (
    "nncore: new.csv: column 'city': 'Thun' in row 3 is none of the 2 categories of the training "
    "rows; its inputs are 0\n"
)


def test_numbers_are_a_table_in_the_unit_of_the_target(run):
    assert run("predict", "price.npz", "new.csv") == (
        0,
        "row   price\n  1  140.00\n  2   90.00\n  3  103.00\n  4   96.00\n",
        UNSEEN,
    )


def test_classes_are_a_table_with_their_confidence(run):
    # Bern 8 : 1 : 2, Genf 1 : 8 : 2, others 1 : 1 : 2.
    assert run("predict", "answer.npz", "new.csv") == (
        0,
        (
            "row  answer   confidence\n"
            "  1  no           72.7 %\n"
            "  2  yes          72.7 %\n"
            "  3  perhaps      50.0 %\n"
            "  4  perhaps      50.0 %\n"
        ),
        UNSEEN,
    )


def test_json_has_each_row(run):
    code, output, _ = run("predict", "price.npz", "new.csv", "--json")
    assert code == 0
    assert json.loads(output) == [
        {"file": "new.csv", "row": row, "prediction": price}
        for row, price in enumerate([140, 90, 103, 96], start=1)
    ]
    _, output, _ = run("predict", "answer.npz", "new.csv", "--json")
    assert json.loads(output)[1] == {
        "file": "new.csv",
        "row": 2,
        "class": "yes",
        "confidence": pytest.approx(8 / 11, abs=1e-6),
        "best": [
            {"class": "yes", "probability": pytest.approx(8 / 11, abs=1e-6)},
            {"class": "perhaps", "probability": pytest.approx(2 / 11, abs=1e-6)},
            {"class": "no", "probability": pytest.approx(1 / 11, abs=1e-6)},
        ],
    }


def test_the_output_has_all_probabilities_and_the_terminal_a_summary(run):
    assert run("predict", "answer.npz", "new.csv", "--output", "answers.csv") == (
        0,
        (
            "class    rows  fraction  mean confidence\n"
            "no          1    25.0 %           72.7 %\n"
            "yes         1    25.0 %           72.7 %\n"
            "perhaps     2    50.0 %           50.0 %\n"
        ),
        UNSEEN,
    )
    header, *rows = cells("answers.csv")
    assert header == ["file", "row", "class", "confidence", "p_no", "p_yes", "p_perhaps"]
    assert [row[:3] for row in rows] == [
        ["new.csv", str(number), name]
        for number, name in enumerate(["no", "yes", "perhaps", "perhaps"], start=1)
    ]
    numbers = [[float(cell) for cell in row[3:]] for row in rows]
    assert numbers[0] == pytest.approx([8 / 11, 8 / 11, 1 / 11, 2 / 11], abs=1e-6)
    assert numbers[2] == pytest.approx([0.5, 0.25, 0.25, 0.5], abs=1e-6)


def test_the_output_of_a_regression_has_a_number_for_each_row(run):
    code, output, _ = run("predict", "price.npz", "new.csv", "--output", "prices.csv")
    assert (code, output) == (0, "rows  lowest  highest\n   4   90.00   140.00\n")
    assert cells("prices.csv") == [
        ["file", "row", "prediction"],
        *(
            ["new.csv", str(row + 1), price]
            for row, price in enumerate(["140.0", "90.0", "103.0", "96.0"])
        ),
    ]


@pytest.mark.parametrize(
    ("lines", "fault"),
    [
        (["city", "Bern"], "expected the column 'age', got only the column 'city'"),
        (
            ["a,b", "1,2"],
            "expected the columns 'age' and 'city', got only the columns 'a' and 'b'",
        ),
        (["age,city"], "expected at least one row, got none"),
        (["age,city", "1,Bern", "old,Bern"], "column 'age': expected numbers, got 'old' in row 2"),
        (
            ["age,city", "1,Bern", "1e300,Bern"],
            "column 'age': expected numbers nearer to the training rows', got 1e+300 in row 2",
        ),
    ],
)
def test_a_table_that_does_not_fit_is_one_line_and_the_others_are_answered(run, lines, fault):
    write("bad.csv", *lines)
    files = ("new.csv", "bad.csv", "none.csv", "new.csv")
    code, output, errors = run("predict", "price.npz", *files, "--output", "prices.csv")
    assert code == 1
    assert errors.splitlines() == [
        UNSEEN.strip(),
        f"nncore: bad.csv: {fault}",
        "nncore: none.csv: No such file or directory",
        UNSEEN.strip(),
    ]
    assert output.split("\n\n")[0].splitlines()[0] == "new.csv:"
    assert [row[:2] for row in cells("prices.csv")[1:]] == [
        ["new.csv", str(row)] for row in (1, 2, 3, 4, 1, 2, 3, 4)
    ]


def test_rows_before_a_fault_are_in_no_answer(run):
    """The fault is in a later chunk than the first rows."""
    write("late.csv", "age,city", *["1,Bern"] * 20_000, "old,Bern")
    for more in ([], ["--json"], ["--output", "prices.csv"]):
        code, output, errors = run("predict", "price.npz", "late.csv", *more)
        assert code == 1
        assert output.strip() in {"", "[]"}
        assert errors.splitlines() == [
            "nncore: late.csv: column 'age': expected numbers, got 'old' in row 20001"
        ]
    assert cells("prices.csv") == [["file", "row", "prediction"]]


def test_other_columns_are_ignored_in_one_line(run):
    write("more.csv", "id,price,city,note,age", "1,2,Bern,x,50")
    code, output, errors = run("predict", "price.npz", "more.csv")
    assert (code, output) == (0, "row   price\n  1  140.00\n")
    assert errors == (
        "nncore: more.csv: the columns 'id', 'price' and 'note' are ignored; "
        "'price' is the target\n"
    )
    write(
        "many.csv", f"age,city,{','.join(f'c{number}' for number in range(9))}", f"50,Bern{',' * 9}"
    )
    assert run("predict", "price.npz", "many.csv")[2] == (
        "nncore: many.csv: the columns 'c0', 'c1', 'c2', 'c3', 'c4' and 4 more are ignored\n"
    )


def test_the_target_alone_is_ignored_in_one_line(run):
    write("new.csv", "age,city,price", "50,Bern,1")
    assert run("predict", "price.npz", "new.csv")[2] == (
        "nncore: new.csv: the target 'price' is ignored\n"
    )


def test_thousands_of_unseen_categories_are_one_line(run):
    write("towns.csv", "age,city", *(f"40,town {number}" for number in range(12_345)))
    errors = run("predict", "price.npz", "towns.csv", "--output", "prices.csv")[2]
    assert errors == (
        "nncore: towns.csv: column 'city': 'town 0' in row 1 is none of the 2 categories of the "
        "training rows; its inputs are 0 (12,345 such rows)\n"
    )


def test_missing_values_that_no_training_row_has_are_one_line(run):
    columns = TableColumns((replace(AGE, has_missing=False), replace(CITY, has_missing=False)))
    save(Path("full.npz"), classified(columns=columns))
    write("gaps.csv", "age,city", "40,Bern", ",Genf", ",", ",")
    assert run("predict", "full.npz", "gaps.csv")[2].splitlines() == [
        (
            "nncore: gaps.csv: column 'age': row 2 has no value, and all training rows have one; "
            "it counts as their mean, 40 (3 such rows)"
        ),
        (
            "nncore: gaps.csv: column 'city': row 3 has no value, and all training rows have one; "
            "its inputs are 0 (2 such rows)"
        ),
    ]


def test_a_value_cannot_command_the_terminal(run):
    write("evil.csv", "age,city,\x1b[2J", "40,\x1b[2J" + "x" * 5000 + ",1")
    errors = run("predict", "price.npz", "evil.csv")[2]
    assert "\x1b" not in errors
    assert "'\\x1b[2Jxxx" in errors
    assert max(map(len, errors.splitlines())) < 500


def test_a_table_that_is_read_is_not_written_over(run):
    before = Path("new.csv").read_bytes()
    assert run("predict", "price.npz", "new.csv", "--output", "new.csv") == (
        1,
        "",
        "nncore: new.csv: expected an output other than the tables, got one of them\n",
    )
    assert Path("new.csv").read_bytes() == before


def test_a_folder_that_cannot_be_written_is_one_line(run):
    code, _, errors = run("predict", "price.npz", "new.csv", "--output", "none/prices.csv")
    assert (code, errors.splitlines()) == (
        1,
        ["nncore: none/prices.csv: No such file or directory"],
    )


def test_many_rows_are_written_in_flat_memory(run):
    """Both have several chunks, which hold fewer rows where a row has more cells."""
    others = ",".join(f"c{number}" for number in range(30))
    peaks = []
    for rows in (5000, 20_000):
        write("long.csv", f"age,city,{others}", *[f"50,Bern{',1' * 30}"] * rows)
        tracemalloc.start()
        try:
            assert run("predict", "price.npz", "long.csv", "--output", "prices.csv")[0] == 0
            peaks.append(tracemalloc.get_traced_memory()[1])
        finally:
            tracemalloc.stop()
    assert peaks[1] < 1.1 * peaks[0]


def test_other_separators_are_noticed(run):
    write("new.csv", "age;city", "50;Bern")
    assert run("predict", "price.npz", "new.csv") == (
        0,
        "row   price\n  1  140.00\n",
        "nncore: new.csv: semicolons are between the cells\n",
    )


@pytest.mark.parametrize("line", ["50,Bern,3", "50", '50,"Bern', "50,Be\0rn"])
def test_a_damaged_row_is_one_line(run, line):
    write("bad.csv", "age,city", "40,Genf", line)
    code, output, errors = run("predict", "price.npz", "bad.csv")
    assert (code, output) == (1, "")
    assert errors.startswith("nncore: bad.csv: expected ")
    assert "in line 3" in errors
    assert errors.count("\n") == 1


def test_parquet_is_read(run):
    pyarrow = pytest.importorskip("pyarrow")
    parquet = pytest.importorskip("pyarrow.parquet")
    columns = {"age": [50, 40, None, 35.5], "city": ["Bern", "Genf", "Thun", None]}
    parquet.write_table(pyarrow.table(columns), "new.parquet")
    code, output, errors = run("predict", "price.npz", "new.parquet")
    assert (code, output) == (0, run("predict", "price.npz", "new.csv")[1])
    assert errors == UNSEEN.replace(".csv", ".parquet")


def test_a_column_of_lists_in_a_parquet_file_is_ignored_unless_the_model_reads_it(run):
    pyarrow = pytest.importorskip("pyarrow")
    parquet = pytest.importorskip("pyarrow.parquet")
    columns = {"age": [50, 40], "city": ["Bern", "Genf"]}
    parquet.write_table(pyarrow.table(columns | {"tags": [["a"], ["b", "c"]]}), "new.parquet")
    code, _, errors = run("predict", "price.npz", "new.parquet")
    assert (code, errors) == (0, "nncore: new.parquet: the column 'tags' is ignored\n")
    parquet.write_table(pyarrow.table(columns | {"age": [[50], [40]]}), "new.parquet")
    code, output, errors = run("predict", "price.npz", "new.parquet")
    assert (code, output) == (1, "")
    assert errors == (
        "nncore: new.parquet: expected columns of numbers or texts, got 'age' of the type "
        "list<element: int64>\n"
    )


def test_a_damaged_parquet_file_is_one_line_with_its_name(run):
    pyarrow = pytest.importorskip("pyarrow")
    parquet = pytest.importorskip("pyarrow.parquet")
    columns = {"age": [float(age) for age in range(500)], "city": ["Bern", "Genf"] * 250}
    parquet.write_table(pyarrow.table(columns), "new.parquet")
    whole = Path("new.parquet").read_bytes()
    for position in range(4, len(whole), 37):
        damaged = bytearray(whole)
        damaged[position : position + 8] = bytes(8)
        Path("new.parquet").write_bytes(damaged)
        code, _, errors = run("predict", "price.npz", "new.parquet", "--output", "prices.csv")
        lines = errors.splitlines()
        assert all(line.startswith("nncore: new.parquet: ") for line in lines), position
        assert code == 0 or len(lines) == 1, position


def test_without_pyarrow_a_line_has_the_remedy(run, monkeypatch):
    for name in ("pyarrow", "pyarrow.compute", "pyarrow.parquet"):
        monkeypatch.setitem(sys.modules, name, None)
    monkeypatch.delitem(sys.modules, "nncore.data.parquet", raising=False)
    Path("new.parquet").write_bytes(b"PAR1")
    assert run("predict", "price.npz", "new.parquet") == (
        1,
        "",
        (
            "nncore: new.parquet: expected pyarrow to be installed; "
            "run: python -m pip install pyarrow\n"
        ),
    )


def test_a_regression_of_plain_numbers_answers_samples(run):
    save("plain.npz", replace(priced(), columns=None))
    np.save("samples.npy", np.array([[1, 0, 1, 0, 0], [0, 0, 0, 1, 0]]))
    assert run("predict", "plain.npz", "samples.npy") == (
        0,
        "row   price\n  1  140.00\n  2   90.00\n",
        "",
    )
    np.save("samples.npy", np.zeros((2, 3)))
    assert run("predict", "plain.npz", "samples.npy")[2] == (
        "nncore: samples.npy: X must have 5 columns, one for each input, got shape (2, 3)\n"
    )


def test_a_regression_without_a_target_answers_its_outputs(run):
    architecture = Architecture(hidden=(), output="identity", loss="half_squared_error")
    network = Network(architecture, inputs=1, outputs=2)
    network.weights[0][:] = [[1, -2]]
    save("two.npz", Model(network))
    np.save("samples.npy", [[0.5], [1234.5]])
    assert run("predict", "two.npz", "samples.npy")[1] == (
        "row  prediction_1  prediction_2\n"
        "  1           0.5            -1\n"
        "  2        1234.5         -2469\n"
    )
    assert json.loads(run("predict", "two.npz", "samples.npy", "--json")[1])[0] == {
        "file": "samples.npy",
        "row": 1,
        "prediction": [0.5, -1],
    }


@pytest.mark.parametrize(
    ("std", "number", "text"),
    [
        (20.0, 123.456789, "123.46"),
        (20.0, -0.001, "0.00"),
        (1.0, 123.456789, "123.457"),
        (0.003, 0.0123456789, "0.012346"),
        (54_321.0, 234_567.89, "234570"),
        (7e7, 123_456_789.0, "123460000"),
        (1e-12, 1.23456e-11, "1.235e-11"),
        (1e20, 1.23456e21, "1.235e+21"),
    ],
)
def test_a_number_has_the_digits_that_its_deviation_makes_sensible(std, number, text):
    model = replace(priced(), target=replace(PRICE, std=std))
    assert format_prediction(model, number) == text


def test_describe_shows_columns_and_the_scale_of_the_target(run):
    assert run("describe", "price.npz")[1].splitlines() == [
        "layer  weight  bias  activation  parameters",
        "1      5 x 1   1     identity             6",
        "total                                     6",
        "",
        "inputs           5 numbers from 2 columns of a table",
        "target           price = 100 + 20 * output",
        "loss             half_squared_error",
        "provenance.note  Zürich",
        "",
        "column  inputs  values                    missing",
        "age          2  (number - 40) / 10        the mean, and an input",
        "city         3  2 categories: Bern, Genf  no category, and an input",
    ]
    output = run("describe", "answer.npz")[1]
    assert "classes  no, yes, perhaps\ntarget   answer\nloss     cross_entropy\n" in output


def test_describe_shortens_ten_thousand_categories(run):
    cities = tuple(f"{number:05}" for number in range(10_000))
    columns = TableColumns((replace(CITY, categories=cities),))
    save(Path("cities.npz"), classified((), columns))
    line = run("describe", "cities.npz")[1].splitlines()[-1]
    assert line.startswith("city     10001  10,000 categories: 00000, 00001, 00002")
    assert len(line) < 150
