"""How the columns of a table become the inputs of a network."""

from collections.abc import Sequence

from nncore.data.columns import CategoricalColumn, NumericColumn, TableColumns
from stages.page.markup import isolated


def inputs_sentence(columns: TableColumns, target: str, class_names: Sequence[str]) -> str:
    """Return a paragraph on the inputs and the outputs.

    Parameters
    ----------
    target : name of the column that the model predicts
    class_names : none of a regression
    """
    outputs = f"the number {isolated(target)}"
    if class_names:
        names = ", ".join(map(isolated, class_names))
        outputs = f"{len(class_names)} classes: {names}"
    return (
        f"<p>{len(columns.names):,} columns become {columns.input_count:,} inputs: "
        f"{_encoding(columns)}. The output is {outputs}.</p>"
    )


def _encoding(columns: TableColumns) -> str:
    ways = []
    if any(isinstance(column, NumericColumn) for column in columns.columns):
        ways.append("numbers are standardised")
    if any(isinstance(column, CategoricalColumn) for column in columns.columns):
        ways.append("each category is an input")
    if any(column.has_missing for column in columns.columns):
        ways.append("whether a value is missing is an input too")
    *first, last = ways
    return f"{', '.join(first)}, and {last}" if first else last
