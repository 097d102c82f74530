"""An exported model of a table takes raw columns and says what `Model.predict` says."""

import json
from dataclasses import asdict, replace

import numpy as np
import onnx
import pytest
from onnx.reference import ReferenceEvaluator
from onnx_runtime import session
from table_models import AGE, CITY, COLUMNS, PRICE, PRICES, ROWS, classified, priced

from nncore.adapters.onnx import to_onnx
from nncore.config.architecture import Architecture
from nncore.data.columns import CategoricalColumn, NumericColumn, TableColumns
from nncore.data.table_values import MISSING_TEXTS
from nncore.data.target import Target
from nncore.model import Model
from nncore.network.network import Network


def fed(columns, rows):
    """Return rows of values as the inputs of a graph, by name."""
    feeds = {}
    for column, values in zip(columns.columns, zip(*rows, strict=True), strict=True):
        if isinstance(column, NumericColumn):
            cells = [np.nan if value in {None, ""} else float(value) for value in values]
            feeds[column.name] = np.array(cells, np.float64).reshape(-1, 1)
        else:
            texts = ["" if value is None else value for value in values]
            feeds[column.name] = np.array(texts, object).reshape(-1, 1)
    return feeds


RUNTIMES = {
    "ONNX Runtime": lambda model, feeds: session(model).run(None, feeds),
    "ONNX's definition": lambda model, feeds: ReferenceEvaluator(
        onnx.load_from_string(to_onnx(model))
    ).run(None, feeds),
}


@pytest.mark.parametrize("runtime", RUNTIMES)
def test_prices_worked_by_hand_come_out_in_their_unit(runtime):
    (prices,) = RUNTIMES[runtime](priced(), fed(COLUMNS, ROWS))
    assert prices[:, 0] == pytest.approx(PRICES, rel=1e-6)
    assert (prices.shape, prices.dtype) == ((4, 1), np.float64)


@pytest.mark.parametrize("runtime", RUNTIMES)
def test_classes_and_probabilities_are_those_of_the_model(runtime):
    model = classified()
    label, probabilities = RUNTIMES[runtime](model, fed(COLUMNS, ROWS))
    expected = model.classify(ROWS)
    assert np.array_equal(label, expected.classes)
    assert probabilities == pytest.approx(expected.probabilities, abs=1e-6)


def drawn_columns(rng):
    """Return columns drawn at random, of very different scales."""
    columns = []
    for number in range(rng.integers(1, 6)):
        has_missing = bool(rng.integers(2))
        if rng.integers(2):
            scale = 10.0 ** rng.integers(-9, 10)
            mean, std = scale * rng.normal(), scale * 10.0 ** rng.integers(-5, 2)
            column = NumericColumn(
                name=f"number {number}", mean=mean, std=std, has_missing=has_missing
            )
        else:
            categories = tuple(f"é{index}" for index in range(rng.integers(1, 7)))
            column = CategoricalColumn(
                name=f"category {number}", categories=categories, has_missing=has_missing
            )
        columns.append(column)
    return TableColumns(tuple(columns))


def drawn_value(rng, column):
    if rng.integers(5) == 0:
        return None
    if isinstance(column, NumericColumn):
        return column.mean + column.std * rng.normal()
    return str(rng.choice([*column.categories, "unseen"]))


@pytest.mark.parametrize("seed", range(20))
def test_any_columns_are_read_alike(seed):
    rng = np.random.default_rng(seed)
    columns = drawn_columns(rng)
    rows = [[drawn_value(rng, column) for column in columns.columns] for _ in range(50)]
    model = classified(columns=columns, seed=seed)
    label, probabilities = session(model).run(None, fed(columns, rows))
    expected = model.classify(np.array(rows, object))
    assert probabilities == pytest.approx(expected.probabilities, abs=1e-6)
    assert np.array_equal(label, expected.classes)

    architecture = Architecture(hidden=(5,), output="identity", loss="huber")
    network = Network(architecture, inputs=columns.input_count, outputs=1)
    network.initialize(rng)
    regression = Model(network, columns=columns, target=Target(name="y", mean=1e9, std=10.0))
    (numbers,) = session(regression).run(None, fed(columns, rows))
    predicted = regression.predict(np.array(rows, object))
    assert numbers[:, 0] == pytest.approx(predicted, rel=0, abs=1e-4)


