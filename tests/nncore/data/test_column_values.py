"""Inputs of a network back as the values of a table that a person has typed."""

import numpy as np
import pytest

from nncore.data.column_values import MISSING, OTHER, column_values
from nncore.data.columns import CategoricalColumn, NumericColumn, TableColumns


def read_back(column, values):
    columns = TableColumns((column,))
    inputs = columns.encode(columns.parse({column.name: values}))
    return [text for (text,) in column_values(columns, inputs)]


@pytest.mark.parametrize("scale", [1e-9, 1e-3, 1.0, 1e6, 1e15])
@pytest.mark.parametrize("mean", [0.0, 3.7])
def test_six_digits_of_a_number_come_back(scale, mean):
    texts = [f"{value:.6g}" for value in np.random.default_rng(1).normal(0, scale, 200)]
    column = NumericColumn(name="x", mean=mean * scale, std=1.7 * scale)
    result = read_back(column, texts)
    # To the sixth digit of the larger one of the number and its distance from the mean.
    sizes = [max(abs(float(text)), abs(float(text) - mean * scale)) for text in texts]
    for text, expected, size in zip(result, texts, sizes, strict=True):
        assert float(text) == pytest.approx(float(expected), abs=1e-5 * size)
        if size == abs(float(expected)):
            assert text == expected


@pytest.mark.parametrize(
    ("mean", "std", "values"),
    [
        # The inputs of these integers are rounded to float32.
        (4.1, 2.7, ["0", "1", "2", "-3", "10"]),
        (150_000.3, 60_000.1, ["0", "1e+06", "123456"]),
        (0.1, 1e-3, ["0.1", "0.0987"]),
        (1.0, 1.0, ["0", "1", "2"]),
        (0.0, 1.0, ["0", "-0.5"]),
    ],
)
def test_zero_and_whole_numbers_come_back_as_they_were(mean, std, values):
    assert read_back(NumericColumn(name="x", mean=mean, std=std), values) == values


def test_missing_and_unseen_values_have_names():
    column = CategoricalColumn(name="city", categories=("Bern", "Ürikon"), has_missing=True)
    assert read_back(column, ["Ürikon", None, "Genf", "Bern"]) == ["Ürikon", MISSING, OTHER, "Bern"]
    column = NumericColumn(name="age", mean=40.0, std=9.0, has_missing=True)
    assert read_back(column, [41, None]) == ["41", MISSING]


def test_a_missing_number_that_training_rows_never_lack_is_the_mean():
    assert read_back(NumericColumn(name="age", mean=40.5, std=9.0), [None]) == ["40.5"]
