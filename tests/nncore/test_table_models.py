"""A model of a table predicts for rows as people write them, in the unit of its target."""

import re
import tracemalloc
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from model_files import make, read_specification, rewrite_specification, same
from sklearn.impute import SimpleImputer
from sklearn.preprocessing import OneHotEncoder, StandardScaler
from table_models import AGE, CITY, COLUMNS, INPUTS, PRICE, PRICES, ROWS, classified, frame, priced

from nncore.config.architecture import Architecture
from nncore.data.columns import CategoricalColumn, NumericColumn, TableColumns
from nncore.data.preprocessing import Normalization
from nncore.errors import DataError, ModelFileError, SettingsError
from nncore.model import Model
from nncore.model_file import load, save
from nncore.network.network import Network

# The same rows as programs hold them.
FRAMES = {
    "mapping": frame(),
    "data frame": pd.DataFrame(frame()),
    "data frame with pandas' own missing values": pd.DataFrame(
        {
            "age": pd.array([50, 40, None, 35.5], "Float64"),
            "city": pd.array(["Bern", "Genf", "Thun", None], "string"),
        }
    ),
    "arrays by name": {
        "age": np.array([50, 40, np.nan, 35.5]),
        "city": np.array(["Bern", "Genf", "Thun", ""]),
    },
    "rows": ROWS,
    "array of objects": np.array(ROWS, object),
    "array of texts": np.array([[str(cell) for cell in row] for row in ROWS]),
}


@pytest.mark.parametrize("name", FRAMES)
def test_prices_worked_by_hand_are_predicted_for_every_form_of_the_rows(name):
    predicted = priced().predict(FRAMES[name])
    assert predicted == pytest.approx(PRICES, rel=1e-6)
    assert predicted.dtype == np.float64


def test_a_table_of_arrow_is_a_frame_too():
    pyarrow = pytest.importorskip("pyarrow")
    table = pyarrow.table({"city": ["Bern", "Genf", "Thun", None], "age": [50.0, 40.0, None, 35.5]})
    assert priced().predict(table) == pytest.approx(PRICES, rel=1e-6)


@pytest.mark.parametrize("name", FRAMES)
def test_classes_are_those_of_the_network_for_the_inputs(name):
    model = classified()
    plain = Model(model.network, model.labels)
    assert model.predict(FRAMES[name]).tolist() == plain.predict(INPUTS).tolist()
    assert np.array_equal(model.predict_proba(FRAMES[name]), plain.predict_proba(INPUTS))
    assert np.array_equal(model.classify(FRAMES[name]).classes, plain.classify(INPUTS).classes)


def test_numbers_alone_may_be_an_array():
    columns = TableColumns((AGE, NumericColumn(name="rooms", mean=3.0, std=2.0)))
    model = classified(columns=columns)
    inputs = [[1, 0, 0.5], [0, 1, -1]]
    rows = np.array([[50, 4], [np.nan, 1]])
    expected = Model(model.network, model.labels).predict_proba(inputs)
    assert np.array_equal(model.predict_proba(rows), expected)


@pytest.mark.parametrize("rows", [[], np.empty((0, 2)), {"age": [], "city": []}])
def test_no_row_has_no_prediction(rows):
    assert priced().predict(rows).shape == (0,)
    assert classified().predict_proba(rows).shape == (0, 3)


def test_a_network_of_float64_takes_tables():
    assert priced(np.float64).predict(frame()) == pytest.approx(PRICES, rel=1e-6)


def test_a_target_gives_the_numbers_of_a_network_of_plain_inputs_a_unit():
    model = replace(priced(), columns=None)
    assert model.predict(INPUTS) == pytest.approx(PRICES, rel=1e-6)


