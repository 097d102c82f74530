"""The committed tables hold scikit-learn's numbers."""

import csv

import numpy as np
import pytest
from sklearn.datasets import load_diabetes, load_wine

from stages.shared.fingerprint import ROOT
from tools.tables import write

FOLDER = ROOT / "data/tables"


def read(path):
    with path.open(encoding="utf-8", newline="") as file:
        header, *rows = csv.reader(file)
    return header, rows


def test_the_wine_table_is_scikit_learns():
    wine = load_wine()
    header, rows = read(FOLDER / "wine.csv")
    assert header == [*wine.feature_names, "class"]
    np.testing.assert_array_equal(np.array([row[:-1] for row in rows], float), wine.data)
    assert [row[-1] for row in rows] == [f"class_{number}" for number in wine.target]


def test_diabetes_is_scikit_learns_in_its_units():
    diabetes = load_diabetes(scaled=False)
    header, rows = read(FOLDER / "diabetes.csv")
    numbers = np.array(rows, float)
    assert header == [*diabetes.feature_names, "progression"]
    np.testing.assert_array_equal(numbers[:, :-1], diabetes.data)
    np.testing.assert_array_equal(numbers[:, -1], diabetes.target)
    assert rows[0] == ["59", "2", "32.1", "101", "157", "93.2", "38", "4", "4.8598", "87", "151"]


@pytest.mark.parametrize("name", ["wine.csv", "diabetes.csv"])
def test_the_program_writes_the_committed_bytes(tmp_path, name):
    write(tmp_path)
    assert (tmp_path / name).read_bytes() == (FOLDER / name).read_bytes()


def test_the_folder_has_these_tables_and_their_terms_only():
    assert {path.name for path in FOLDER.iterdir()} == {"README.md", "diabetes.csv", "wine.csv"}
