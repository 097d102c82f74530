"""data/processed of a table against pandas and scikit-learn, and the report on the data."""

import numpy as np
import pandas as pd
import pytest
from sklearn.preprocessing import OneHotEncoder, StandardScaler
from table_runs import array, fetch, preprocess, read_json

from nncore.data.columns import TableColumns
from nncore.errors import NncoreError
from stages.preprocessing import arrays
from stages.shared import table_report
from stages.shared.data_params import PreprocessSettings, ValidationSettings
from stages.shared.prepared import read_description, read_numbers, read_split

COUNT = 200


@pytest.fixture
def frame():
    rng = np.random.default_rng(8)
    frame = pd.DataFrame(
        {
            "size": rng.normal(170, 10, COUNT),
            "weight": rng.lognormal(4, 0.2, COUNT),
            "city": rng.choice(["Bern", "Basel", "Zürich"], COUNT),
        }
    )
    frame["price"] = 3 * frame["size"] - frame["weight"] + 1e6
    frame["class"] = np.where(frame["weight"] > 60, "b", "a")
    frame.loc[frame.index[::8], "size"] = np.nan
    frame.loc[frame.index[3::10], "city"] = None
    return frame


def folders(tmp_path, frame, target, *, held_out=0.25, output="softmax"):
    """Preprocess the first three quarters as training rows and the others as test rows."""
    folder = tmp_path / "data"
    folder.mkdir()
    others = frame.drop(columns={"class", "price"} - {target})
    others[:150].to_csv(folder / "train.csv", index=False)
    others[150:].to_csv(folder / "test.csv", index=False)
    raw = fetch(folder, target, output=output)
    validation = ValidationSettings(method="last", held_out=held_out)
    return preprocess(raw, PreprocessSettings(scaling="standard", validation=validation))


@pytest.fixture
def processed(tmp_path, frame):
    return folders(tmp_path, frame, "class", held_out=30)


SPLITS = {"train": slice(0, 120), "validation": slice(120, 150), "test": slice(150, 200)}


def expected_inputs(frame):
    """Return the inputs of all rows by scikit-learn, fitted to the training rows."""
    train = frame[SPLITS["train"]]
    numbers = ["size", "weight"]
    scaler = StandardScaler().fit(train[numbers])
    scaled = np.nan_to_num(scaler.transform(frame[numbers]))
    encoder = OneHotEncoder(handle_unknown="ignore", sparse_output=False)
    cities = encoder.fit(train[["city"]].dropna()).transform(frame[["city"]])
    missing = frame[["size", "city"]].isna().to_numpy().astype(float)
    return np.column_stack([scaled[:, 0], missing[:, 0], scaled[:, 1], cities, missing[:, 1]])


def test_inputs_are_those_of_scikit_learn(processed, frame):
    expected = expected_inputs(frame)
    for split, rows in SPLITS.items():
        inputs = array(processed, f"{split}_images")
        assert inputs.dtype == np.float32
        np.testing.assert_allclose(inputs, expected[rows], rtol=1e-6, atol=1e-6)


def test_targets_are_one_hot(processed, frame):
    for split, rows in SPLITS.items():
        expected = (frame["class"][rows].to_numpy()[:, np.newaxis] == ["a", "b"]).astype(np.float32)
        assert np.array_equal(array(processed, f"{split}_labels"), expected)


def test_the_description_encodes_new_rows_alike(processed, frame):
    description = read_description(processed / "preprocessing.json")
    inputs = description.columns.encode(description.columns.parse(frame[150:]))
    assert inputs.tobytes() == array(processed, "test_images").tobytes()
    assert description.class_names == ("a", "b")
    assert description.target.name == "class"
    assert TableColumns.from_json(description.columns.to_json()) == description.columns


def test_test_rows_change_no_statistic(tmp_path, frame, processed):
    changed = frame.copy()
    changed.loc[120:, ["size", "weight"]] *= 1000
    changed.loc[120:, "city"] = "Genf"
    other = tmp_path / "other"
    other.mkdir()
    again = folders(other, changed, "class", held_out=30)
    for name in ("train_images.npy", "preprocessing.json"):
        assert (processed / name).read_bytes() == (again / name).read_bytes()
    # All inputs of an unseen category are 0.
    assert not array(again, "test_images")[:, 3:].any()


def test_numbers_stay_in_their_unit_and_train_standardised(tmp_path, frame):
    processed = folders(tmp_path, frame, "price", held_out=30, output="identity")
    target = read_description(processed / "preprocessing.json").target
    train = frame["price"][SPLITS["train"]].to_numpy()
    assert target.mean == pytest.approx(train.mean(), rel=1e-15)
    assert target.std == pytest.approx(train.std(), rel=1e-12)
    for split, rows in SPLITS.items():
        numbers = frame["price"][rows].to_numpy()
        assert np.array_equal(array(processed, f"{split}_labels"), numbers[:, np.newaxis])
        assert np.array_equal(read_numbers(processed, split), numbers)
        targets = read_split(processed, split).targets
        assert targets.dtype == np.float32
        scaled = ((numbers - train.mean()) / train.std())[:, np.newaxis]
        np.testing.assert_allclose(targets, scaled, rtol=1e-5, atol=1e-6)


