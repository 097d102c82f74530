"""Small models of tables, whose predictions are worked out by hand."""

import numpy as np

from nncore.config.architecture import Architecture
from nncore.data.columns import CategoricalColumn, NumericColumn, TableColumns
from nncore.data.target import Target
from nncore.model import Model
from nncore.network.network import Network

AGE = NumericColumn(name="age", mean=40.0, std=10.0, has_missing=True)
CITY = CategoricalColumn(name="city", categories=("Bern", "Genf"), has_missing=True)
COLUMNS = TableColumns((AGE, CITY))
PRICE = Target(name="price", mean=100.0, std=20.0)

# Rows of age and city, the inputs that stand for them, and the price that `priced` predicts:
# 100 + 20 (age - 40) / 10, 3 more where the age is missing; Bern 20, Genf -10, missing 5.
ROWS = [["50", "Bern"], [40, "Genf"], [None, "Thun"], ["35.5", ""]]
INPUTS = [[1, 0, 1, 0, 0], [0, 0, 0, 1, 0], [0, 1, 0, 0, 0], [-0.45, 0, 0, 0, 1]]
PRICES = [100 + 20 + 20, 100 - 10, 100 + 3, 100 - 9 + 5]
WEIGHTS = [1, 0.15, 1, -0.5, 0.25]


def frame(rows=None):
    """Return rows as a mapping from names to values, in another order and with another column."""
    age, city = zip(*(ROWS if rows is None else rows), strict=True)
    return {"note": ["x"] * len(age), "city": list(city), "age": list(age)}


def priced(dtype=np.float32):
    """Return a regression whose prices are sums."""
    architecture = Architecture(hidden=(), output="identity", loss="half_squared_error")
    network = Network(architecture, inputs=5, outputs=1, dtype=dtype)
    network.weights[0][:, 0] = WEIGHTS
    return Model(network, columns=COLUMNS, target=PRICE, provenance={"note": "Zürich"})


def classified(hidden=(4,), columns=COLUMNS, labels=("no", "yes", "perhaps"), seed=1):
    """Return a model of classes with weights drawn at random."""
    network = Network(Architecture(hidden=hidden), inputs=columns.input_count, outputs=len(labels))
    network.initialize(np.random.default_rng(seed))
    return Model(network, labels, columns=columns, target=Target(name="answer"))