def test_rows_of_many_inputs_take_memory_for_some_rows_at_a_time():
    cities = tuple(f"{number:04}" for number in range(500))
    model = classified((), TableColumns((replace(CITY, categories=cities),)))
    values = {"city": list(cities) * 20}
    tracemalloc.start()
    try:
        model.predict(values)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    # All inputs would take 20 MB.
    assert peak < 8e6


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ({"city": ["Bern"]}, "the table: expected a column 'age', got none"),
        (
            {"city": ["Bern"], "age": "5"},
            "X must have a value for each row in column 'age', got a single value",
        ),
        (
            {"city": ["Bern"], "age": 5},
            "X must have a value for each row in column 'age', got a single value",
        ),
        (
            {"city": ["Bern"], "age": np.ones((1, 1))},
            "X must have a value for each row in column 'age', got 2 dimensions",
        ),
        (
            pd.DataFrame([[1, 2, "Bern"]], columns=["age", "age", "city"]),
            "X must have one column 'age', got 2",
        ),
        (
            {"city": ["Bern"], "age": [1, 2]},
            "the table: expected columns of one length, got 1 to 2 values",
        ),
        (
            {"city": ["Bern"] * 2, "age": [1, "old"]},
            "column 'age': expected numbers, got 'old' in row 1",
        ),
        (
            {"city": ["Bern"] * 2, "age": [1, "1e300"]},
            "column 'age': expected numbers nearer to the training rows', got 1e+300 in row 1",
        ),
        (
            [[1, "Bern", 2]],
            "X must be a data frame, a mapping, or 2 values in each row, got shape (1, 3)",
        ),
        (
            [1, 2],
            "X must be a data frame, a mapping, or 2 values in each row, got shape (2,)",
        ),
        (
            None,
            "X must be a data frame, a mapping, or 2 values in each row, got shape ()",
        ),
    ],
)
def test_another_table_is_refused_in_one_line(rows, message):
    with pytest.raises(DataError, match=f"^{re.escape(message)}$"):
        priced().predict(rows)


def test_the_row_of_a_refused_number_is_counted_over_all_rows():
    ages = [40.0] * 1234
    ages[1200] = 1e300
    with pytest.raises(DataError, match=r"got 1e\+300 in row 1200$"):
        priced().predict({"age": ages, "city": ["Bern"] * 1234})


def test_a_number_beyond_float64_is_refused():
    model = replace(priced(), target=replace(PRICE, std=1e308))
    message = "target 'price': expected numbers that float64 holds, got an output of 2 with std"
    with pytest.raises(DataError, match=f"^{message}"):
        model.predict(ROWS[:1])


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"columns": [AGE]}, "columns must be of type TableColumns or None, got type list"),
        ({"columns": TableColumns((AGE,))}, "columns must be of 5 inputs, got 2"),
        ({"target": "price"}, "target must be of type Target or None, got 'price'"),
        ({"image_shape": (1, 5)}, "image_shape must be None with columns, got [1, 5]"),
        ({"normalization": Normalization()}, "normalization must be None with columns, got "),
    ],
)
def test_columns_and_target_are_checked(change, message):
    with pytest.raises(SettingsError, match=f"^{re.escape(message)}"):
        replace(priced(), **change)


def test_classes_have_no_scale_and_several_numbers_no_target():
    with pytest.raises(SettingsError, match=r"^target must be of mean 0 and std 1 with classes"):
        replace(classified(), target=PRICE)
    architecture = Architecture(hidden=(), output="identity", loss="half_squared_error")
    network = Network(architecture, inputs=5, outputs=2)
    with pytest.raises(SettingsError, match=r"^target must be None with 2 outputs"):
        Model(network, columns=COLUMNS, target=PRICE)


@pytest.mark.parametrize(
    ("category", "values"),
    [
        ("8001", ["8001", " 8001 ", 8001, 8001.0, np.int64(8001), np.float32(8001)]),
        ("0.5", ["0.5", 0.5]),
        ("True", ["True", True, np.True_]),
    ],
)
def test_a_category_of_a_file_is_that_of_a_data_frame(category, values):
    column = replace(CITY, categories=("other", category))
    assert column.parse(values).tolist() == [1] * len(values)
    assert column.parse([f"{category}1", 7, 3.5, False]).tolist() == [-1] * 4


