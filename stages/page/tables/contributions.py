"""What each column contributed to the prediction of a row: a closed table of bars for each row."""

from collections.abc import Sequence
from typing import Final, NamedTuple

import numpy as np

from nncore.arrays import Doubles
from nncore.data.target import Target
from nncore.functions.exact import sum_all
from stages.page.markup import collapsible, escaped, join_lines, shortened, table
from stages.page.numbers import target_text, typeset
from stages.page.tables.row_values import MAX_CELL
from stages.page.tables.signed_bar import signed_bar

# Columns in a table; the contributions of the others are added up.
MAX_COLUMNS: Final = 10


class RowContributions(NamedTuple):
    """Gradient times input of some test rows, summed over the inputs of each column.

    Attributes
    ----------
    parts : (rows, columns) in the unit of the target; of classes, in the difference of the logits
        of the predicted and of the actual class
    totals : (rows,) the prediction less the mean of the target; of classes, that difference
    is_linear : whether the parts and those of the biases add up to the total, as in a network of
        ReLUs
    """

    parts: Doubles
    totals: Doubles
    is_linear: bool


class ContributionTables(NamedTuple):
    """The contributions with what their tables need: texts of the rows' values, and the target.

    Attributes
    ----------
    names : of the columns
    values : (rows, columns)
    target : None of classes
    """

    contributions: RowContributions
    names: Sequence[str]
    values: Sequence[Sequence[str]]
    target: Target | None

    def sentence(self) -> str:
        """Return what the numbers are."""
        if self.target:
            what = (
                "the gradient of the prediction, times the column's input. Above 0 the column "
                "raised the prediction, below 0 it lowered it"
            )
        else:
            what = (
                "the gradient of the difference between the logits of the predicted and of the "
                "actual class, times the column's input. Above 0 the column spoke for the "
                "predicted class, below 0 for the actual one"
            )
        rest = "The biases have the rest."
        if not self.contributions.is_linear:
            rest = (
                "The rest belongs to the biases, and to the curved activations, for which a "
                "gradient holds only close by."
            )
        return f"Open a row to see what each of its columns contributed: {what}. {rest}"

    def of_row(self, index: int, summary: str) -> str:
        """Return the closed table of a row, which a click on `summary`, markup, opens."""
        parts, total = self.contributions.parts[index], float(self.contributions.totals[index])
        order = np.argsort(-np.abs(parts), kind="stable")
        shown, others = order[:MAX_COLUMNS], order[MAX_COLUMNS:]
        low, high = min(float(parts.min()), 0.0), max(float(parts.max()), 0.0)
        span = (low, high if high > low else low + 1)
        rows = [
            (
                shortened(self.names[column], MAX_CELL),
                shortened(self.values[index][column], MAX_CELL),
                signed_bar(float(parts[column]), span),
                self._text(float(parts[column])),
            )
            for column in shown.tolist()
        ]
        if len(others):
            rest = sum_all(parts[others])
            rows.append((f"the other {len(others):,} columns", "", "", self._text(rest)))
        remainder = total - sum_all(parts)
        rest_name = "biases" if self.contributions.is_linear else "biases and curvature"
        rows.append((rest_name, "", "", self._text(remainder)))
        rows.append((self._total_name(), "", "", self._text(total)))
        heads = ("column", "value", "", "adds")
        bars = table("Gradient times input, by column", heads, rows, "<>")
        return f'<div class="contributions">{collapsible(summary, bars)}</div>'

    def _total_name(self) -> str:
        if not self.target:
            return "difference of the logits"
        return f"prediction less the mean, {escaped(target_text(self.target, self.target.mean))}"

    def _text(self, number: float) -> str:
        if self.target:
            return target_text(self.target, number)
        # No number is -0.
        return typeset(f"{round(number, 2) + 0.0:.2f}")


def contribution_list(tables: ContributionTables, titles: Sequence[str]) -> str:
    """Return a list of rows, each with its closed table.

    Parameters
    ----------
    titles : (rows,) markup
    """
    items = (f"<li>{tables.of_row(index, title)}</li>" for index, title in enumerate(titles))
    return join_lines('<ol class="row-list">', *items, "</ol>")