def test_the_blocks_do_not_show(tmp_path, frame, processed, monkeypatch):
    whole = {path.name: path.read_bytes() for path in processed.iterdir()}
    monkeypatch.setattr(arrays, "CELLS_PER_BATCH", 16)
    other = tmp_path / "other"
    other.mkdir()
    again = folders(other, frame, "class", held_out=30)
    assert {path.name: path.read_bytes() for path in again.iterdir()} == whole


def test_the_report_counts_missing_unseen_and_equal_rows(tmp_path, frame, capsys):
    frame.loc[160:, "city"] = "Genf"
    frame.loc[170] = frame.loc[5]
    frame.loc[0:100:3, "size"] = np.nan
    frame.loc[1:100:3, "size"] = np.nan
    folders(tmp_path, frame, "class", held_out=30)
    report = read_json(tmp_path / "reports", "data.json")
    assert report["rows"] == {"train": 120, "validation": 30, "test": 50}
    size, weight, city = report["columns"]
    train = frame[SPLITS["train"]]
    for column, name in ((size, "size"), (weight, "weight")):
        assert column["missing"]["train"] == train[name].isna().sum()
        assert column["lowest"] == pytest.approx(train[name].min(), rel=1e-5)
        assert column["highest"] == pytest.approx(train[name].max(), rel=1e-5)
    assert city["most_frequent"] == train["city"].value_counts().to_dict()
    assert city["unseen"]["test"] == 39
    counts = report["target"]["classes"]
    assert {name: count["train"] for name, count in counts.items()} == (
        train["class"].value_counts().to_dict()
    )
    assert report["duplicates"]["test_in_train"] == 1
    output = capsys.readouterr().out
    assert "1 of 50 test rows have the same inputs as a training row" in output
    assert "39 of 50 test rows have a category of the column city" in output
    assert "the column size is missing in" in output


def test_sums_are_over_all_blocks_of_rows(tmp_path, frame, processed, monkeypatch):
    """The last bits of a mean depend on the blocks, whose length is fixed."""
    whole = {path.name: np.load(path) for path in processed.glob("*.npy")}
    monkeypatch.setattr(table_report, "ROWS_PER_BLOCK", 16)
    other = tmp_path / "other"
    other.mkdir()
    again = folders(other, frame, "class", held_out=30)
    for name, values in whole.items():
        np.testing.assert_allclose(np.load(again / name), values, rtol=1e-6, atol=1e-7)
    counts = [read_json(folder / "reports", "data.json") for folder in (tmp_path, other)]
    assert counts[0] == counts[1]


def test_classes_of_few_rows_are_named(tmp_path, frame, capsys):
    frame["class"] = "a"
    frame.loc[40:60, "class"] = "b"
    frame.loc[0:2, "class"] = "c"
    folders(tmp_path, frame, "class", held_out=30)
    output = capsys.readouterr().out
    assert "fewer than 10 training rows are of the class c; add rows, or leave these" in output
    assert "no test row is of 2 classes: b, c, so nothing measures" in output
    assert "the largest class has 96 training rows and the smallest 3, so the large" in output


@pytest.mark.parametrize(
    ("settings", "line"),
    [
        ({"scaling": "unit"}, "preprocess.scaling: expected standard for a table, got unit; "),
        (
            {"scaling": "standard", "dtype": "uint8"},
            "preprocess.dtype: expected float32 for a table, got uint8; ",
        ),
    ],
)
def test_settings_of_images_are_refused(tmp_path, frame, settings, line):
    frame.drop(columns="price").to_csv(tmp_path / "table.csv", index=False)
    raw = fetch(tmp_path / "table.csv", "class")
    with pytest.raises(NncoreError) as caught:
        preprocess(raw, PreprocessSettings(**settings))
    assert str(caught.value).startswith(line)


@pytest.mark.parametrize(("index", "place"), [(170, "test rows: "), (130, "validation rows: ")])
def test_a_number_that_float32_cannot_hold_is_named(tmp_path, frame, index, place):
    frame.loc[index, "weight"] = 1e45
    with pytest.raises(NncoreError) as caught:
        folders(tmp_path, frame, "class", held_out=30)
    line = "column 'weight': expected numbers nearer to the training rows', got 1e+45 in row "
    row = index - SPLITS[place.partition(" ")[0]].start
    assert str(caught.value).endswith(f"{place}{line}{row}")


def test_blocks_are_as_long_as_memory_allows():
    assert 50 * 8 * table_report.ROWS_PER_BLOCK < 1 << 22