def test_numbers_have_more_digits_than_float32():
    """Seconds since 1970, of which float32 knows every 128th alone."""
    columns = TableColumns((NumericColumn(name="time", mean=1.7e9, std=10.0),))
    model = priced()
    architecture = model.network.architecture
    network = Network(architecture, inputs=1, outputs=1)
    network.weights[0][:] = 1
    model = Model(network, columns=columns, target=PRICE)
    times = np.array([[1.7e9 + 1], [1.7e9 + 2]])
    (numbers,) = session(model).run(None, {"time": times})
    # A price of 100 at the mean, and 2 more for each second.
    assert numbers[:, 0] == pytest.approx([102, 104], rel=1e-6)


@pytest.mark.parametrize("text", [*sorted(MISSING_TEXTS), "NaN", "NA", "None", "nUlL"])
def test_a_missing_category_may_be_written_as_in_a_file(text):
    model = priced()
    feeds = {"age": np.array([[40.0]]), "city": np.array([[text]], object)}
    (numbers,) = session(model).run(None, feeds)
    # 100 + 20 * 0.25
    assert numbers[0, 0] == pytest.approx(105)
    assert model.predict([[40.0, text]]) == pytest.approx([105])


def test_each_column_is_an_input():
    made = session(classified())
    assert [(of.name, of.type, of.shape) for of in made.get_inputs()] == [
        ("age", "tensor(double)", ["n", 1]),
        ("city", "tensor(string)", ["n", 1]),
    ]
    assert [(of.name, of.type, of.shape) for of in made.get_outputs()] == [
        ("label", "tensor(int64)", ["n"]),
        ("probabilities", "tensor(float)", ["n", 3]),
    ]


@pytest.mark.parametrize("n", [0, 1, 501])
def test_any_number_of_rows_is_taken_at_once(n):
    feeds = fed(COLUMNS, ROWS[:1])
    feeds = {name: np.repeat(values, n, axis=0) for name, values in feeds.items()}
    label, probabilities = session(classified()).run(None, feeds)
    assert (label.shape, probabilities.shape) == ((n,), (n, 3))


HEADINGS = ["weight_1", "a_1", "column_1_mean", "label", "label_", "", "zero", "two words", "Größe"]


def test_any_heading_names_an_input():
    """Those of the graph's constants, nodes and outputs among them."""
    columns = TableColumns(
        tuple(NumericColumn(name=name, mean=float(i)) for i, name in enumerate(HEADINGS))
    )
    model = classified(columns=columns)
    made = session(model)
    names = [of.name for of in made.get_inputs()]
    assert names == [
        *HEADINGS[:3],
        "label__",
        "label_",
        "_",
        *HEADINGS[6:],
    ]
    rows = np.random.default_rng(1).normal(size=(20, len(HEADINGS)))
    feeds = {name: rows[:, [index]] for index, name in enumerate(names)}
    label, probabilities = made.run(["label", "probabilities"], feeds)
    assert np.array_equal(label, model.classify(rows).classes)
    assert probabilities == pytest.approx(model.predict_proba(rows), abs=1e-6)
    metadata = json.loads(made.get_modelmeta().custom_metadata_map["columns"])
    assert [(column["input"], column["name"]) for column in metadata] == list(
        zip(names, HEADINGS, strict=True)
    )


def test_columns_and_target_are_in_the_metadata():
    texts = session(priced()).get_modelmeta().custom_metadata_map
    assert json.loads(texts["columns"]) == [
        {"input": "age"} | asdict(AGE),
        {"input": "city"} | asdict(CITY) | {"categories": ["Bern", "Genf"]},
    ]
    assert json.loads(texts["target"]) == {"name": "price", "mean": 100.0, "std": 20.0}


@pytest.mark.parametrize("model", [priced(), classified(), replace(priced(), columns=None)])
def test_the_file_passes_onnx_own_checks(model):
    onnx.checker.check_model(onnx.load_from_string(to_onnx(model)), full_check=True)


def test_the_file_says_which_operators_it_needs():
    read = onnx.load_from_string(to_onnx(priced()))
    assert [(of.domain, of.version) for of in read.opset_import] == [("", 13), ("ai.onnx.ml", 2)]
    numbers_alone = classified(columns=TableColumns((AGE,)))
    read = onnx.load_from_string(to_onnx(numbers_alone))
    assert [(of.domain, of.version) for of in read.opset_import] == [("", 13)]


def test_a_regression_of_plain_inputs_has_its_unit():
    model = replace(priced(), columns=None)
    inputs = np.array([[1, 0, 1, 0, 0]], np.float32)
    (numbers,) = session(model).run(None, {"samples": inputs})
    assert numbers[0] == pytest.approx([PRICES[0]])


def test_the_same_model_gives_the_same_bytes():
    assert to_onnx(priced()) == to_onnx(priced())
