"""The description of a model that `nncore describe` prints."""

from nncore.data.columns import Column, NumericColumn
from nncore.errors import as_line, format_shape
from nncore.model import Model
from nncore.text_tables import format_table

# The preparation of a picture, by `Model.pictures`.
PICTURES = {
    "as-is": "converted to these images, and stretched to their size",
    "digit": "of a digit, which is cropped, scaled and centred as in MNIST",
}
# Characters of the list of a column's categories.
MAX_CATEGORIES_LENGTH = 60


def describe_model(model: Model) -> str:
    """Return the layers, inputs, classes or target, columns and provenance of a model."""
    facts = [*_input_facts(model)]
    if model.labels:
        facts.append(("classes", ", ".join(model.class_names)))
    if model.target is not None:
        facts.append(("target", _describe_target(model)))
    facts += [
        ("loss", model.network.architecture.loss),
        *((f"provenance.{key}", str(value)) for key, value in sorted(model.provenance.items())),
    ]
    blocks = [model.network.describe(), format_table(facts, "<<")]
    if model.columns is not None:
        header = ("column", "inputs", "values", "missing")
        rows = [_column_row(column) for column in model.columns.columns]
        blocks.append(format_table([header, *rows], "<><<"))
    return "\n\n".join(blocks)


def _input_facts(model: Model) -> list[tuple[str, str]]:
    """Return names and values of the facts about the inputs."""
    rows, *sides = model.image_shape or (model.network.inputs,)
    shape = format_shape((rows, *sides[:1]))
    if model.columns is not None:
        count = len(model.columns.names)
        return [("inputs", f"{shape} numbers from {count} column{'s' * (count > 1)} of a table")]
    if model.normalization is None:
        return [("inputs", f"{shape} numbers")]
    colours = "in red, green and blue " if len(sides) == 2 else ""
    return [
        ("images", f"{shape} pixels {colours}of 8 bits"),
        ("normalization", model.normalization.describe("pixel")),
        ("pictures", PICTURES[model.pictures]),
    ]


def _describe_target(model: Model) -> str:
    target = model.target
    if target is None or not model.is_regression:
        return target.name if target else ""
    return f"{target.name} = {target.mean:g} + {target.std:g} * output"


def _column_row(column: Column) -> tuple[str, str, str, str]:
    """Return name, number of inputs, values and the effect of a missing value."""
    if isinstance(column, NumericColumn):
        values = f"(number - {column.mean:g}) / {column.std:g}"
        missing = "the mean"
    else:
        values = f"{len(column.categories):,} categories: {_categories(column.categories)}"
        missing = "no category"
    if column.has_missing:
        missing += ", and an input"
    return column.name, str(column.input_count), values, missing


def _categories(categories: tuple[str, ...]) -> str:
    return as_line(", ".join(categories[:MAX_CATEGORIES_LENGTH]), MAX_CATEGORIES_LENGTH)