def test_names_are_texts_that_a_file_can_hold():
    half = "\ud800"
    for make_column in (
        lambda: replace(AGE, name=half),
        lambda: replace(CITY, name=half),
        lambda: replace(PRICE, name=half),
    ):
        with pytest.raises(SettingsError, match=r"^name must be text of whole characters"):
            make_column()
    with pytest.raises(SettingsError, match=r"^categories must be text of whole characters"):
        replace(CITY, categories=("a", half))


@pytest.mark.parametrize("seed", range(10))
def test_the_inputs_are_those_of_scikit_learns_own_preprocessing(seed):
    """Standardised numbers, imputed means with indicators, one-hot categories, unseen ones as 0."""
    rng = np.random.default_rng(seed)
    train, new = (drawn_frame(rng, unseen=unseen) for unseen in (False, True))
    scaled = StandardScaler().fit(train[["age"]])
    numbers = SimpleImputer(strategy="constant", fill_value=0, add_indicator=True)
    numbers.fit(scaled.transform(train[["age"]]))
    categories = OneHotEncoder(handle_unknown="ignore", sparse_output=False).fit(train[["city"]])
    expected = np.hstack(
        [
            numbers.transform(scaled.transform(new[["age"]])),
            categories.transform(new[["city"]]),
        ]
    )
    age = NumericColumn(name="age", mean=scaled.mean_[0], std=scaled.scale_[0], has_missing=True)
    city = CategoricalColumn(name="city", categories=tuple(categories.categories_[0]))
    model = classified(columns=TableColumns((age, city)), seed=seed)
    plain = Model(model.network, model.labels)
    assert np.array_equal(model.predict_proba(new), plain.predict_proba(expected))


def drawn_frame(rng, *, unseen):
    """Return 30 rows, of which the first has no age."""
    ages = rng.normal(40, 10, size=30)
    ages[rng.random(30) < 0.2] = np.nan
    ages[0] = np.nan
    cities = rng.choice(["Basel", "Bern", "Genf", *(["Thun"] if unseen else [])], 30)
    return pd.DataFrame({"age": ages, "city": cities.astype(object)})


MODELS = {
    "regression": priced(),
    "classes": classified(),
    "columns alone": replace(priced(), target=None),
    "target alone": replace(priced(), columns=None),
}


@pytest.mark.parametrize("name", MODELS)
def test_what_is_loaded_is_what_was_saved(name, tmp_path):
    model = MODELS[name]
    save(tmp_path / "model.npz", model)
    loaded = load(tmp_path / "model.npz")
    assert same(loaded, model)
    save(tmp_path / "again.npz", loaded)
    assert (tmp_path / "again.npz").read_bytes() == (tmp_path / "model.npz").read_bytes()
    assert read_specification(tmp_path / "model.npz")["format"] == "nncore model 4"


def test_equal_models_give_equal_bytes(tmp_path):
    columns = TableColumns((replace(AGE, mean=40, std=np.float32(10)), CITY))
    save(tmp_path / "one.npz", priced())
    save(tmp_path / "other.npz", replace(priced(), columns=columns, target=replace(PRICE, std=20)))
    assert (tmp_path / "one.npz").read_bytes() == (tmp_path / "other.npz").read_bytes()


def test_a_model_of_no_table_has_no_word_of_tables(tmp_path):
    save(tmp_path / "model.npz", make())
    assert read_specification(tmp_path / "model.npz").keys().isdisjoint({"columns", "target"})
    assert read_specification(tmp_path / "model.npz")["format"] == "nncore model 2"


def test_the_file_names_kinds_and_scales(tmp_path):
    save(tmp_path / "model.npz", priced())
    specification = read_specification(tmp_path / "model.npz")
    assert specification["columns"] == [
        {"kind": "numeric", "name": "age", "mean": 40.0, "std": 10.0, "has_missing": True},
        {
            "kind": "categorical",
            "name": "city",
            "categories": ["Bern", "Genf"],
            "has_missing": True,
        },
    ]
    assert specification["target"] == {"name": "price", "mean": 100.0, "std": 20.0}


def column(number, **changes):
    return lambda values: values["columns"][number].update(changes)


