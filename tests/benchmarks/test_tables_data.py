"""The tables of the board, their inputs, and the network with the settings of params.yaml."""

import gzip

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.datasets import load_iris
from sklearn.preprocessing import StandardScaler

from benchmarks.tables.datasets import bundled_tables, read_csv
from benchmarks.tables.network import NetworkClassifier, NetworkRegressor
from benchmarks.tables.preprocessing import Standardizer, preprocessing
from nncore import Data, Network, fit
from nncore.errors import DataError
from stages.shared.params import ParamsError

CHANGES = {"model.hidden": [4], "train.epochs": 3}


def test_the_bundled_tables_are_those_of_the_issue():
    sizes = {table.name: (*table.columns.shape, table.classes) for table in bundled_tables()}
    assert sizes == {
        "digits": (1797, 64, 10),
        "wine": (178, 13, 3),
        "breast cancer": (569, 30, 2),
        "iris": (150, 4, 3),
        "diabetes": (442, 10, None),
    }


def test_columns_are_standardised_as_scikit_learn_does_up_to_rounding():
    rows = load_iris().data
    expected = StandardScaler().fit_transform(rows)
    np.testing.assert_allclose(
        Standardizer().fit(rows).transform(rows), expected, rtol=0, atol=1e-12
    )


def test_standardised_columns_return_to_their_unit():
    rows = load_iris().data
    scaler = Standardizer().fit(rows)
    np.testing.assert_allclose(scaler.inverse_transform(scaler.transform(rows)), rows, rtol=1e-14)


def test_a_constant_column_becomes_zero():
    # The mean of three times 0.1 is not 0.1 in floating point.
    assert not Standardizer().fit_transform(np.full((3, 1), 0.1)).any()


def test_a_column_means_the_same_in_any_order_of_the_rows():
    rows = (
        np.random.default_rng(1).normal(size=(1001, 1))
        * 10.0 ** np.arange(-3, 4).repeat(143)[:, None]
    )
    forward, backward = Standardizer().fit(rows), Standardizer().fit(rows[::-1])
    assert (forward.mean_, forward.std_) == (backward.mean_, backward.std_)


def test_texts_and_missing_values_become_inputs_by_the_training_rows():
    columns = pd.DataFrame({"size": [1.0, 3.0, None], "colour": ["red", None, "blue"]})
    step = preprocessing(columns).fit(columns)
    other = pd.DataFrame({"size": [None, 2.0], "colour": ["green", "red"]})
    # size, size is missing; blue, red, missing. Before scaling, the indicator's mean is 1/3.
    scaled = 2 / 2**0.5, -1 / 2**0.5
    expected = [[0, scaled[0], 0, 0, 0], [0, scaled[1], 0, 1, 0]]
    np.testing.assert_allclose(step.transform(other), expected, atol=1e-12)


def test_a_csv_file_is_read_without_rows_that_lack_the_target(tmp_path):
    path = tmp_path / "shop.csv"
    path.write_text("\ufeffsize,colour,price\n1,red,10\n2,blue,\n3,,30\n", encoding="utf-8")
    table = read_csv(path, "price", is_regression=True)
    assert (table.name, list(table.columns), table.target.tolist()) == (
        *("shop", ["size", "colour"]),
        [10.0, 30.0],
    )
    classes = read_csv(path, "colour", is_regression=False)
    assert classes.target.tolist() == ["red", "blue"]


@pytest.mark.parametrize(
    ("content", "target", "message"),
    [
        (b"a,b\ninf,1\n2,3\n", "b", r"t\.csv: expected finite numbers in the column 'a', got inf"),
        (b"a,b\n1,2\n", "c", r"t\.csv: expected a column 'c', got a, b"),
        (b"a\n1\n", "a", r"t\.csv: expected a column beside the target, got none"),
        (b"a,b\n1,x\n", "b", r"t\.csv: expected numbers in the column 'b', got texts"),
        (b"a,b\n1,inf\n2,3\n", "b", r"t\.csv: expected finite numbers in the column 'b', got inf"),
        (b"a,b\n1,\n", "b", r"t\.csv: expected values in the column 'b', got none"),
        (b"", "a", r"t\.csv: expected CSV in UTF-8 with a header, got: "),
        (b"a,b\n\xff,1\n", "b", r"t\.csv: expected CSV in UTF-8 with a header, got: "),
        (b"a,b\n1,2\n1,2,3,4\n", "b", r"t\.csv: expected CSV in UTF-8 with a header, got: "),
    ],
)
def test_an_unfit_file_is_one_line(tmp_path, content, target, message):
    path = tmp_path / "t.csv"
    path.write_bytes(content)
    with pytest.raises(DataError, match=message) as fault:
        read_csv(path, target, is_regression=True)
    assert "\n" not in str(fault.value)


