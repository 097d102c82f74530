"""The nodes of an ONNX graph that turn columns of a table into a network's inputs."""

from collections.abc import Collection
from itertools import product
from typing import Any, NamedTuple, Protocol

import numpy as np

from nncore.arrays import Array
from nncore.data.columns import CategoricalColumn, Column, NumericColumn, TableColumns
from nncore.data.table_values import MISSING_TEXTS

# The domain of ONNX's operators for classical machine learning, and its first opset with a
# LabelEncoder from texts to integers, of 2019.
ML_DOMAIN, ML_OPSET = "ai.onnx.ml", 2


class ColumnInput(NamedTuple):
    """The input of a graph for a column, of shape (n, 1).

    Attributes
    ----------
    column : the column
    name : name of the input, usually the heading
    data_type : DOUBLE or STRING
    """

    column: Column
    name: str
    data_type: str


class Graph(Protocol):
    """A graph under construction; each method returns the name of what it adds."""

    def constant(self, name: str, value: Array) -> str:
        """Add a constant."""

    def node(self, operator: str, inputs: list[str], name: str, **attributes: Any) -> str:  # noqa: ANN401
        """Add a node."""

    def cast(self, value: str, data_type: str, name: str) -> str:
        """Add a node that casts to a type of ONNX."""


def column_inputs(columns: TableColumns, outputs: Collection[str]) -> list[ColumnInput]:
    """Return the inputs of a graph, in the order of the columns.

    An underscore follows a heading that is empty or the name of an output.

    Parameters
    ----------
    outputs : names of the graph's outputs
    """
    used_names = {"", *outputs}
    inputs = []
    for column in columns.columns:
        name = column.name
        while name in used_names or (name != column.name and name in columns.names):
            name += "_"
        used_names.add(name)
        data_type = "DOUBLE" if isinstance(column, NumericColumn) else "STRING"
        inputs.append(ColumnInput(column, name, data_type))
    return inputs


def add_columns(graph: Graph, inputs: list[ColumnInput]) -> str:
    """Add what `TableColumns.encode` computes; return the name of (n, inputs) float32."""
    names = []
    for number, (column, name, _) in enumerate(inputs, start=1):
        add = _add_numbers if isinstance(column, NumericColumn) else _add_categories
        names += add(graph, column, name, f"column_{number}")  # type: ignore[arg-type]
    return graph.node("Concat", names, "a_0", axis=1)


def _add_numbers(graph: Graph, column: NumericColumn, values: str, name: str) -> list[str]:
    """Standardise in double precision: float32 has 7 digits, fewer than a date in seconds."""
    mean = graph.constant(f"{name}_mean", np.array(column.mean))
    std = graph.constant(f"{name}_std", np.array(column.std))
    centred = graph.node("Sub", [values, mean], f"{name}_centred")
    scaled = graph.cast(graph.node("Div", [centred, std], f"{name}_scaled"), "FLOAT", f"{name}_z")
    is_missing = graph.node("IsNaN", [scaled], f"{name}_is_missing")
    zero = graph.constant(f"{name}_zero", np.array(0, np.float32))
    numbers = graph.node("Where", [is_missing, zero, scaled], f"{name}_number")
    if not column.has_missing:
        return [numbers]
    return [numbers, graph.cast(is_missing, "FLOAT", f"{name}_missing")]


def _add_categories(graph: Graph, column: CategoricalColumn, values: str, name: str) -> list[str]:
    """Compare the number of each row's category with all of them; an unseen one equals none."""
    index_of = {category: index for index, category in enumerate(column.categories)}
    if column.has_missing:
        index_of |= dict.fromkeys(_missing_texts(), len(column.categories))
    if not index_of:
        return []
    number = graph.node(
        "LabelEncoder",
        [values],
        f"{name}_index",
        domain=ML_DOMAIN,
        keys_strings=list(index_of),
        values_int64s=list(index_of.values()),
        default_int64=-1,
    )
    every = graph.constant(f"{name}_indices", np.arange(column.input_count).reshape(1, -1))
    is_equal = graph.node("Equal", [number, every], f"{name}_is_category")
    return [graph.cast(is_equal, "FLOAT", f"{name}_categories")]


def _missing_texts() -> list[str]:
    """Return the texts that stand for a missing value, in upper and lower case."""
    return sorted(
        {
            "".join(letters)
            for text in MISSING_TEXTS
            for letters in product(*((letter.lower(), letter.upper()) for letter in text))
        }
    )