def whole(**changes):
    return lambda values: values.update(changes)


HOSTILE = {
    "unknown key": (whole(rows=1), "an unknown key 'rows'"),
    "no columns": (lambda values: values.pop("columns"), "columns"),
    "no target": (lambda values: values.pop("target"), "target"),
    "nothing of a table": (whole(columns=None, target=None), "neither columns nor target"),
    "old format": (whole(format="nncore model 2"), "an unknown key"),
    "colour format": (whole(format="nncore model 3"), "an unknown key"),
    "columns by name": (whole(columns={"age": {}}), "columns with"),
    "columns as text": (whole(columns="age"), "columns with 'age'"),
    "empty columns": (whole(columns=[]), "columns must be at least one"),
    "column as text": (whole(columns=["age"]), "columns with 'age'"),
    "column of pairs": (whole(columns=[[["kind", "numeric"]]]), "columns with"),
    "column twice": (column(1, name="age"), "different names"),
    "no kind": (lambda values: values["columns"][0].pop("kind"), "kind"),
    "unknown kind": (column(0, kind="date"), "date"),
    "kind as list": (column(0, kind=[]), "unhashable"),
    "kind of the other": (column(0, kind="categorical"), "mean"),
    "unknown setting": (column(0, scale=1), "scale"),
    "name as number": (column(0, name=3), "name must be of type str"),
    "mean as text": (column(0, mean="40"), "mean must be a number"),
    "mean as truth": (column(0, mean=True), "mean must be a number"),
    "huge mean": (column(0, mean=10**400), "mean must be finite"),
    "mean not a number": (column(0, mean=float("nan")), "Out of range"),
    "no deviation": (column(0, std=0), "std must be a finite number above 0"),
    "missing as number": (column(0, has_missing=1), "has_missing must be of type bool"),
    "categories as text": (column(1, categories="ab"), "categories must be of type list"),
    "categories as mapping": (column(1, categories={"a": 1}), "categories must be of type list"),
    "categories of numbers": (
        column(1, categories=[1, 2]),
        "categories must be of type str, got 1",
    ),
    "category twice": (column(1, categories=["a", "a"]), "different from each other"),
    "more categories": (column(1, categories=["a", "b", "c"]), "columns must be of 5 inputs"),
    "fewer inputs": (column(0, has_missing=False), "columns must be of 5 inputs"),
    "image": (whole(image_shape=[1, 5]), "image_shape must be None with columns"),
    "pixels": (whole(pixel_mean=0.0, pixel_std=1.0), "normalization must be None"),
    "pictures": (whole(pictures="digit"), "pictures must be as-is"),
    "labels of numbers": (whole(labels=["a", "b"]), "target must be of mean 0"),
    "target as text": (whole(target="price"), "target with 'price'"),
    "target without name": (whole(target={}), "name"),
    "target of another key": (whole(target={"name": "x", "unit": "m"}), "unit"),
    "target without deviation": (whole(target={"name": "x", "std": 0}), "std must be"),
    "half a surrogate pair": (column(0, name="\ud800"), "surrogates not allowed"),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_impossible_specification_is_refused(name, tmp_path):
    change, reason = HOSTILE[name]
    save(tmp_path / "model.npz", priced())
    path = tmp_path / "model.npz"
    rewrite_specification(path, change)
    with pytest.raises(ModelFileError, match=re.escape(reason)) as caught:
        load(path)
    assert str(caught.value).startswith(f"{path}: ")
    assert "\n" not in str(caught.value)


def test_a_long_name_of_many_categories_costs_a_few_times_the_file(tmp_path):
    """The names of all inputs would take 50 GB."""
    change = column(1, name="x" * 500_000, categories=[str(number) for number in range(100_000)])
    save(tmp_path / "model.npz", priced())
    path = tmp_path / "model.npz"
    rewrite_specification(path, change)
    tracemalloc.start()
    try:
        with pytest.raises(ModelFileError, match="columns must be of 5 inputs, got 100003"):
            load(path)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 30 * path.stat().st_size