def test_a_single_class_is_refused(tmp_path):
    path = tmp_path / "t.csv"
    path.write_text("a,b\n1,x\n2,x\n", encoding="utf-8")
    with pytest.raises(DataError, match=r"expected several classes in the column 'b', got 'x'"):
        read_csv(path, "b", is_regression=False)


def test_truth_values_with_gaps_and_an_empty_column_are_inputs(tmp_path):
    path = tmp_path / "t.csv"
    path.write_text("a,b,c,d\nTrue,,1,x\n,,2,y\nFalse,,3,x\n", encoding="utf-8")
    table = read_csv(path, "d", is_regression=False)
    inputs = preprocessing(table.columns).fit_transform(table.columns)
    # b is empty, so it is constant; then c and the gap of a beside its two values.
    assert inputs.shape[0] == 3
    np.testing.assert_array_equal(inputs[:, -3:], [[0, 1, 0], [0, 0, 1], [1, 0, 0]])


def test_a_network_is_the_one_that_fit_trains_with_these_settings():
    rows, y = load_iris(return_X_y=True)
    names = np.array(["a", "b", "c"], object)[y]
    estimator = NetworkClassifier(CHANGES | {"train.lr": 0.1}, 7).fit(rows, names)
    params = estimator.params_
    assert (params.train.seed, params.train.epochs, params.train.lr) == (7, 3, 0.1)
    network = Network(params.model, inputs=4, outputs=3)
    fit(network, params.train, Data(rows.astype(np.float32), np.eye(3, dtype=np.float32)[y]))
    np.testing.assert_array_equal(estimator.network_.parameters, network.parameters)
    assert set(estimator.predict(rows)) <= set("abc")
    assert estimator.predict_proba(rows).shape == (150, 3)


@pytest.mark.parametrize("kind", [NetworkClassifier, NetworkRegressor])
def test_a_network_is_the_same_each_time_and_another_with_another_seed(kind):
    rows, y = load_iris(return_X_y=True)
    first = kind(CHANGES, 1)
    again, other = clone(first).fit(rows, y), kind(CHANGES, 2).fit(rows, y)
    first.fit(rows, y)
    assert first.network_.parameters.tobytes() == again.network_.parameters.tobytes()
    assert first.network_.parameters.tobytes() != other.network_.parameters.tobytes()


def test_a_network_of_numbers_predicts_one_for_each_row():
    rows, y = load_iris(return_X_y=True)
    assert NetworkRegressor(CHANGES).fit(rows, y).predict(rows).shape == (150,)


def test_an_unknown_key_is_refused_by_its_name():
    with pytest.raises(ParamsError, match=r"train\.rate"):
        NetworkClassifier({"train.rate": 1}).fit(np.eye(4), np.array([0, 0, 1, 1]))


def test_a_compressed_table_is_refused(tmp_path):
    path = tmp_path / "flats.csv.gz"
    path.write_bytes(gzip.compress(b"size,town,rent\n30,Bern,900\n"))
    with pytest.raises(DataError, match=r"gz: expected CSV in UTF-8 with a header"):
        read_csv(path, "rent", is_regression=True)


@pytest.mark.parametrize("delimiter", [";", "\t", "|"])
def test_the_headings_show_the_delimiter(tmp_path, delimiter):
    path = tmp_path / "flats.csv"
    path.write_text("size,town,rent\n30,Bern,900\n".replace(",", delimiter), encoding="utf-8-sig")
    table = read_csv(path, "rent", is_regression=True)
    assert (list(table.columns), table.target.tolist()) == (["size", "town"], [900.0])
